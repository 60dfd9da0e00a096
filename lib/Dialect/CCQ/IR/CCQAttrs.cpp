//===- CCQAttrs.cpp - weight formats as attributes --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQAttrs.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

#include "ccq/Dialect/CCQ/IR/CCQInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "ccq/Dialect/CCQ/IR/CCQAttrs.cpp.inc"

void CCQDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ccq/Dialect/CCQ/IR/CCQAttrs.cpp.inc"
      >();
}

/// Parses `, keyword = <unsigned>`.
static ParseResult parseField(AsmParser &parser, StringRef keyword,
                              unsigned &value) {
  return failure(parser.parseComma() || parser.parseKeyword(keyword) ||
                 parser.parseEqual() || parser.parseInteger(value));
}

//===----------------------------------------------------------------------===//
// WordsAttr
//===----------------------------------------------------------------------===//

Attribute WordsAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef storage;
  unsigned words = 0, window = 0, tailShift = 0, scaleBits = 0;
  SmallVector<unsigned> shifts;
  auto parseShift = [&] { return parser.parseInteger(shifts.emplace_back()); };
  if (parser.parseLess() || parser.parseKeyword(&storage) ||
      parseField(parser, "words", words) ||
      parseField(parser, "window", window) || parser.parseComma() ||
      parser.parseKeyword("shifts") || parser.parseEqual() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     parseShift) ||
      parseField(parser, "tail_shift", tailShift) ||
      parseField(parser, "scale_bits", scaleBits) || parser.parseGreater())
    return {};
  unsigned wordBits = 0;
  if (!storage.consume_front("u") || storage.getAsInteger(10, wordBits)) {
    parser.emitError(loc, "words_c1: expected storage type u8 or u16");
    return {};
  }
  return parser.getChecked<WordsAttr>(loc, parser.getContext(), wordBits, words,
                                      window, shifts, tailShift, scaleBits);
}

void WordsAttr::print(AsmPrinter &printer) const {
  printer << "<u" << getWordBits() << ", words = " << getWords()
          << ", window = " << getWindow() << ", shifts = [";
  llvm::interleaveComma(getShifts(), printer);
  printer << "], tail_shift = " << getTailShift()
          << ", scale_bits = " << getScaleBits() << ">";
}

LogicalResult WordsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                unsigned wordBits, unsigned words,
                                unsigned window, ArrayRef<unsigned> shifts,
                                unsigned tailShift, unsigned scaleBits) {
  if (wordBits != 8 && wordBits != 16)
    return emitError() << "words_c1: expected storage type u8 or u16, got u"
                       << wordBits;
  if (window < 2 || window > wordBits)
    return emitError() << "words_c2: expected a window of 2 to " << wordBits
                       << " bits, got " << window;
  for (unsigned shift : shifts)
    if (shift + window > wordBits)
      return emitError() << "words_c2: expected shift + window <= " << wordBits
                         << ", got " << shift << " + " << window;
  if ((words - 1) * shifts.size() + 1 != 64)
    return emitError() << "words_c3: expected 64 weights per group, got "
                       << (words - 1) * shifts.size() + 1;
  if (scaleBits == 0 || tailShift < scaleBits || tailShift + window > wordBits)
    return emitError() << "words_c4: expected scale_bits <= tail_shift and "
                          "tail_shift + window <= "
                       << wordBits << ", got scale_bits " << scaleBits
                       << " and tail_shift " << tailShift;
  bool ordered = shifts.back() == 0;
  for (size_t i = 1; i < shifts.size(); ++i)
    ordered &= shifts[i] < shifts[i - 1] && shifts[i - 1] - shifts[i] <= window;
  if (!ordered)
    return emitError() << "words_c5: expected shifts that decrease to 0 in "
                          "steps of at most the window";
  return success();
}

codec::Scheme WordsAttr::getScheme() const {
  codec::WordScheme words;
  words.wordBits = getWordBits();
  words.wordsPerGroup = getWords();
  words.windowBits = getWindow();
  words.shifts.assign(getShifts().begin(), getShifts().end());
  words.tailShift = getTailShift();
  words.scaleBits = getScaleBits();
  return words;
}

int64_t WordsAttr::getGroupSize() const { return 64; }

//===----------------------------------------------------------------------===//
// ScalarAttr
//===----------------------------------------------------------------------===//

Attribute ScalarAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  unsigned bits = 0, group = 0;
  if (parser.parseLess() || parser.parseKeyword("bits") ||
      parser.parseEqual() || parser.parseInteger(bits) || parser.parseComma() ||
      parser.parseKeyword("group") || parser.parseEqual())
    return {};
  if (failed(parser.parseOptionalKeyword("channel")) &&
      parser.parseInteger(group))
    return {};
  if (parser.parseGreater())
    return {};
  return parser.getChecked<ScalarAttr>(loc, parser.getContext(), bits, group);
}

void ScalarAttr::print(AsmPrinter &printer) const {
  printer << "<bits = " << getBits() << ", group = ";
  if (getGroup() == 0)
    printer << "channel>";
  else
    printer << getGroup() << ">";
}

