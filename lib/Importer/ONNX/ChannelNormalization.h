//===- ChannelNormalization.h - norms over channels and axes ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_CHANNELNORMALIZATION_H
#define CCQ_LIB_IMPORTER_ONNX_CHANNELNORMALIZATION_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

LogicalResult importGroupNormalization(NodeImporter &node);
/// Sums of squares over neighbouring channels.
LogicalResult importLocalResponseNormalization(NodeImporter &node);
LogicalResult importLpNormalization(NodeImporter &node);
/// 1 at the first of the largest elements along an axis, else 0.
LogicalResult importHardmax(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_CHANNELNORMALIZATION_H
