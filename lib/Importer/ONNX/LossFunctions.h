//===- LossFunctions.h - losses of classifications --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_LOSSFUNCTIONS_H
#define CCQ_LIB_IMPORTER_ONNX_LOSSFUNCTIONS_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

LogicalResult importNegativeLogLikelihood(NodeImporter &node);
/// The same on the logarithms of the softmax over the classes, which are the
/// second result.
LogicalResult importSoftmaxCrossEntropy(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_LOSSFUNCTIONS_H
