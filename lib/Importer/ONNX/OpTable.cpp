//===- OpTable.cpp - the operators that the importer knows ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

#include "BitCast.h"
#include "BlockPlacement.h"
#include "CausalConvolution.h"
#include "ChannelNormalization.h"
#include "ControlFlow.h"
#include "DepthToSpace.h"
#include "Einsum.h"
#include "EyeLike.h"
#include "Fourier.h"
#include "GridSample.h"
#include "Handlers.h"
#include "InstanceNormalization.h"
#include "LayerHandlers.h"
#include "LegacyBroadcast.h"
#include "LossFunctions.h"
#include "Quantization.h"
#include "QuantizedProducts.h"
#include "Recurrent.h"
#include "Resize.h"
#include "RowUpdates.h"
#include "TopK.h"
#include "TransposedConvolution.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Operators without later changes are taken up to this opset.
static constexpr int latest = 27;

static constexpr ArgumentCount one{1, 1};
static constexpr ArgumentCount two{2, 2};
static constexpr ArgumentCount three{3, 3};
static constexpr ArgumentCount four{4, 4};
static constexpr ArgumentCount five{5, 5};
static constexpr ArgumentCount none{0, 0};
static constexpr ArgumentCount variadic{1, anyNumber};

// clang-format off
static constexpr OpEntry table[] = {
  // Element-wise arithmetic.
  {"Add", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Add", "", 7, latest, two, one, "", importBinary},
  {"Div", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Div", "", 7, latest, two, one, "", importBinary},
  {"Max", "", 6, latest, variadic, one, "", importBinary},
  {"Mean", "", 6, latest, variadic, one, "", importBinary},
  {"Min", "", 6, latest, variadic, one, "", importBinary},
  {"Mul", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Mul", "", 7, latest, two, one, "", importBinary},
  {"Sub", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Sub", "", 7, latest, two, one, "", importBinary},
  {"Sum", "", 6, latest, variadic, one, "", importBinary},

  {"BitShift", "", 11, latest, two, one, "direction:s!", importBitShift},
  {"BitwiseAnd", "", 18, latest, two, one, "", importBitwise},
  {"BitwiseNot", "", 18, latest, one, one, "", importBitwise},
  {"BitwiseOr", "", 18, latest, two, one, "", importBitwise},
  {"BitwiseXor", "", 18, latest, two, one, "", importBitwise},
  {"Mod", "", 10, latest, two, one, "fmod:i", importModulo},
  {"Pow", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Pow", "", 7, latest, two, one, "", importPower},

  // Comparisons and logic.
  {"And", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"And", "", 7, latest, two, one, "", importLogic},
  {"Equal", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Equal", "", 7, latest, two, one, "", importComparison},
  {"Greater", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Greater", "", 7, latest, two, one, "", importComparison},
  {"GreaterOrEqual", "", 12, latest, two, one, "", importComparison},
  {"IsInf", "", 10, latest, one, one, "detect_negative:i detect_positive:i", importFloatTest},
  {"IsNaN", "", 9, latest, one, one, "", importFloatTest},
  {"Less", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Less", "", 7, latest, two, one, "", importComparison},
  {"LessOrEqual", "", 12, latest, two, one, "", importComparison},
  {"Not", "", 6, latest, one, one, "", importLogic},
  {"Or", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Or", "", 7, latest, two, one, "", importLogic},
  {"Where", "", 9, latest, three, one, "", importWhere},
  {"Xor", "", 6, 6, two, one, "axis:i broadcast:i", importLegacyBroadcast},
  {"Xor", "", 7, latest, two, one, "", importLogic},

  // Element-wise functions.
  {"Abs", "", 6, latest, one, one, "", importUnary},
  {"Acos", "", 6, latest, one, one, "", importUnary},
  {"Acosh", "", 9, latest, one, one, "", importUnary},
  {"Asin", "", 6, latest, one, one, "", importUnary},
  {"Asinh", "", 9, latest, one, one, "", importUnary},
  {"Atan", "", 6, latest, one, one, "", importUnary},
  {"Atanh", "", 9, latest, one, one, "", importUnary},
  {"Ceil", "", 6, latest, one, one, "", importUnary},
  {"Cos", "", 6, latest, one, one, "", importUnary},
  {"Cosh", "", 9, latest, one, one, "", importUnary},
  {"Erf", "", 9, latest, one, one, "", importUnary},
  {"Exp", "", 6, latest, one, one, "", importUnary},
  {"Floor", "", 6, latest, one, one, "", importUnary},
  {"Log", "", 6, latest, one, one, "", importUnary},
  {"Neg", "", 6, latest, one, one, "", importUnary},
  {"Reciprocal", "", 6, latest, one, one, "", importUnary},
  {"Round", "", 11, latest, one, one, "", importUnary},
  {"Sign", "", 9, latest, one, one, "", importUnary},
  {"Sin", "", 6, latest, one, one, "", importUnary},
  {"Sinh", "", 9, latest, one, one, "", importUnary},
  {"Sqrt", "", 6, latest, one, one, "", importUnary},
  {"Tan", "", 6, latest, one, one, "", importUnary},

  // Activations.
  {"Celu", "", 12, latest, one, one, "alpha:f", importActivation},
  {"Clip", "", 6, 10, one, one, "min:f max:f", importClipByAttributes},
  {"Clip", "", 11, latest, {1, 3}, one, "", importClip},
  {"Elu", "", 6, latest, one, one, "alpha:f", importActivation},
  {"Gelu", "", 20, latest, one, one, "approximate:s", importActivation},
  {"HardSigmoid", "", 6, latest, one, one, "alpha:f beta:f", importActivation},
  {"HardSwish", "", 14, latest, one, one, "", importActivation},
  {"LeakyRelu", "", 6, latest, one, one, "alpha:f", importActivation},
  {"Mish", "", 18, latest, one, one, "", importActivation},
  {"PRelu", "", 6, 6, two, one, "", importLegacyBroadcast},
  {"PRelu", "", 7, latest, two, one, "", importPRelu},
  {"Relu", "", 6, latest, one, one, "", importActivation},
  {"Selu", "", 6, latest, one, one, "alpha:f gamma:f", importActivation},
  {"Shrink", "", 9, latest, one, one, "bias:f lambd:f", importActivation},
  {"Sigmoid", "", 6, latest, one, one, "", importActivation},
  {"Softplus", "", 6, latest, one, one, "", importActivation},
  {"Softsign", "", 6, latest, one, one, "", importActivation},
  {"Swish", "", 24, latest, one, one, "alpha:f", importActivation},
  {"Tanh", "", 6, latest, one, one, "", importActivation},
  {"ThresholdedRelu", "", 10, latest, one, one, "alpha:f", importActivation},

  // Matrix products.
  {"Einsum", "", 12, latest, variadic, one, "equation:s!", importEinsum},
  {"Gemm", "", 6, 6, three, one, "alpha:f beta:f broadcast:i transA:i transB:i", importGemm},
  {"Gemm", "", 7, 10, three, one, "alpha:f beta:f transA:i transB:i", importGemm},
  {"Gemm", "", 11, latest, {2, 3}, one, "alpha:f beta:f transA:i transB:i", importGemm},
  {"MatMul", "", 6, latest, two, one, "", importMatMul},

  // Losses.
  {"NegativeLogLikelihoodLoss", "", 12, latest, {2, 3}, one, "ignore_index:i reduction:s", importNegativeLogLikelihood},
  {"SoftmaxCrossEntropyLoss", "", 12, latest, {2, 3}, {1, 2}, "ignore_index:i reduction:s", importSoftmaxCrossEntropy},

  // Control flow.
  {"If", "", 6, latest, one, {1, anyNumber}, "else_branch:g! then_branch:g!", importIf},
  {"Loop", "", 6, latest, {0, anyNumber}, {0, anyNumber}, "body:g!", importLoop},
  {"Scan", "", 9, latest, {1, anyNumber}, {1, anyNumber}, "body:g! num_scan_inputs:i! scan_input_axes:is scan_input_directions:is scan_output_axes:is scan_output_directions:is", importScan},

  // Signals and images.
  {"AffineGrid", "", 20, latest, two, one, "align_corners:i", importAffineGrid},
  {"BlackmanWindow", "", 17, latest, one, one, "output_datatype:i periodic:i", importWindowFunction},
  {"CenterCropPad", "", 18, latest, two, one, "axes:is", importCenterCropPad},
  {"Col2Im", "", 18, latest, three, one, "dilations:is pads:is strides:is", importCol2Im},
  {"DFT", "", 17, 19, {1, 2}, one, "axis:i inverse:i onesided:i", importDFT},
  {"DFT", "", 20, latest, {1, 3}, one, "inverse:i onesided:i", importDFT},
  {"GridSample", "", 16, latest, two, one, "align_corners:i mode:s padding_mode:s", importGridSample},
  {"HammingWindow", "", 17, latest, one, one, "output_datatype:i periodic:i", importWindowFunction},
  {"HannWindow", "", 17, latest, one, one, "output_datatype:i periodic:i", importWindowFunction},

  // Recurrent layers.
  {"GRU", "", 7, 13, {3, 6}, {0, 2}, "activation_alpha:fs activation_beta:fs activations:ss clip:f direction:s hidden_size:i linear_before_reset:i", importRecurrent},
  {"GRU", "", 14, latest, {3, 6}, {0, 2}, "activation_alpha:fs activation_beta:fs activations:ss clip:f direction:s hidden_size:i linear_before_reset:i layout:i", importRecurrent},
  {"LSTM", "", 7, 13, {3, 8}, {0, 3}, "activation_alpha:fs activation_beta:fs activations:ss clip:f direction:s hidden_size:i input_forget:i", importRecurrent},
  {"LSTM", "", 14, latest, {3, 8}, {0, 3}, "activation_alpha:fs activation_beta:fs activations:ss clip:f direction:s hidden_size:i input_forget:i layout:i", importRecurrent},
  {"RNN", "", 7, 13, {3, 6}, {0, 2}, "activation_alpha:fs activation_beta:fs activations:ss clip:f direction:s hidden_size:i", importRecurrent},
  {"RNN", "", 14, latest, {3, 6}, {0, 2}, "activation_alpha:fs activation_beta:fs activations:ss clip:f direction:s hidden_size:i layout:i", importRecurrent},

  // Quantized tensors.
  {"ConvInteger", "", 10, latest, {2, 4}, one, "auto_pad:s dilations:is group:i kernel_shape:is pads:is strides:is", importConvInteger},
  {"DequantizeLinear", "", 10, 12, {2, 3}, one, "", importDequantize},
  {"DequantizeLinear", "", 13, 20, {2, 3}, one, "axis:i", importDequantize},
  {"DequantizeLinear", "", 21, 22, {2, 3}, one, "axis:i block_size:i", importDequantize},
  {"DequantizeLinear", "", 23, latest, {2, 3}, one, "axis:i block_size:i output_dtype:i", importDequantize},
  {"DynamicQuantizeLinear", "", 11, latest, one, three, "", importDynamicQuantize},
  {"MatMulInteger", "", 10, latest, {2, 4}, one, "", importMatMulInteger},
  {"QLinearConv", "", 10, latest, {8, 9}, one, "auto_pad:s dilations:is group:i kernel_shape:is pads:is strides:is", importQuantizedConvolution},
  {"QLinearMatMul", "", 10, latest, {8, 8}, one, "", importQuantizedMatMul},
  {"QuantizeLinear", "", 10, 12, {2, 3}, one, "", importQuantize},
  {"QuantizeLinear", "", 13, 18, {2, 3}, one, "axis:i", importQuantize},
  {"QuantizeLinear", "", 19, 20, {2, 3}, one, "axis:i saturate:i", importQuantize},
  {"QuantizeLinear", "", 21, 22, {2, 3}, one, "axis:i block_size:i output_dtype:i saturate:i", importQuantize},
  {"QuantizeLinear", "", 23, latest, {2, 3}, one, "axis:i block_size:i output_dtype:i precision:i saturate:i", importQuantize},
  {"DequantizeLinear", "com.microsoft", 1, latest, {2, 3}, one, "axis:i block_size:i", importDequantize},
  {"QuantizeLinear", "com.microsoft", 1, latest, {2, 3}, one, "axis:i block_size:i", importQuantize},

  // Softmax: before opset 13 over all dimensions from the axis on.
  {"LogSoftmax", "", 6, 12, one, one, "axis:i", importFlatteningSoftmax},
  {"LogSoftmax", "", 13, latest, one, one, "axis:i", importSoftmax},
  {"Softmax", "", 6, 12, one, one, "axis:i", importFlatteningSoftmax},
  {"Softmax", "", 13, latest, one, one, "axis:i", importSoftmax},

  {"Hardmax", "", 6, latest, one, one, "axis:i", importHardmax},

  {"ArgMax", "", 6, 11, one, one, "axis:i keepdims:i", importArgExtremum},
  {"ArgMax", "", 12, latest, one, one, "axis:i keepdims:i select_last_index:i", importArgExtremum},
  {"ArgMin", "", 6, 11, one, one, "axis:i keepdims:i", importArgExtremum},
  {"ArgMin", "", 12, latest, one, one, "axis:i keepdims:i select_last_index:i", importArgExtremum},

  // Reductions: the axes become an input in opset 13 (sum) or 18 (others).
  {"ReduceL1", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceL1", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceL2", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceL2", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceLogSum", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceLogSum", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceLogSumExp", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceLogSumExp", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceMax", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceMax", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceMean", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceMean", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceMin", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceMin", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceProd", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceProd", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceSum", "", 6, 12, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceSum", "", 13, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},
  {"ReduceSumSquare", "", 6, 17, one, one, "axes:is keepdims:i", importReductionByAttribute},
  {"ReduceSumSquare", "", 18, latest, {1, 2}, one, "keepdims:i noop_with_empty_axes:i", importReductionByInput},

  // Normalization.
  {"BatchNormalization", "", 6, 6, five, {1, 5}, "epsilon:f is_test:i momentum:f spatial:i", importBatchNormalization},
  {"BatchNormalization", "", 7, 8, five, {1, 5}, "epsilon:f momentum:f spatial:i", importBatchNormalization},
  {"BatchNormalization", "", 9, 13, five, {1, 5}, "epsilon:f momentum:f", importBatchNormalization},
  {"BatchNormalization", "", 14, latest, five, {1, 3}, "epsilon:f momentum:f training_mode:i", importBatchNormalization},

  {"GroupNormalization", "", 18, 20, three, one, "epsilon:f num_groups:i!", importGroupNormalization},
  {"GroupNormalization", "", 21, latest, three, one, "epsilon:f num_groups:i! stash_type:i", importGroupNormalization},
  {"LRN", "", 6, latest, one, one, "alpha:f beta:f bias:f size:i!", importLocalResponseNormalization},
  {"LpNormalization", "", 6, latest, one, one, "axis:i p:i", importLpNormalization},
  {"InstanceNormalization", "", 6, latest, three, one, "epsilon:f", importInstanceNormalization},
  // ONNX Runtime takes it in the opsets before 17 too. Models that its tools
  // wrote have a misspelt `epsion`, which it ignores.
  {"LayerNormalization", "", 7, latest, {2, 3}, {1, 3}, "axis:i epsilon:f epsion:f stash_type:i", importLayerNormalization},
  {"RMSNormalization", "", 23, latest, two, one, "axis:i epsilon:f stash_type:i", importRootMeanSquare},
  // Written by ONNX Runtime's tools in the main domain.
  {"SimplifiedLayerNormalization", "", 7, latest, two, {1, 2}, "axis:i epsilon:f epsion:f stash_type:i", importRootMeanSquare},

  // Attention.
  {"Attention", "", 23, 23, {3, 6}, {1, 4}, "is_causal:i kv_num_heads:i q_num_heads:i qk_matmul_output_mode:i scale:f softcap:f softmax_precision:i", importStandardAttention},
  {"Attention", "", 24, 24, {3, 7}, {1, 4}, "is_causal:i kv_num_heads:i q_num_heads:i qk_matmul_output_mode:i scale:f softcap:f softmax_precision:i", importStandardAttention},
  {"Attention", "", 25, latest, {3, 7}, {1, 4}, "is_causal:i kv_num_heads:i left_window_size:i q_num_heads:i qk_matmul_output_mode:i right_window_size:i scale:f softcap:f softmax_precision:i", importStandardAttention},
  {"RotaryEmbedding", "", 23, latest, {3, 4}, one, "interleaved:i num_heads:i rotary_embedding_dim:i", importRotaryEmbedding},

  // Convolutions and pooling.
  {"AveragePool", "", 6, 9, one, one, "auto_pad:s count_include_pad:i kernel_shape:is! pads:is strides:is", importPooling},
  {"AveragePool", "", 10, 18, one, one, "auto_pad:s ceil_mode:i count_include_pad:i kernel_shape:is! pads:is strides:is", importPooling},
  {"AveragePool", "", 19, latest, one, one, "auto_pad:s ceil_mode:i count_include_pad:i dilations:is kernel_shape:is! pads:is strides:is", importPooling},
  {"GlobalAveragePool", "", 6, latest, one, one, "", importGlobalPooling},
  {"GlobalMaxPool", "", 6, latest, one, one, "", importGlobalPooling},
  {"LpPool", "", 6, 10, one, one, "auto_pad:s kernel_shape:is! p:i pads:is strides:is", importPooling},
  {"LpPool", "", 11, 17, one, one, "auto_pad:s kernel_shape:is! p:i pads:is strides:is", importPooling},
  {"LpPool", "", 18, latest, one, one, "auto_pad:s ceil_mode:i dilations:is kernel_shape:is! p:i pads:is strides:is", importPooling},
  {"MaxPool", "", 6, 7, one, one, "auto_pad:s kernel_shape:is! pads:is strides:is", importPooling},
  {"MaxPool", "", 8, 9, one, {1, 2}, "auto_pad:s kernel_shape:is! pads:is storage_order:i strides:is", importPooling},
  {"MaxPool", "", 10, latest, one, {1, 2}, "auto_pad:s ceil_mode:i dilations:is kernel_shape:is! pads:is storage_order:i strides:is", importPooling},
  {"CausalConvWithState", "", 27, latest, {2, 4}, {1, 2}, "activation:s", importCausalConvolution},
  {"Conv", "", 6, latest, {2, 3}, one, "auto_pad:s dilations:is group:i kernel_shape:is pads:is strides:is", importConvolution},
  {"ConvTranspose", "", 6, latest, {2, 3}, one, "auto_pad:s dilations:is group:i kernel_shape:is output_padding:is output_shape:is pads:is strides:is", importTransposedConvolution},

  // Constants.
  {"Constant", "", 6, 10, none, one, "value:t!", importConstant},
  {"Constant", "", 11, 11, none, one, "value:t sparse_value:sparse", importConstant},
  {"Constant", "", 12, latest, none, one, "value:t sparse_value:sparse value_float:f value_floats:fs value_int:i value_ints:is value_string:s value_strings:ss", importConstant},
  {"ConstantOfShape", "", 9, latest, one, one, "value:t", importConstantOfShape},

  // Data movement.
  {"Cast", "", 6, 18, one, one, "to:i!", importCast},
  {"Cast", "", 19, 23, one, one, "to:i! saturate:i", importCast},
  {"Cast", "", 24, latest, one, one, "to:i! saturate:i round_mode:s", importCast},
  {"CastLike", "", 15, 18, two, one, "", importCastLike},
  {"CastLike", "", 19, 23, two, one, "saturate:i", importCastLike},
  {"CastLike", "", 24, latest, two, one, "round_mode:s saturate:i", importCastLike},
  {"Concat", "", 6, latest, variadic, one, "axis:i!", importConcat},
  {"Gather", "", 6, latest, two, one, "axis:i", importGather},
  {"GatherElements", "", 11, latest, two, one, "axis:i", importGatherElements},
  {"GatherND", "", 11, 11, two, one, "", importGatherND},
  {"GatherND", "", 12, latest, two, one, "batch_dims:i", importGatherND},
  {"BitCast", "", 26, latest, one, one, "to:i!", importBitCast},
  {"CumProd", "", 26, latest, two, one, "exclusive:i reverse:i", importCumulativeSum},
  {"EyeLike", "", 9, latest, one, one, "dtype:i k:i", importEyeLike},
  {"CumSum", "", 11, latest, two, one, "exclusive:i reverse:i", importCumulativeSum},
  {"OneHot", "", 9, latest, three, one, "axis:i", importOneHot},
  {"Pad", "", 6, 10, one, one, "mode:s pads:is! value:f", importPadByAttribute},
  {"Pad", "", 11, 17, {2, 3}, one, "mode:s", importPad},
  {"Pad", "", 18, latest, {2, 4}, one, "mode:s", importPad},
  {"Range", "", 11, latest, three, one, "stash_type:i", importRange},
  {"ScatterElements", "", 11, 15, three, one, "axis:i", importScatterElements},
  {"ScatterElements", "", 16, latest, three, one, "axis:i reduction:s", importScatterElements},
  {"ReverseSequence", "", 10, latest, two, one, "batch_axis:i time_axis:i", importReverseSequence},
  {"Scatter", "", 9, 10, three, one, "axis:i", importScatterElements},
  {"ScatterND", "", 11, 15, three, one, "", importScatterND},
  {"ScatterND", "", 16, latest, three, one, "reduction:s", importScatterND},
  {"Resize", "", 10, 10, two, one, "mode:s", importResize},
  {"Resize", "", 11, 12, {3, 4}, one, "coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f mode:s nearest_mode:s", importResize},
  {"Resize", "", 13, 17, {1, 4}, one, "coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f mode:s nearest_mode:s", importResize},
  {"Resize", "", 18, latest, {1, 4}, one, "antialias:i axes:is coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f keep_aspect_ratio_policy:s mode:s nearest_mode:s", importResize},
  {"TopK", "", 7, 9, one, {1, 2}, "axis:i k:i!", importTopK},
  {"TopK", "", 10, 10, two, {1, 2}, "axis:i", importTopK},
  {"TopK", "", 11, latest, two, {1, 2}, "axis:i largest:i sorted:i", importTopK},
  {"Upsample", "", 7, 8, one, one, "mode:s scales:fs!", importResize},
  {"Upsample", "", 9, 9, two, one, "mode:s", importResize},
  {"TensorScatter", "", 24, latest, {2, 3}, one, "axis:i mode:s", importTensorScatter},
  {"Tile", "", 6, latest, two, one, "", importTile},
  {"Trilu", "", 14, latest, {1, 2}, one, "upper:i", importTrilu},
  {"Slice", "", 6, 9, one, one, "starts:is! ends:is! axes:is", importSliceByAttributes},
  {"Slice", "", 10, latest, {3, 5}, one, "", importSlice},
  {"Split", "", 6, 12, one, {1, anyNumber}, "axis:i split:is", importSplit},
  {"Split", "", 13, 17, {1, 2}, {1, anyNumber}, "axis:i", importSplit},
  {"Split", "", 18, latest, {1, 2}, {1, anyNumber}, "axis:i num_outputs:i", importSplit},

  // Changes of shape.
  {"DepthToSpace", "", 6, 10, one, one, "blocksize:i!", importDepthToSpace},
  {"DepthToSpace", "", 11, latest, one, one, "blocksize:i! mode:s", importDepthToSpace},
  {"Dropout", "", 6, 6, one, {1, 2}, "is_test:i ratio:f", importDropout},
  {"Dropout", "", 7, 11, one, {1, 2}, "ratio:f", importDropout},
  {"Dropout", "", 12, latest, {1, 3}, {1, 2}, "seed:i", importDropout},
  {"Expand", "", 8, latest, two, one, "", importExpand},
  {"Flatten", "", 6, latest, one, one, "axis:i", importFlatten},
  {"Identity", "", 6, latest, one, one, "", importIdentity},
  {"Reshape", "", 6, 13, two, one, "", importReshape},
  {"Reshape", "", 14, latest, two, one, "allowzero:i", importReshape},
  {"Shape", "", 6, 14, one, one, "", importShape},
  {"Shape", "", 15, latest, one, one, "start:i end:i", importShape},
  {"Size", "", 6, latest, one, one, "", importSize},
  {"SpaceToDepth", "", 6, latest, one, one, "blocksize:i!", importSpaceToDepth},
  {"Squeeze", "", 6, 12, one, one, "axes:is", importSqueeze},
  {"Squeeze", "", 13, latest, {1, 2}, one, "", importSqueeze},
  {"Transpose", "", 6, latest, one, one, "perm:is", importTranspose},
  {"Unsqueeze", "", 6, 12, one, one, "axes:is!", importUnsqueeze},
  {"Unsqueeze", "", 13, latest, two, one, "", importUnsqueeze},

  // Contributed by ONNX Runtime.
  {"Attention", "com.microsoft", 1, latest, {2, 7}, {1, 2}, "num_heads:i! unidirectional:i qkv_hidden_sizes:is do_rotary:i rotary_embedding_dim:i mask_filter_value:f past_present_share_buffer:i scale:f", importPackedAttention},
  {"BiasGelu", "com.microsoft", 1, latest, two, one, "", importBiasGelu},
  {"EmbedLayerNormalization", "com.microsoft", 1, latest, {1, 9}, {1, 3}, "epsilon:f mask_index_type:i", importEmbedLayerNormalization},
  {"FastGelu", "com.microsoft", 1, latest, {1, 2}, one, "", importBiasGelu},
  {"FusedMatMul", "com.microsoft", 1, latest, two, one, "alpha:f transA:i transB:i transBatchA:i transBatchB:i", importFusedMatMul},
  {"GatherBlockQuantized", "com.microsoft", 1, latest, {3, 4}, one, "bits:i block_size:i gather_axis:i quantize_axis:i", importBlockGather},
  {"Gelu", "com.microsoft", 1, latest, one, one, "", importBiasGelu},
  {"GroupQueryAttention", "com.microsoft", 1, latest, {1, 17}, {1, 4}, "causal:i do_rotary:i k_norm_epsilon:f k_quant_type:s kv_cache_bit_width:i kv_num_heads:i! local_window_size:i num_heads:i! q_norm_epsilon:f qk_norm_epsilon:f qk_output:i rotary_interleaved:i scale:f sliding_window_cache:i smooth_softmax:i softcap:f v_quant_type:s", importGroupQueryAttention},
  {"MatMulNBits", "com.microsoft", 1, latest, {3, 6}, one, "K:i! N:i! accuracy_level:i bits:i block_size:i! weight_prepacked:i", importBlockMatMul},
  {"MoE", "com.microsoft", 1, latest, {3, 8}, one, "activation_alpha:f activation_beta:f activation_type:s k:i normalize_routing_weights:i swiglu_fusion:i swiglu_limit:f swiglu_limit_after_activation:i use_sparse_mixer:i", importMixtureOfExperts},
  {"MultiHeadAttention", "com.microsoft", 1, latest, {1, 10}, {1, 4}, "mask_filter_value:f num_heads:i! scale:f unidirectional:i", importMultiHeadAttention},
  {"QMoE", "com.microsoft", 1, latest, {3, 21}, one, "accuracy_level:i activation_alpha:f activation_beta:f activation_type:s block_size:i expert_weight_bits:i fc1_expert_weight_bits:i fc2_expert_weight_bits:i fc3_expert_weight_bits:i k:i normalize_routing_weights:i quant_type:s swiglu_fusion:i swiglu_limit:f swiglu_limit_after_activation:i use_sparse_mixer:i weights_prepacked:i", importMixtureOfExperts},
  {"QuickGelu", "com.microsoft", 1, latest, one, one, "alpha:f", importQuickGelu},
  {"RotaryEmbedding", "com.microsoft", 1, latest, four, one, "interleaved:i is_packed_batching:i num_heads:i rotary_embedding_dim:i scale:f", importContributedRotaryEmbedding},
  {"SkipLayerNormalization", "com.microsoft", 1, latest, {3, 5}, {1, 4}, "epsilon:f", importSkipLayerNormalization},
  {"SkipSimplifiedLayerNormalization", "com.microsoft", 1, latest, {3, 4}, {1, 4}, "epsilon:f", importSkipRootMeanSquare},
};
// clang-format on

ArrayRef<OpEntry> importer::getOpTable() { return table; }
