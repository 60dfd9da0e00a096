//===- CCQTrellisOps.cpp - decode of words in registers ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Decode.h"
#include "ccq/Codec/Stream.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

/// Checks that `result` has `rows` rows and otherwise the shape of `words`.
static LogicalResult verifyRows(TrellisDecodeOp op, int64_t rows) {
  SmallVector<int64_t> expected(op.getWords().getType().getShape());
  expected[0] = rows;
  VectorType result = op.getResult().getType();
  if (result.getShape() == ArrayRef<int64_t>(expected))
    return success();
  InFlightDiagnostic diag = op.emitOpError()
                            << "trellis_decode_c3: expected result shape ";
  llvm::interleave(expected, diag, "x");
  return diag << ", got " << result;
}

static LogicalResult verifyWords(TrellisDecodeOp op, WordsAttr scheme) {
  VectorType words = op.getWords().getType();
  if (words.getElementTypeBitWidth() != scheme.getWordBits())
    return op.emitOpError()
           << "trellis_decode_c1: expected elements of " << scheme.getWordBits()
           << " bits, got " << words.getElementType();
  if (op.getExtra())
    return op.emitOpError()
           << "trellis_decode_c5: expected no extra bits with #ccq.words";
  int64_t first = op.getFirstWord();
  int64_t last = first + words.getDimSize(0);
  if (first < 0 || last > scheme.getWords())
    return op.emitOpError()
           << "trellis_decode_c2: expected words inside 0.."
           << scheme.getWords() << ", got " << first << ".." << last;
  bool hasTail = last == scheme.getWords();
  return verifyRows(
      op,
      (words.getDimSize(0) - hasTail) * scheme.getShifts().size() + hasTail);
}

static LogicalResult verifyExtra(TrellisDecodeOp op, VectorType extra) {
  SmallVector<int64_t> expected(op.getWords().getType().getShape());
  expected[0] = 2;
  bool hasBits = op.getStreamScheme().getStream().sixteenths > 32;
  if (!hasBits)
    return op.emitOpError()
           << "trellis_decode_c5: expected no extra bits at two bits";
  if (extra.getShape() != ArrayRef<int64_t>(expected))
    return op.emitOpError()
           << "trellis_decode_c5: expected two rows of extra bits for "
           << op.getWords().getType() << ", got " << extra;
  return success();
}

static LogicalResult verifyStream(TrellisDecodeOp op, StreamAttr scheme) {
  VectorType words = op.getWords().getType();
  if (!words.getElementType().isInteger(32))
    return op.emitOpError()
           << "trellis_decode_c1: expected elements of 32 bits, got "
           << words.getElementType();
  if (op.getFirstWord() != 0)
    return op.emitOpError() << "trellis_decode_c2: expected first_word 0, got "
                            << int64_t(op.getFirstWord());
  int64_t rows = scheme.getStream().memory + 1;
  if (words.getDimSize(0) != rows)
    return op.emitOpError()
           << "trellis_decode_c4: expected " << rows
           << " words of each lane, got " << words.getDimSize(0);
  if (op.getExtra() &&
      failed(verifyExtra(op, cast<VectorType>(op.getExtra().getType()))))
    return failure();
  return verifyRows(op, 2 * codec::streamLanes);
}

LogicalResult TrellisDecodeOp::verify() {
  if (getWords().getType().getRank() < 1 || getResult().getType().getRank() < 1)
    return emitOpError() << "trellis_decode_c3: expected a leading dimension";
  if (WordsAttr words = getWordsScheme())
    return verifyWords(*this, words);
  return verifyStream(*this, getStreamScheme());
}

LogicalResult ExtractWindowOp::verify() {
  VectorType word = getWord().getType();
  if (word.getElementTypeBitWidth() != getScheme().getWordBits())
    return emitOpError() << "extract_window_c1: expected elements of "
                         << getScheme().getWordBits() << " bits, got "
                         << word.getElementType();
  if (word.getShape() != getResult().getType().getShape())
    return emitOpError() << "extract_window_c2: expected one shape, got "
                         << word << " and " << getResult().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

/// `value` as an element of `type`; exact in each.
static Attribute getValueAttr(Type type, int value) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(floatType, value);
  return IntegerAttr::get(type, value);
}

static OpFoldResult foldWords(TrellisDecodeOp op, ArrayRef<APInt> bits) {
  auto format = std::get<codec::WordScheme>(op.getWordsScheme().getScheme());
  VectorType type = op.getResult().getType();
  int64_t lanes = bits.size() / op.getWords().getType().getDimSize(0);
  int64_t perWord = format.shifts.size();
  SmallVector<Attribute> values;
  for (int64_t weight = 0; weight < type.getDimSize(0); ++weight)
    for (int64_t lane = 0; lane < lanes; ++lane) {
      int64_t row = weight / perWord;
      auto word =
          static_cast<uint32_t>(bits[row * lanes + lane].getZExtValue());
      int64_t index = op.getFirstWord() * perWord + weight;
      unsigned shift = codec::getWindowPosition(format, index).shift;
      int value =
          int(codec::extractWindow(format, word, shift)) - format.bias();
      values.push_back(getValueAttr(type.getElementType(), value));
    }
  return DenseElementsAttr::get(type, values);
}

/// XOR of the words of `lane` that `taps` selects.
static uint32_t combineWords(ArrayRef<APInt> bits, int64_t lanes, int64_t lane,
                             unsigned taps) {
  uint32_t combined = 0;
  for (size_t back = 0; back * lanes < bits.size(); ++back)
    if (taps >> back & 1)
      combined ^= uint32_t(bits[back * lanes + lane].getZExtValue());
  return combined;
}

static OpFoldResult foldStream(TrellisDecodeOp op, ArrayRef<APInt> bits,
                               ArrayRef<APInt> extra) {
  const codec::StreamScheme &scheme = op.getStreamScheme().getStream();
  VectorType type = op.getResult().getType();
  int64_t lanes = bits.size() / op.getWords().getType().getDimSize(0);
  SmallVector<Attribute> values;
  for (unsigned row = 0; row < 2 * codec::streamLanes; ++row) {
    bool isOdd = row >= codec::streamLanes;
    unsigned shift = row % codec::streamLanes * 4;
    const codec::StreamScheme::Weight &weight =
        isOdd ? scheme.odd : scheme.even;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      uint64_t plane =
          extra.empty() ? 0 : extra[isOdd * lanes + lane].getZExtValue();
      int level = codec::decodeStreamLevel(
          weight, combineWords(bits, lanes, lane, weight.tapsN) >> shift & 15,
          combineWords(bits, lanes, lane, weight.tapsY) >> shift & 15,
          plane >> shift & 1);
      Type element = type.getElementType();
      values.push_back(isa<FloatType>(element)
                           ? FloatAttr::get(element, level + 0.5)
                           : getValueAttr(element, level));
    }
  }
  return DenseElementsAttr::get(type, values);
}

OpFoldResult TrellisDecodeOp::fold(FoldAdaptor adaptor) {
  auto words = dyn_cast_if_present<DenseIntElementsAttr>(adaptor.getWords());
  if (!words)
    return {};
  SmallVector<APInt> bits(words.getValues<APInt>());
  if (getWordsScheme())
    return foldWords(*this, bits);
  SmallVector<APInt> extraBits;
  if (getExtra()) {
    auto extra = dyn_cast_if_present<DenseIntElementsAttr>(adaptor.getExtra());
    if (!extra)
      return {};
    llvm::append_range(extraBits, extra.getValues<APInt>());
  }
  return foldStream(*this, bits, extraBits);
}
