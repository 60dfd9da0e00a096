//===- LayerHandlers.h - operators that are layers --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_LAYERHANDLERS_H
#define CCQ_LIB_IMPORTER_ONNX_LAYERHANDLERS_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

// As in Handlers.h. Operators of com.microsoft: ONNX Runtime's specification of
// contributed operators, and its CPU kernels where that is silent.

// Convolution.cpp
LogicalResult importConvolution(NodeImporter &node);

// OneHot.cpp
LogicalResult importOneHot(NodeImporter &node);

// Sequences.cpp
LogicalResult importRange(NodeImporter &node);
LogicalResult importTrilu(NodeImporter &node);
LogicalResult importCumulativeSum(NodeImporter &node);

// LayerNormalization.cpp
LogicalResult importLayerNormalization(NodeImporter &node);
LogicalResult importRootMeanSquare(NodeImporter &node);
LogicalResult importSkipLayerNormalization(NodeImporter &node);
LogicalResult importSkipRootMeanSquare(NodeImporter &node);

// EmbedLayerNormalization.cpp
LogicalResult importEmbedLayerNormalization(NodeImporter &node);

// BiasGelu.cpp
LogicalResult importBiasGelu(NodeImporter &node);
LogicalResult importQuickGelu(NodeImporter &node);

// PackedAttention.cpp
LogicalResult importPackedAttention(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_LAYERHANDLERS_H
