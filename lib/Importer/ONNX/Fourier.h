//===- Fourier.h - DFT and windows ------------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_FOURIER_H
#define CCQ_LIB_IMPORTER_ONNX_FOURIER_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

LogicalResult importDFT(NodeImporter &node);
/// HannWindow, HammingWindow and BlackmanWindow.
LogicalResult importWindowFunction(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_FOURIER_H
