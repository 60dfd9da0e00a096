//===- Einsum.h - sums of products by index ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_EINSUM_H
#define CCQ_LIB_IMPORTER_ONNX_EINSUM_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// Two operands that share no index twice become a product of matrices, so
/// that a weight can be coded; everything else is one reduction.
LogicalResult importEinsum(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_EINSUM_H
