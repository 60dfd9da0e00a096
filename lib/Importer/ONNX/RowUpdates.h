//===- RowUpdates.h - rows reversed or replaced by batch --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_ROWUPDATES_H
#define CCQ_LIB_IMPORTER_ONNX_ROWUPDATES_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

LogicalResult importReverseSequence(NodeImporter &node);
/// New rows in a cache, from a place per batch on.
LogicalResult importTensorScatter(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_ROWUPDATES_H
