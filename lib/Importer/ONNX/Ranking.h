//===- Ranking.h - order of elements along an axis --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_RANKING_H
#define CCQ_LIB_IMPORTER_ONNX_RANKING_H

#include "Emission.h"

namespace mlir::ccq::importer {

/// Which element comes first.
enum class RankOrder { LargestFirst, SmallestFirst };

/// The position of each element among those along `axis` when they are sorted;
/// of equal ones the first comes first. Int32 tensor of the shape of `tensor`,
/// whose elements are numbers. Every pair of elements is compared, which suits
/// axes of some thousand elements at most.
ImportedTensor emitRanks(NodeImporter &node, ImportedTensor &tensor,
                         int64_t axis, RankOrder order);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_RANKING_H