LogicalResult ScalarAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 unsigned bits, unsigned group) {
  if (bits != 4 && bits != 8)
    return emitError() << "scalar_c1: expected 4 or 8 bits, got " << bits;
  if (group != 0 && group != 64)
    return emitError() << "scalar_c2: expected group 64 or channel, got "
                       << group;
  return success();
}

codec::Scheme ScalarAttr::getScheme() const {
  codec::ScalarScheme scalar;
  scalar.bits = getBits();
  if (getGroup() != 0)
    scalar.groupSize = getGroup();
  return scalar;
}

int64_t ScalarAttr::getGroupSize() const {
  // A byte holds two weights of four bits.
  return getGroup() == 0 ? 8 / getBits() : getGroup();
}

//===----------------------------------------------------------------------===//
// ClusterAttr
//===----------------------------------------------------------------------===//

Attribute ClusterAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  unsigned window = 0, group = 0;
  SmallVector<unsigned> shifts;
  StringRef order;
  auto parseShift = [&] { return parser.parseInteger(shifts.emplace_back()); };
  if (parser.parseLess() || parser.parseKeyword("window") ||
      parser.parseEqual() || parser.parseInteger(window) ||
      parser.parseComma() || parser.parseKeyword("shifts") ||
      parser.parseEqual() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     parseShift) ||
      parseField(parser, "group", group) || parser.parseComma() ||
      parser.parseKeyword("scales") || parser.parseEqual())
    return {};
  if (failed(
          parser.parseOptionalKeyword(&order, {"high_first", "low_first"}))) {
    parser.emitError(parser.getCurrentLocation(),
                     "expected 'high_first' or 'low_first'");
    return {};
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<ClusterAttr>(loc, parser.getContext(), window,
                                        shifts, group, order == "high_first");
}

/// What follows the name of the attribute in the codec's text of a scheme.
static StringRef getParameterText(StringRef text) {
  return text.substr(text.find('<'));
}

void ClusterAttr::print(AsmPrinter &printer) const {
  printer << getParameterText(codec::printScheme(getScheme()));
}

/// Builds the codec's value from the parameters of the attribute.
static codec::ClusterScheme makeCluster(unsigned window,
                                        ArrayRef<unsigned> shifts,
                                        unsigned group, bool highFirst) {
  codec::ClusterScheme cluster;
  cluster.windowBits = window;
  cluster.shifts.assign(shifts.begin(), shifts.end());
  cluster.groupSize = group;
  cluster.scaleOrder =
      highFirst ? codec::NibbleOrder::HighFirst : codec::NibbleOrder::LowFirst;
  return cluster;
}

LogicalResult ClusterAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  unsigned window, ArrayRef<unsigned> shifts,
                                  unsigned group, bool highFirst) {
  auto checked =
      codec::checkScheme(makeCluster(window, shifts, group, highFirst));
  if (!checked)
    return emitError() << "cluster_c1: " << checked.error().message;
  return success();
}

codec::Scheme ClusterAttr::getScheme() const {
  return makeCluster(getWindow(), getShifts(), getGroup(), getHighFirst());
}

int64_t ClusterAttr::getGroupSize() const { return 2 * getGroup(); }

//===----------------------------------------------------------------------===//
// RowPitchAttr
//===----------------------------------------------------------------------===//

LogicalResult RowPitchAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   unsigned alignment) {
  if (!llvm::isPowerOf2_32(alignment) || alignment < 2 || alignment > 256)
    return emitError() << "row_pitch_c1: expected a power of two from 2 to "
                          "256, got "
                       << alignment;
  return success();
}

//===----------------------------------------------------------------------===//
// MmaStrategyAttr
//===----------------------------------------------------------------------===//

LogicalResult
MmaStrategyAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                        unsigned warps, unsigned tokenTiles) {
  if (!llvm::isPowerOf2_32(warps) || warps > 16)
    return emitError()
           << "mma_strategy_c1: expected 1, 2, 4, 8 or 16 warps, got " << warps;
  if (tokenTiles != 1 && tokenTiles != 2)
    return emitError() << "mma_strategy_c2: expected 1 or 2 token tiles, got "
                       << tokenTiles;
  return success();
}

SchemeAttrInterface mlir::ccq::getSchemeAttr(MLIRContext *context,
                                             const codec::Scheme &scheme) {
  if (auto *words = std::get_if<codec::WordScheme>(&scheme))
    return WordsAttr::get(context, words->wordBits, words->wordsPerGroup,
                          words->windowBits, words->shifts, words->tailShift,
                          words->scaleBits);
  if (auto *scalar = std::get_if<codec::ScalarScheme>(&scheme))
    return ScalarAttr::get(context, scalar->bits,
                           scalar->groupSize.value_or(0));
  if (auto *cluster = std::get_if<codec::ClusterScheme>(&scheme))
    return ClusterAttr::get(
        context, cluster->windowBits, cluster->shifts, cluster->groupSize,
        cluster->scaleOrder == codec::NibbleOrder::HighFirst);
  if (auto *stream = std::get_if<codec::StreamScheme>(&scheme))
    return StreamAttr::get(context, *stream);
  return HashAttr::get(context, std::get<codec::HashScheme>(scheme));
}
