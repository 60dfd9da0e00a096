//===- CausalConvolution.h - CausalConvWithState ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_CAUSALCONVOLUTION_H
#define CCQ_LIB_IMPORTER_ONNX_CAUSALCONVOLUTION_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// Convolution of each channel with what came before; the last inputs are the
/// second result.
LogicalResult importCausalConvolution(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_CAUSALCONVOLUTION_H
