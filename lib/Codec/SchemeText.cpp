//===- SchemeText.cpp - attribute text of the weight formats --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Scheme.h"

#include "SchemeScanner.h"

using namespace ccq;
using namespace ccq::codec;

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static std::string printNumbers(std::span<const unsigned> numbers) {
  std::string text;
  for (unsigned number : numbers)
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  return "[" + text + "]";
}

static std::string printWords(const WordScheme &scheme) {
  return "#ccq.words<u" + std::to_string(scheme.wordBits) +
         ", words = " + std::to_string(scheme.wordsPerGroup) +
         ", window = " + std::to_string(scheme.windowBits) +
         ", shifts = " + printNumbers(scheme.shifts) +
         ", tail_shift = " + std::to_string(scheme.tailShift) +
         ", scale_bits = " + std::to_string(scheme.scaleBits) + ">";
}

static std::string printScalar(const ScalarScheme &scheme) {
  std::string group = scheme.groupSize ? std::to_string(*scheme.groupSize)
                                       : std::string("channel");
  return "#ccq.scalar<bits = " + std::to_string(scheme.bits) +
         ", group = " + group + ">";
}

static std::string printCluster(const ClusterScheme &scheme) {
  bool isHighFirst = scheme.scaleOrder == NibbleOrder::HighFirst;
  return "#ccq.cluster<window = " + std::to_string(scheme.windowBits) +
         ", shifts = " + printNumbers(scheme.shifts) +
         ", group = " + std::to_string(scheme.groupSize) +
         ", scales = " + (isHighFirst ? "high_first" : "low_first") + ">";
}

/// ` = [n taps, y taps, n extra, y extra], NAME_tables = "..."`
static std::string printStreamWeight(const char *name,
                                     const StreamScheme::Weight &weight) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string tables;
  for (uint8_t byte : weight.tables)
    tables += {digits[byte >> 4], digits[byte & 15]};
  unsigned numbers[] = {weight.tapsN, weight.tapsY, weight.extraN,
                        weight.extraY};
  return std::string(name) + " = " + printNumbers(numbers) + ", " + name +
         "_tables = \"" + tables + "\"";
}

/// `tile = ROWS, rotation = ..., seed = ..., scale = ..., start = ...`
static std::string printFrame(const StreamFrame &frame) {
  std::string rotation = "none", scale = "channel";
  if (frame.rotation)
    rotation = std::to_string(*frame.rotation);
  if (frame.scale == StreamScale::Channel4)
    scale = "channel4";
  if (frame.scale == StreamScale::Tensor)
    scale = "tensor";
  std::string start = "zero";
  if (frame.start == StreamStart::Stored)
    start = "stored";
  if (frame.start == StreamStart::Linked)
    start = "linked";
  return "tile = " + std::to_string(frame.tileRows) +
         ", rotation = " + rotation + ", seed = " + std::to_string(frame.seed) +
         ", scale = " + scale + ", start = " + start;
}

static std::string printStream(const StreamScheme &scheme) {
  return "#ccq.stream<lanes, memory = " + std::to_string(scheme.memory) +
         ", sixteenths = " + std::to_string(scheme.sixteenths) + ", " +
         printStreamWeight("even", scheme.even) + ", " +
         printStreamWeight("odd", scheme.odd) + ", " + printFrame(scheme) + ">";
}

static std::string printHash(const HashScheme &scheme) {
  return "#ccq.hash<state = " + std::to_string(scheme.stateBits) +
         ", index = " + std::to_string(scheme.indexBits) +
         ", offset = " + std::to_string(scheme.offset) +
         ", sixteenths = " + std::to_string(scheme.sixteenths) + ", " +
         printFrame(scheme) + ">";
}

