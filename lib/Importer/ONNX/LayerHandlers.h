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

// StandardAttention.cpp, MultiHeadAttention.cpp, GroupQueryAttention.cpp
LogicalResult importStandardAttention(NodeImporter &node);
LogicalResult importMultiHeadAttention(NodeImporter &node);
LogicalResult importGroupQueryAttention(NodeImporter &node);

// RotaryEmbedding.cpp
LogicalResult importRotaryEmbedding(NodeImporter &node);
LogicalResult importContributedRotaryEmbedding(NodeImporter &node);

// Pooling.cpp
LogicalResult importPooling(NodeImporter &node);
LogicalResult importGlobalPooling(NodeImporter &node);

// Padding.cpp
LogicalResult importPad(NodeImporter &node);
LogicalResult importPadByAttribute(NodeImporter &node);
LogicalResult importTile(NodeImporter &node);

// ElementGather.cpp
LogicalResult importGatherElements(NodeImporter &node);
LogicalResult importGatherND(NodeImporter &node);

// Scatter.cpp
LogicalResult importScatterElements(NodeImporter &node);
LogicalResult importScatterND(NodeImporter &node);

// IntegerMath.cpp
LogicalResult importModulo(NodeImporter &node);
LogicalResult importBitwise(NodeImporter &node);
LogicalResult importBitShift(NodeImporter &node);

// ArgExtremum.cpp
LogicalResult importArgExtremum(NodeImporter &node);

// BlockMatMul.cpp, BlockGather.cpp
LogicalResult importBlockMatMul(NodeImporter &node);
LogicalResult importBlockGather(NodeImporter &node);

// MixtureOfExperts.cpp
LogicalResult importMixtureOfExperts(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_LAYERHANDLERS_H
