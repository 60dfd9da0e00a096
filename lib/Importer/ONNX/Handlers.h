//===- Handlers.h - one function per operator or family ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_HANDLERS_H
#define CCQ_LIB_IMPORTER_ONNX_HANDLERS_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

// Handlers of the operator table (OpTable.cpp), which says which inputs and
// attributes each of them can rely on. Semantics: the ONNX operator
// specification at the entry's opsets.

// MatMul.cpp
LogicalResult importMatMul(NodeImporter &node);
LogicalResult importGemm(NodeImporter &node);
LogicalResult importFusedMatMul(NodeImporter &node);

// Arithmetic.cpp
LogicalResult importBinary(NodeImporter &node);

// UnaryMath.cpp
LogicalResult importUnary(NodeImporter &node);

// Activations.cpp
LogicalResult importActivation(NodeImporter &node);
LogicalResult importPRelu(NodeImporter &node);
LogicalResult importClipByAttributes(NodeImporter &node);
LogicalResult importClip(NodeImporter &node);

// Comparisons.cpp
LogicalResult importComparison(NodeImporter &node);
LogicalResult importLogic(NodeImporter &node);
LogicalResult importPower(NodeImporter &node);
LogicalResult importWhere(NodeImporter &node);
/// IsNaN and IsInf.
LogicalResult importFloatTest(NodeImporter &node);

// Casts.cpp
LogicalResult importCast(NodeImporter &node);
LogicalResult importCastLike(NodeImporter &node);

// Constants.cpp
LogicalResult importConstant(NodeImporter &node);
LogicalResult importConstantOfShape(NodeImporter &node);

// DataMovement.cpp
LogicalResult importConcat(NodeImporter &node);
LogicalResult importSlice(NodeImporter &node);
LogicalResult importSliceByAttributes(NodeImporter &node);
LogicalResult importSplit(NodeImporter &node);

// Gather.cpp
LogicalResult importGather(NodeImporter &node);

// BatchNormalization.cpp
LogicalResult importBatchNormalization(NodeImporter &node);

// Reductions.cpp
LogicalResult importReductionByAttribute(NodeImporter &node);
LogicalResult importReductionByInput(NodeImporter &node);

// Softmax.cpp
LogicalResult importSoftmax(NodeImporter &node);
/// Before opset 13: the dimensions from `axis` on are one row.
LogicalResult importFlatteningSoftmax(NodeImporter &node);

// ShapeChanges.cpp
LogicalResult importDropout(NodeImporter &node);
LogicalResult importExpand(NodeImporter &node);
LogicalResult importShape(NodeImporter &node);
LogicalResult importSize(NodeImporter &node);
LogicalResult importSqueeze(NodeImporter &node);
LogicalResult importTranspose(NodeImporter &node);
LogicalResult importUnsqueeze(NodeImporter &node);
LogicalResult importReshape(NodeImporter &node);
LogicalResult importFlatten(NodeImporter &node);
LogicalResult importIdentity(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_HANDLERS_H
