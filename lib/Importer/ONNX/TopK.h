//===- TopK.h - largest or smallest elements along an axis ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_TOPK_H
#define CCQ_LIB_IMPORTER_ONNX_TOPK_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// `k` is an attribute up to opset 9 and an input from then on.
LogicalResult importTopK(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_TOPK_H
