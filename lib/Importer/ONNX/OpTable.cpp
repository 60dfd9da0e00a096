//===- OpTable.cpp - the operators that the importer knows ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

#include "Handlers.h"
#include "LayerHandlers.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Operators without later changes are taken up to this opset.
static constexpr int latest = 27;

static constexpr ArgumentCount one{1, 1};
static constexpr ArgumentCount two{2, 2};
static constexpr ArgumentCount three{3, 3};
static constexpr ArgumentCount five{5, 5};
static constexpr ArgumentCount none{0, 0};
static constexpr ArgumentCount variadic{1, anyNumber};

// clang-format off
static constexpr OpEntry table[] = {
  // Element-wise arithmetic.
  {"Add", "", 7, latest, two, one, "", importBinary},
  {"Div", "", 7, latest, two, one, "", importBinary},
  {"Max", "", 7, latest, variadic, one, "", importBinary},
  {"Mean", "", 7, latest, variadic, one, "", importBinary},
  {"Min", "", 7, latest, variadic, one, "", importBinary},
  {"Mul", "", 7, latest, two, one, "", importBinary},
  {"Sub", "", 7, latest, two, one, "", importBinary},
  {"Sum", "", 7, latest, variadic, one, "", importBinary},

  {"Pow", "", 7, latest, two, one, "", importPower},

  // Comparisons and logic.
  {"And", "", 7, latest, two, one, "", importLogic},
  {"Equal", "", 7, latest, two, one, "", importComparison},
  {"Greater", "", 7, latest, two, one, "", importComparison},
  {"GreaterOrEqual", "", 12, latest, two, one, "", importComparison},
  {"Less", "", 7, latest, two, one, "", importComparison},
  {"LessOrEqual", "", 12, latest, two, one, "", importComparison},
  {"Not", "", 7, latest, one, one, "", importLogic},
  {"Or", "", 7, latest, two, one, "", importLogic},
  {"Where", "", 9, latest, three, one, "", importWhere},
  {"Xor", "", 7, latest, two, one, "", importLogic},

  // Element-wise functions.
  {"Abs", "", 7, latest, one, one, "", importUnary},
  {"Ceil", "", 7, latest, one, one, "", importUnary},
  {"Cos", "", 7, latest, one, one, "", importUnary},
  {"Erf", "", 9, latest, one, one, "", importUnary},
  {"Exp", "", 7, latest, one, one, "", importUnary},
  {"Floor", "", 7, latest, one, one, "", importUnary},
  {"Log", "", 7, latest, one, one, "", importUnary},
  {"Neg", "", 7, latest, one, one, "", importUnary},
  {"Reciprocal", "", 7, latest, one, one, "", importUnary},
  {"Round", "", 11, latest, one, one, "", importUnary},
  {"Sign", "", 9, latest, one, one, "", importUnary},
  {"Sin", "", 7, latest, one, one, "", importUnary},
  {"Sqrt", "", 7, latest, one, one, "", importUnary},

  // Activations.
  {"Celu", "", 12, latest, one, one, "alpha:f", importActivation},
  {"Clip", "", 7, 10, one, one, "min:f max:f", importClipByAttributes},
  {"Clip", "", 11, latest, {1, 3}, one, "", importClip},
  {"Elu", "", 7, latest, one, one, "alpha:f", importActivation},
  {"Gelu", "", 20, latest, one, one, "approximate:s", importActivation},
  {"HardSigmoid", "", 7, latest, one, one, "alpha:f beta:f", importActivation},
  {"HardSwish", "", 14, latest, one, one, "", importActivation},
  {"LeakyRelu", "", 7, latest, one, one, "alpha:f", importActivation},
  {"Mish", "", 18, latest, one, one, "", importActivation},
  {"PRelu", "", 7, latest, two, one, "", importPRelu},
  {"Relu", "", 7, latest, one, one, "", importActivation},
  {"Selu", "", 7, latest, one, one, "alpha:f gamma:f", importActivation},
  {"Sigmoid", "", 7, latest, one, one, "", importActivation},
  {"Softplus", "", 7, latest, one, one, "", importActivation},
  {"Softsign", "", 7, latest, one, one, "", importActivation},
  {"Tanh", "", 7, latest, one, one, "", importActivation},
  {"ThresholdedRelu", "", 10, latest, one, one, "alpha:f", importActivation},

  // Matrix products.
  {"Gemm", "", 7, 10, three, one, "alpha:f beta:f transA:i transB:i", importGemm},
  {"Gemm", "", 11, latest, {2, 3}, one, "alpha:f beta:f transA:i transB:i", importGemm},
  {"MatMul", "", 7, latest, two, one, "", importMatMul},

  // Softmax: before opset 13 over all dimensions from the axis on.
  {"LogSoftmax", "", 7, 12, one, one, "axis:i", importFlatteningSoftmax},
  {"LogSoftmax", "", 13, latest, one, one, "axis:i", importSoftmax},
  {"Softmax", "", 7, 12, one, one, "axis:i", importFlatteningSoftmax},
  {"Softmax", "", 13, latest, one, one, "axis:i", importSoftmax},

  // Reductions: the axes become an input in opset 13 (sum) or 18 (others).
  {"ReduceL1", "", 7, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceL1", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceL2", "", 7, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceL2", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceLogSum", "", 7, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceLogSum", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceMax", "", 7, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceMax", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceMean", "", 7, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceMean", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceMin", "", 7, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceMin", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceProd", "", 7, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceProd", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceSum", "", 7, 12, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceSum", "", 13, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceSumSquare", "", 7, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceSumSquare", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},

  // Normalization.
  {"BatchNormalization", "", 7, 8, five, {1, 5}, "epsilon:f momentum:f spatial:i", importBatchNormalization},
  {"BatchNormalization", "", 9, 13, five, {1, 5}, "epsilon:f momentum:f", importBatchNormalization},
  {"BatchNormalization", "", 14, latest, five, {1, 3}, "epsilon:f momentum:f training_mode:i", importBatchNormalization},

  {"LayerNormalization", "", 17, latest, {2, 3}, {1, 3}, "axis:i epsilon:f stash_type:i", importLayerNormalization},
  {"RMSNormalization", "", 23, latest, two, one, "axis:i epsilon:f stash_type:i", importRootMeanSquare},
  // Written by ONNX Runtime's tools in the main domain.
  {"SimplifiedLayerNormalization", "", 7, latest, two, {1, 2}, "axis:i epsilon:f stash_type:i", importRootMeanSquare},

  // Convolutions.
  {"Conv", "", 7, latest, {2, 3}, one, "auto_pad:s dilations:is group:i kernel_shape:is pads:is strides:is", importConvolution},

  // Constants.
  {"Constant", "", 7, 10, none, one, "value:t!", importConstant},
  {"Constant", "", 11, 11, none, one, "value:t sparse_value:sparse", importConstant},
  {"Constant", "", 12, latest, none, one, "value:t sparse_value:sparse value_float:f value_floats:fs value_int:i value_ints:is value_string:s value_strings:ss", importConstant},
  {"ConstantOfShape", "", 9, latest, one, one, "value:t", importConstantOfShape},

  // Data movement.
  {"Cast", "", 7, 18, one, one, "to:i!", importCast},
  {"Cast", "", 19, 23, one, one, "to:i! saturate:i", importCast},
  {"Cast", "", 24, latest, one, one, "to:i! saturate:i round_mode:s", importCast},
  {"Concat", "", 7, latest, variadic, one, "axis:i!", importConcat},
  {"Gather", "", 7, latest, two, one, "axis:i", importGather},
  {"CumSum", "", 11, latest, two, one, "exclusive:i reverse:i", importCumulativeSum},
  {"OneHot", "", 9, latest, three, one, "axis:i", importOneHot},
  {"Range", "", 11, latest, three, one, "stash_type:i", importRange},
  {"Trilu", "", 14, latest, {1, 2}, one, "upper:i", importTrilu},
  {"Slice", "", 7, 9, one, one, "starts:is! ends:is! axes:is", importSliceByAttributes},
  {"Slice", "", 10, latest, {3, 5}, one, "", importSlice},
  {"Split", "", 7, 12, one, {1, anyNumber}, "axis:i split:is", importSplit},
  {"Split", "", 13, 17, {1, 2}, {1, anyNumber}, "axis:i", importSplit},
  {"Split", "", 18, latest, {1, 2}, {1, anyNumber}, "axis:i num_outputs:i", importSplit},

  // Changes of shape.
  {"Dropout", "", 7, 11, one, {1, 2}, "ratio:f", importDropout},
  {"Dropout", "", 12, latest, {1, 3}, {1, 2}, "seed:i", importDropout},
  {"Expand", "", 8, latest, two, one, "", importExpand},
  {"Flatten", "", 7, latest, one, one, "axis:i", importFlatten},
  {"Identity", "", 7, latest, one, one, "", importIdentity},
  {"Reshape", "", 7, 13, two, one, "", importReshape},
  {"Reshape", "", 14, latest, two, one, "allowzero:i", importReshape},
  {"Shape", "", 7, 14, one, one, "", importShape},
  {"Shape", "", 15, latest, one, one, "start:i end:i", importShape},
  {"Size", "", 7, latest, one, one, "", importSize},
  {"Squeeze", "", 7, 12, one, one, "axes:is", importSqueeze},
  {"Squeeze", "", 13, latest, {1, 2}, one, "", importSqueeze},
  {"Transpose", "", 7, latest, one, one, "perm:is", importTranspose},
  {"Unsqueeze", "", 7, 12, one, one, "axes:is!", importUnsqueeze},
  {"Unsqueeze", "", 13, latest, two, one, "", importUnsqueeze},

  // Contributed by ONNX Runtime.
  {"Attention", "com.microsoft", 1, latest, {2, 7}, {1, 2}, "num_heads:i! unidirectional:i qkv_hidden_sizes:is do_rotary:i rotary_embedding_dim:i mask_filter_value:f past_present_share_buffer:i scale:f", importPackedAttention},
  {"BiasGelu", "com.microsoft", 1, latest, two, one, "", importBiasGelu},
  {"EmbedLayerNormalization", "com.microsoft", 1, latest, {1, 9}, {1, 3}, "epsilon:f mask_index_type:i", importEmbedLayerNormalization},
  {"FastGelu", "com.microsoft", 1, latest, {1, 2}, one, "", importBiasGelu},
  {"Gelu", "com.microsoft", 1, latest, one, one, "", importBiasGelu},
  {"QuickGelu", "com.microsoft", 1, latest, one, one, "alpha:f", importQuickGelu},
  {"SkipLayerNormalization", "com.microsoft", 1, latest, {3, 5}, {1, 4}, "epsilon:f", importSkipLayerNormalization},
  {"SkipSimplifiedLayerNormalization", "com.microsoft", 1, latest, {3, 4}, {1, 4}, "epsilon:f", importSkipRootMeanSquare},
};
// clang-format on

ArrayRef<OpEntry> importer::getOpTable() { return table; }
