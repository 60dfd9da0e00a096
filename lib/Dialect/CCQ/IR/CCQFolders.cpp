//===- CCQFolders.cpp - folders that run the codec -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

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

/// Window values of `scheme` as elements of `type`, all exact.
static Attribute getWindowAttr(Type type, int value) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(floatType, value);
  return IntegerAttr::get(type, value);
}

OpFoldResult TrellisDecodeOp::fold(FoldAdaptor adaptor) {
  auto words = dyn_cast_if_present<DenseIntElementsAttr>(adaptor.getWords());
  if (!words)
    return {};
  auto format = std::get<codec::WordScheme>(getScheme().getScheme());
  VectorType type = getResult().getType();
  int64_t lanes = getWords().getType().getNumElements() /
                  getWords().getType().getDimSize(0);
  SmallVector<APInt> bits(words.getValues<APInt>());
  int64_t perWord = format.shifts.size();
  int64_t weights = type.getDimSize(0);
  SmallVector<Attribute> values;
  values.reserve(weights * lanes);
  for (int64_t weight = 0; weight < weights; ++weight)
    for (int64_t lane = 0; lane < lanes; ++lane) {
      int64_t row = weight / perWord;
      auto word =
          static_cast<uint32_t>(bits[row * lanes + lane].getZExtValue());
      int64_t index = getFirstWord() * perWord + weight;
      unsigned shift = codec::getWindowPosition(format, index).shift;
      int value =
          int(codec::extractWindow(format, word, shift)) - format.bias();
      values.push_back(getWindowAttr(type.getElementType(), value));
    }
  return DenseElementsAttr::get(type, values);
}
