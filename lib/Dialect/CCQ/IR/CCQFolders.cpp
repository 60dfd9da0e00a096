//===- CCQFolders.cpp - folders that run the codec -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Codec/Decode.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Quantizer/Encode.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;
namespace quantizer = ::ccq::quantizer;

/// Largest matrix that decode(encode(constant)) folds for, in weights: folding
/// is for tests and tiny models, emission codes the rest.
static constexpr int64_t kFoldedWeights = 4096;

OpFoldResult DecodeOp::fold(FoldAdaptor) {
  auto encode = getSource().getDefiningOp<EncodeOp>();
  DenseElementsAttr weights;
  if (!encode || encode.getStats() ||
      !matchPattern(encode.getSource(), m_Constant(&weights)) ||
      weights.getNumElements() > kFoldedWeights)
    return {};
  SmallVector<float> values;
  for (APFloat value : weights.getValues<APFloat>()) {
    bool losesInfo = false;
    value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    values.push_back(value.convertToFloat());
  }
  CodedTensorType type = getSource().getType();
  auto coded = quantizer::encodeMatrix(
      ::ccq::MatrixView<const float>(values.data(), {type.getK(), type.getN()}),
      type.getScheme().getScheme());
  if (!coded)
    return {};
  std::vector<float> decoded = codec::decodeMatrix(coded->matrix.view());
  return DenseElementsAttr::get(type.getDecodedType(), ArrayRef(decoded));
}
