//===- KeyValueCache.h - keys and values of earlier runs --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_KEYVALUECACHE_H
#define CCQ_LIB_IMPORTER_ONNX_KEYVALUECACHE_H

#include "TensorMath.h"

namespace mlir::ccq::importer {

/// `own`, batch x heads x rows x size, behind the rows of the past at `input`;
/// `own` itself when there is no such input. Reports and fails when the past
/// does not fit.
FailureOr<ImportedTensor> emitBehindPast(NodeImporter &node, size_t input,
                                         ImportedTensor &own);

/// As emitBehindPast, where only part of the past counts: row j of batch b is
/// row j of the past for j < pastCounts[b], then the own rows follow, then
/// zeros. `pastCounts` is a vector of int32 or int64; its elements are clamped
/// to the rows of the past.
FailureOr<ImportedTensor> emitBehindPastCounts(NodeImporter &node, size_t input,
                                               ImportedTensor &own,
                                               ImportedTensor &pastCounts);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_KEYVALUECACHE_H
