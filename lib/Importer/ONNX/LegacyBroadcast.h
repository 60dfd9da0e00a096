//===- LegacyBroadcast.h - broadcasting before opset 7 ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_LEGACYBROADCAST_H
#define CCQ_LIB_IMPORTER_ONNX_LEGACYBROADCAST_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// Arithmetic, comparisons, logic, Pow and PRelu of opset 6, whose attribute
/// `axis` says which dimension of input 0 the first of input 1 belongs to.
LogicalResult importLegacyBroadcast(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_LEGACYBROADCAST_H