std::string codec::printScheme(const Scheme &scheme) {
  if (const auto *words = std::get_if<WordScheme>(&scheme))
    return printWords(*words);
  if (const auto *scalar = std::get_if<ScalarScheme>(&scheme))
    return printScalar(*scalar);
  if (const auto *cluster = std::get_if<ClusterScheme>(&scheme))
    return printCluster(*cluster);
  if (const auto *stream = std::get_if<StreamScheme>(&scheme))
    return printStream(*stream);
  return printHash(std::get<HashScheme>(scheme));
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

/// What follows `#ccq.words<`.
static WordScheme parseWords(Scanner &scanner) {
  WordScheme scheme;
  scanner.expect("u");
  scheme.wordBits = scanner.expectNumber();
  scanner.expect(",");
  scheme.wordsPerGroup = scanner.expectNumberField("words");
  scanner.expect(",");
  scheme.windowBits = scanner.expectNumberField("window");
  scanner.expect(",");
  scanner.expect("shifts");
  scanner.expect("=");
  scheme.shifts = scanner.expectNumbers();
  scanner.expect(",");
  scheme.tailShift = scanner.expectNumberField("tail_shift");
  scanner.expect(",");
  scheme.scaleBits = scanner.expectNumberField("scale_bits");
  scanner.expect(">");
  return scheme;
}

/// What follows `#ccq.scalar<`.
static ScalarScheme parseScalar(Scanner &scanner) {
  ScalarScheme scheme;
  scheme.bits = scanner.expectNumberField("bits");
  scanner.expect(",");
  scanner.expect("group");
  scanner.expect("=");
  if (!scanner.tryConsume("channel"))
    scheme.groupSize = scanner.expectNumber();
  scanner.expect(">");
  return scheme;
}

/// What follows `#ccq.cluster<`.
static ClusterScheme parseCluster(Scanner &scanner) {
  ClusterScheme scheme;
  scheme.windowBits = scanner.expectNumberField("window");
  scanner.expect(",");
  scanner.expect("shifts");
  scanner.expect("=");
  scheme.shifts = scanner.expectNumbers();
  scanner.expect(",");
  scheme.groupSize = scanner.expectNumberField("group");
  scanner.expect(",");
  scanner.expect("scales");
  scanner.expect("=");
  if (scanner.tryConsume("low_first"))
    scheme.scaleOrder = NibbleOrder::LowFirst;
  else
    scanner.expect("high_first");
  scanner.expect(">");
  return scheme;
}

/// What printStreamWeight writes.
static void parseStreamWeight(Scanner &scanner, const char *name,
                              StreamScheme::Weight &weight) {
  scanner.expect(name);
  scanner.expect("=");
  scanner.expect("[");
  weight.tapsN = scanner.expectNumber();
  scanner.expect(",");
  weight.tapsY = scanner.expectNumber();
  scanner.expect(",");
  weight.extraN = scanner.expectNumber();
  scanner.expect(",");
  weight.extraY = scanner.expectNumber();
  scanner.expect("]");
  scanner.expect(",");
  scanner.expect(std::string(name) + "_tables");
  scanner.expect("=");
  scanner.expectHex(weight.tables);
  scanner.expect(",");
}

static void parseStreamScale(Scanner &scanner, StreamFrame &frame) {
  scanner.expect("scale");
  scanner.expect("=");
  if (scanner.tryConsume("channel4"))
    frame.scale = StreamScale::Channel4;
  else if (scanner.tryConsume("tensor"))
    frame.scale = StreamScale::Tensor;
  else
    scanner.expect("channel");
}

/// What printFrame writes.
static void parseFrame(Scanner &scanner, StreamFrame &frame) {
  frame.tileRows = scanner.expectNumberField("tile");
  scanner.expect(",");
  scanner.expect("rotation");
  scanner.expect("=");
  if (!scanner.tryConsume("none"))
    frame.rotation = scanner.expectNumber();
  scanner.expect(",");
  scanner.expect("seed");
  scanner.expect("=");
  frame.seed = scanner.expectLongNumber();
  scanner.expect(",");
  parseStreamScale(scanner, frame);
  scanner.expect(",");
  scanner.expect("start");
  scanner.expect("=");
  if (scanner.tryConsume("stored"))
    frame.start = StreamStart::Stored;
  else if (scanner.tryConsume("linked"))
    frame.start = StreamStart::Linked;
  else
    scanner.expect("zero");
}

/// What follows `#ccq.stream<`.
static StreamScheme parseStream(Scanner &scanner) {
  StreamScheme scheme;
  scanner.expect("lanes");
  scanner.expect(",");
  scheme.memory = scanner.expectNumberField("memory");
  scanner.expect(",");
  scheme.sixteenths = scanner.expectNumberField("sixteenths");
  scanner.expect(",");
  parseStreamWeight(scanner, "even", scheme.even);
  parseStreamWeight(scanner, "odd", scheme.odd);
  parseFrame(scanner, scheme);
  scanner.expect(">");
  return scheme;
}

/// What follows `#ccq.hash<`.
static HashScheme parseHash(Scanner &scanner) {
  HashScheme scheme;
  scheme.stateBits = scanner.expectNumberField("state");
  scanner.expect(",");
  scheme.indexBits = scanner.expectNumberField("index");
  scanner.expect(",");
  scheme.offset = scanner.expectNumberField("offset");
  scanner.expect(",");
  scheme.sixteenths = scanner.expectNumberField("sixteenths");
  scanner.expect(",");
  parseFrame(scanner, scheme);
  scanner.expect(">");
  return scheme;
}

Result<Scheme> codec::parseScheme(std::string_view text) {
  Scanner scanner(text);
  Scheme scheme;
  if (scanner.tryConsume("#ccq.words<"))
    scheme = parseWords(scanner);
  else if (scanner.tryConsume("#ccq.scalar<"))
    scheme = parseScalar(scanner);
  else if (scanner.tryConsume("#ccq.cluster<"))
    scheme = parseCluster(scanner);
  else if (scanner.tryConsume("#ccq.stream<"))
    scheme = parseStream(scanner);
  else if (scanner.tryConsume("#ccq.hash<"))
    scheme = parseHash(scanner);
  else
    scanner.fail("'#ccq.words<', '#ccq.scalar<', '#ccq.cluster<', "
                 "'#ccq.stream<' or '#ccq.hash<'");
  scanner.expectEnd();
  if (scanner.hasFailed())
    return scanner.takeError();
  if (Result<void> valid = checkScheme(scheme); !valid)
    return valid.takeError();
  return scheme;
}
