//===- CCQStreamAttr.cpp - the stream format as an attribute ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Stream.h"
#include "ccq/Dialect/CCQ/IR/CCQAttrs.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

namespace {

/// Reads the fields of the text in their order; see printScheme of the codec.
class StreamParser {
public:
  explicit StreamParser(AsmParser &parser) : parser(parser) {}

  ParseResult parse(codec::StreamScheme &scheme) {
    return failure(
        parser.parseLess() || parser.parseKeyword("lanes") ||
        parseNumber("memory", scheme.memory) ||
        parseNumber("sixteenths", scheme.sixteenths) ||
        parseWeight("even", scheme.even) || parseWeight("odd", scheme.odd) ||
        parseNumber("tile", scheme.tileRows) || parseRotation(scheme) ||
        parseNumber("seed", scheme.seed) || parseScale(scheme) ||
        parseStart(scheme) || parser.parseGreater());
  }

private:
  /// `, name =`
  ParseResult parseName(StringRef name) {
    return failure(parser.parseComma() || parser.parseKeyword(name) ||
                   parser.parseEqual());
  }

  template <typename T> ParseResult parseNumber(StringRef name, T &value) {
    return failure(parseName(name) || parser.parseInteger(value));
  }

  /// `, name = [N, Y, P, Q], name_tables = "..."`
  ParseResult parseWeight(StringRef name, codec::StreamScheme::Weight &weight) {
    if (parseName(name) || parser.parseLSquare() ||
        parser.parseInteger(weight.tapsN) || parser.parseComma() ||
        parser.parseInteger(weight.tapsY) || parser.parseComma() ||
        parser.parseInteger(weight.extraN) || parser.parseComma() ||
        parser.parseInteger(weight.extraY) || parser.parseRSquare() ||
        parseName((name + "_tables").str()))
      return failure();
    SMLoc loc = parser.getCurrentLocation();
    std::string hex, bytes;
    if (parser.parseString(&hex))
      return failure();
    if (hex.size() != 2 * weight.tables.size() ||
        !llvm::tryGetFromHex(hex, bytes))
      return parser.emitError(loc, "expected ")
             << 2 * weight.tables.size() << " hexadecimal digits, got \"" << hex
             << "\"";
    llvm::copy(bytes, weight.tables.begin());
    return success();
  }

  ParseResult parseRotation(codec::StreamScheme &scheme) {
    if (parseName("rotation"))
      return failure();
    if (succeeded(parser.parseOptionalKeyword("none")))
      return success();
    return parser.parseInteger(scheme.rotation.emplace());
  }

  ParseResult parseScale(codec::StreamScheme &scheme) {
    StringRef scale;
    if (parseName("scale"))
      return failure();
    if (parser.parseOptionalKeyword(&scale, {"channel", "channel4", "tensor"}))
      return parser.emitError(parser.getCurrentLocation(),
                              "expected 'channel', 'channel4' or 'tensor'");
    if (scale == "channel4")
      scheme.scale = codec::StreamScale::Channel4;
    if (scale == "tensor")
      scheme.scale = codec::StreamScale::Tensor;
    return success();
  }

  ParseResult parseStart(codec::StreamScheme &scheme) {
    StringRef start;
    if (parseName("start"))
      return failure();
    if (parser.parseOptionalKeyword(&start, {"zero", "stored"}))
      return parser.emitError(parser.getCurrentLocation(),
                              "expected 'zero' or 'stored'");
    if (start == "stored")
      scheme.start = codec::StreamStart::Stored;
    return success();
  }

  AsmParser &parser;
};

} // namespace

Attribute StreamAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  codec::StreamScheme scheme;
  if (StreamParser(parser).parse(scheme))
    return {};
  return parser.getChecked<StreamAttr>(loc, parser.getContext(), scheme);
}

void StreamAttr::print(AsmPrinter &printer) const {
  std::string text = codec::printScheme(getStream());
  printer << StringRef(text).substr(text.find('<'));
}

LogicalResult StreamAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 codec::StreamScheme stream) {
  if (auto checked = codec::checkStreamScheme(stream); !checked)
    return emitError() << "stream_c1: " << checked.error().message;
  return success();
}

codec::Scheme StreamAttr::getScheme() const { return getStream(); }

int64_t StreamAttr::getGroupSize() const { return getStream().tileRows; }
