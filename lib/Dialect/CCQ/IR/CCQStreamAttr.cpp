//===- CCQStreamAttr.cpp - the stream formats as attributes -----*- C++ -*-===//
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
    return failure(parser.parseLess() || parser.parseKeyword("lanes") ||
                   parseNumber("memory", scheme.memory) ||
                   parseNumber("sixteenths", scheme.sixteenths) ||
                   parseWeight("even", scheme.even) ||
                   parseWeight("odd", scheme.odd) || parseFrame(scheme) ||
                   parser.parseGreater());
  }

  ParseResult parse(codec::HashScheme &scheme) {
    return failure(parser.parseLess() || parser.parseKeyword("state") ||
                   parser.parseEqual() ||
                   parser.parseInteger(scheme.stateBits) ||
                   parseNumber("index", scheme.indexBits) ||
                   parseNumber("offset", scheme.offset) ||
                   parseNumber("sixteenths", scheme.sixteenths) ||
                   parseFrame(scheme) || parser.parseGreater());
  }

private:
  ParseResult parseFrame(codec::StreamFrame &frame) {
    return failure(parseNumber("tile", frame.tileRows) ||
                   parseRotation(frame) || parseNumber("seed", frame.seed) ||
                   parseScale(frame) || parseStart(frame));
  }

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

  ParseResult parseRotation(codec::StreamFrame &frame) {
    if (parseName("rotation"))
      return failure();
    if (succeeded(parser.parseOptionalKeyword("none")))
      return success();
    return parser.parseInteger(frame.rotation.emplace());
  }

  ParseResult parseScale(codec::StreamFrame &frame) {
    StringRef scale;
    if (parseName("scale"))
      return failure();
    if (parser.parseOptionalKeyword(&scale, {"channel", "channel4", "tensor"}))
      return parser.emitError(parser.getCurrentLocation(),
                              "expected 'channel', 'channel4' or 'tensor'");
    if (scale == "channel4")
      frame.scale = codec::StreamScale::Channel4;
    if (scale == "tensor")
      frame.scale = codec::StreamScale::Tensor;
    return success();
  }

  ParseResult parseStart(codec::StreamFrame &frame) {
    StringRef start;
    if (parseName("start"))
      return failure();
    if (parser.parseOptionalKeyword(&start, {"zero", "stored", "linked"}))
      return parser.emitError(parser.getCurrentLocation(),
                              "expected 'zero', 'stored' or 'linked'");
    if (start == "stored")
      frame.start = codec::StreamStart::Stored;
    if (start == "linked")
      frame.start = codec::StreamStart::Linked;
    return success();
  }

  AsmParser &parser;
};

} // namespace

template <typename Attr, typename Scheme>
static Attribute parseStream(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  Scheme scheme;
  if (StreamParser(parser).parse(scheme))
    return {};
  return parser.getChecked<Attr>(loc, parser.getContext(), scheme);
}

/// What the codec prints behind the name.
static void printFields(AsmPrinter &printer, const codec::Scheme &scheme) {
  std::string text = codec::printScheme(scheme);
  printer << StringRef(text).substr(text.find('<'));
}

//===----------------------------------------------------------------------===//
// StreamAttr
//===----------------------------------------------------------------------===//

Attribute StreamAttr::parse(AsmParser &parser, Type) {
  return parseStream<StreamAttr, codec::StreamScheme>(parser);
}

void StreamAttr::print(AsmPrinter &printer) const {
  printFields(printer, getStream());
}

LogicalResult StreamAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 codec::StreamScheme stream) {
  if (auto checked = codec::checkStreamScheme(stream); !checked)
    return emitError() << "stream_c1: " << checked.error().message;
  return success();
}

codec::Scheme StreamAttr::getScheme() const { return getStream(); }

int64_t StreamAttr::getGroupSize() const { return getStream().tileRows; }

//===----------------------------------------------------------------------===//
// HashAttr
//===----------------------------------------------------------------------===//

Attribute HashAttr::parse(AsmParser &parser, Type) {
  return parseStream<HashAttr, codec::HashScheme>(parser);
}

void HashAttr::print(AsmPrinter &printer) const {
  printFields(printer, getHash());
}

LogicalResult HashAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               codec::HashScheme hash) {
  if (auto checked = codec::checkHashScheme(hash); !checked)
    return emitError() << "hash_c1: " << checked.error().message;
  return success();
}

codec::Scheme HashAttr::getScheme() const { return getHash(); }

int64_t HashAttr::getGroupSize() const { return getHash().tileRows; }

//===----------------------------------------------------------------------===//
// Both
//===----------------------------------------------------------------------===//

std::optional<codec::StreamFrame> mlir::ccq::findStreamFrame(Attribute scheme) {
  if (auto stream = dyn_cast<StreamAttr>(scheme))
    return stream.getStream();
  if (auto hash = dyn_cast<HashAttr>(scheme))
    return hash.getHash();
  return std::nullopt;
}

SchemeAttrInterface mlir::ccq::dropStreamRotation(SchemeAttrInterface stream) {
  auto drop = [](auto scheme) {
    scheme.rotation.reset();
    scheme.seed = 0;
    return scheme;
  };
  MLIRContext *context = stream.getContext();
  if (auto hash = dyn_cast<HashAttr>(stream))
    return HashAttr::get(context, drop(hash.getHash()));
  return StreamAttr::get(context, drop(cast<StreamAttr>(stream).getStream()));
}
