//===- Integer.cpp - Integer arithmetic -------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/LaneMap.h"

#include <algorithm>
#include <limits>

using namespace ccq;
using namespace ccq::ptx;

// All arithmetic wraps modulo 2^n (PTX ISA, "Integer Arithmetic
// Instructions"), so it is done on unsigned values of at least 32 bits.

namespace {
template <typename T> using Unsigned = std::make_unsigned_t<T>;

/// The next wider integer type.
template <typename T> struct WiderType;
template <> struct WiderType<uint16_t> {
  using type = uint32_t;
};
template <> struct WiderType<int16_t> {
  using type = int32_t;
};
template <> struct WiderType<uint32_t> {
  using type = uint64_t;
};
template <> struct WiderType<int32_t> {
  using type = int64_t;
};
template <> struct WiderType<uint64_t> {
  using type = unsigned __int128;
};
template <> struct WiderType<int64_t> {
  using type = __int128;
};
template <typename T> using Wider = typename WiderType<T>::type;

template <typename T> T addWrapping(T a, T b) {
  return static_cast<T>(uint64_t(a) + uint64_t(b));
}
template <typename T> T subtractWrapping(T a, T b) {
  return static_cast<T>(uint64_t(a) - uint64_t(b));
}
template <typename T> T multiplyLow(T a, T b) {
  return static_cast<T>(uint64_t(a) * uint64_t(b));
}
template <typename T> T multiplyHigh(T a, T b) {
  return static_cast<T>((Wider<T>(a) * Wider<T>(b)) >> (8 * sizeof(T)));
}
template <typename T> Wider<T> multiplyWide(T a, T b) {
  return Wider<T>(a) * Wider<T>(b);
}
template <typename T> T multiplyAddLow(T a, T b, T c) {
  return addWrapping(multiplyLow(a, b), c);
}
template <typename T> T multiplyAddHigh(T a, T b, T c) {
  return addWrapping(multiplyHigh(a, b), c);
}
template <typename T> Wider<T> multiplyAddWide(T a, T b, Wider<T> c) {
  return addWrapping(multiplyWide(a, b), c);
}
/// mul24 / mad24 take the low 24 bits, signed or not.
template <typename T> int64_t takeLow24(T a) {
  if constexpr (std::is_signed_v<T>)
    return int32_t(uint32_t(a) << 8) >> 8;
  return uint32_t(a) & 0xffffff;
}
template <typename T> T multiply24Low(T a, T b) {
  return static_cast<T>(takeLow24(a) * takeLow24(b));
}
template <typename T> T multiply24High(T a, T b) {
  return static_cast<T>((takeLow24(a) * takeLow24(b)) >> 16);
}
template <typename T> T multiplyAdd24Low(T a, T b, T c) {
  return addWrapping(multiply24Low(a, b), c);
}

int32_t addSaturating(int32_t a, int32_t b) {
  int64_t sum = int64_t(a) + b;
  return static_cast<int32_t>(
      std::clamp<int64_t>(sum, std::numeric_limits<int32_t>::min(),
                          std::numeric_limits<int32_t>::max()));
}
int32_t subtractSaturating(int32_t a, int32_t b) {
  int64_t difference = int64_t(a) - b;
  return static_cast<int32_t>(
      std::clamp<int64_t>(difference, std::numeric_limits<int32_t>::min(),
                          std::numeric_limits<int32_t>::max()));
}

/// Division by zero is all ones and its remainder the dividend, as NVIDIA's
/// division subroutine leaves them; the ISA calls both unspecified.
template <typename T> T divide(T a, T b) {
  if (b == 0)
    return static_cast<T>(~uint64_t(0));
  if constexpr (std::is_signed_v<T>)
    if (b == -1)
      return static_cast<T>(0 - uint64_t(a));
  return static_cast<T>(a / b);
}
template <typename T> T takeRemainder(T a, T b) {
  if (b == 0)
    return a;
  if constexpr (std::is_signed_v<T>)
    if (b == -1)
      return 0;
  return static_cast<T>(a % b);
}
template <typename T> T takeMinimum(T a, T b) { return a < b ? a : b; }
template <typename T> T takeMaximum(T a, T b) { return a < b ? b : a; }
template <typename T> T negate(T a) { return static_cast<T>(0 - uint64_t(a)); }
template <typename T> T takeAbsolute(T a) { return a < 0 ? negate(a) : a; }
template <typename T> T addAbsoluteDifference(T a, T b, T c) {
  return addWrapping(c,
                     a < b ? subtractWrapping(b, a) : subtractWrapping(a, b));
}

template <typename T> struct Add : LaneMap<addWrapping<T>> {};
template <typename T> struct Subtract : LaneMap<subtractWrapping<T>> {};
template <typename T> struct MultiplyLow : LaneMap<multiplyLow<T>> {};
template <typename T> struct MultiplyHigh : LaneMap<multiplyHigh<T>> {};
template <typename T> struct MultiplyWide : LaneMap<multiplyWide<T>> {};
template <typename T> struct MultiplyAddLow : LaneMap<multiplyAddLow<T>> {};
template <typename T> struct MultiplyAddHigh : LaneMap<multiplyAddHigh<T>> {};
template <typename T> struct MultiplyAddWide : LaneMap<multiplyAddWide<T>> {};
template <typename T> struct Divide : LaneMap<divide<T>> {};
template <typename T> struct Remainder : LaneMap<takeRemainder<T>> {};
template <typename T> struct Minimum : LaneMap<takeMinimum<T>> {};
template <typename T> struct Maximum : LaneMap<takeMaximum<T>> {};
template <typename T> struct Negate : LaneMap<negate<T>> {};
template <typename T> struct Absolute : LaneMap<takeAbsolute<T>> {};
template <typename T>
struct AbsoluteDifference : LaneMap<addAbsoluteDifference<T>> {};

/// The signed or unsigned types of 16, 32 and 64 bits.
template <template <typename> typename Op> Handler selectArithmetic(Type type) {
  switch (type) {
  case Type::U16:
    return Op<uint16_t>::run;
  case Type::S16:
    return Op<int16_t>::run;
  case Type::U32:
    return Op<uint32_t>::run;
  case Type::S32:
    return Op<int32_t>::run;
  case Type::U64:
    return Op<uint64_t>::run;
  case Type::S64:
    return Op<int64_t>::run;
  default:
    return nullptr;
  }
}

/// The types that a widening product starts from.
template <template <typename> typename Op> Handler selectNarrow(Type type) {
  switch (type) {
  case Type::U16:
    return Op<uint16_t>::run;
  case Type::S16:
    return Op<int16_t>::run;
  case Type::U32:
    return Op<uint32_t>::run;
  default:
    return Op<int32_t>::run;
  }
}
} // namespace

static Type expectArithmeticType(InstructionDecoder &decoder) {
  return decoder.expectType(
      {Type::U16, Type::S16, Type::U32, Type::S32, Type::U64, Type::S64});
}

/// d = op(a, b) on any arithmetic type.
template <template <typename> typename Op>
static void decodeBinary(InstructionDecoder &decoder) {
  Type type = expectArithmeticType(decoder);
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(type);
  decoder.finish(selectArithmetic<Op>(type), InstructionClass::Integer);
}

/// add and sub also have a saturating form on .s32.
template <template <typename> typename Op, auto saturating>
static void decodeSum(InstructionDecoder &decoder) {
  if (!decoder.accept("sat"))
    return decodeBinary<Op>(decoder);
  Type type = decoder.expectType({Type::S32});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(type);
  decoder.finish(LaneMap<saturating>::run, InstructionClass::Integer);
}

template <template <typename> typename Op>
static void decodeSigned(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::S16, Type::S32, Type::S64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.finish(selectArithmetic<Op>(type), InstructionClass::Integer);
}

static Type getWiderType(Type type) {
  switch (type) {
  case Type::U16:
    return Type::U32;
  case Type::S16:
    return Type::S32;
  case Type::U32:
    return Type::U64;
  default:
    return Type::S64;
  }
}

static void decodeMultiply(InstructionDecoder &decoder) {
  enum class Part { Low, High, Wide };
  constexpr std::pair<std::string_view, Part> parts[] = {
      {"lo", Part::Low}, {"hi", Part::High}, {"wide", Part::Wide}};
  auto part = decoder.acceptOneOf(parts);
  if (!part)
    return decoder.expect("lo");
  Type type =
      *part == Part::Wide
          ? decoder.expectType({Type::U16, Type::S16, Type::U32, Type::S32})
          : expectArithmeticType(decoder);
  decoder.addResult(*part == Part::Wide ? getWiderType(type) : type);
  decoder.addSource(type);
  decoder.addSource(type);
  Handler handler = *part == Part::Low    ? selectArithmetic<MultiplyLow>(type)
                    : *part == Part::High ? selectArithmetic<MultiplyHigh>(type)
                                          : selectNarrow<MultiplyWide>(type);
  decoder.finish(handler, InstructionClass::Integer);
}

static void decodeMultiplyAdd(InstructionDecoder &decoder) {
  bool isWide = decoder.accept("wide");
  bool isHigh = !isWide && decoder.accept("hi");
  if (!isWide && !isHigh)
    decoder.expect("lo");
  Type type =
      isWide ? decoder.expectType({Type::U16, Type::S16, Type::U32, Type::S32})
             : expectArithmeticType(decoder);
  Type resultType = isWide ? getWiderType(type) : type;
  decoder.addResult(resultType);
  decoder.addSource(type);
  decoder.addSource(type);
  decoder.addSource(resultType);
  Handler handler = isWide   ? selectNarrow<MultiplyAddWide>(type)
                    : isHigh ? selectArithmetic<MultiplyAddHigh>(type)
                             : selectArithmetic<MultiplyAddLow>(type);
  decoder.finish(handler, InstructionClass::Integer);
}

static void decodeMultiply24(InstructionDecoder &decoder) {
  bool isAdd = decoder.getOpcode() == "mad24";
  bool isHigh = !isAdd && decoder.accept("hi");
  if (!isHigh)
    decoder.expect("lo");
  Type type = decoder.expectType({Type::U32, Type::S32});
  bool isSignedType = type == Type::S32;
  decoder.addResult(type);
  for (int i = 0; i < (isAdd ? 3 : 2); ++i)
    decoder.addSource(type);
  Handler handler;
  if (isAdd)
    handler = isSignedType ? LaneMap<multiplyAdd24Low<int32_t>>::run
                           : LaneMap<multiplyAdd24Low<uint32_t>>::run;
  else if (isHigh)
    handler = isSignedType ? LaneMap<multiply24High<int32_t>>::run
                           : LaneMap<multiply24High<uint32_t>>::run;
  else
    handler = isSignedType ? LaneMap<multiply24Low<int32_t>>::run
                           : LaneMap<multiply24Low<uint32_t>>::run;
  decoder.finish(handler, InstructionClass::Integer);
}

static void decodeAbsoluteDifference(InstructionDecoder &decoder) {
  Type type = expectArithmeticType(decoder);
  decoder.addResult(type);
  for (int i = 0; i < 3; ++i)
    decoder.addSource(type);
  decoder.finish(selectArithmetic<AbsoluteDifference>(type),
                 InstructionClass::Integer);
}

//===----------------------------------------------------------------------===//
// Dot products of packed integers
//===----------------------------------------------------------------------===//

/// Element i of a packed word.
template <typename T> static int64_t getElement(uint32_t word, unsigned i) {
  return static_cast<T>(word >> (8 * sizeof(T) * i));
}

/// Four products of 8-bit elements added to c.
template <typename A, typename B>
static uint32_t dotProduct4(uint32_t a, uint32_t b, uint32_t c) {
  int64_t sum = c;
  for (unsigned i = 0; i < 4; ++i)
    sum += getElement<A>(a, i) * getElement<B>(b, i);
  return static_cast<uint32_t>(sum);
}

/// Two products of 16-bit by 8-bit elements added to c; `first` is the first
/// 8-bit element used.
template <typename A, typename B, unsigned first>
static uint32_t dotProduct2(uint32_t a, uint32_t b, uint32_t c) {
  int64_t sum = c;
  for (unsigned i = 0; i < 2; ++i)
    sum += getElement<A>(a, i) * getElement<B>(b, first + i);
  return static_cast<uint32_t>(sum);
}

static void decodeDotProduct(InstructionDecoder &decoder) {
  bool isFour = decoder.getOpcode() == "dp4a";
  bool isHigh = !isFour && decoder.accept("hi");
  if (!isFour && !isHigh)
    decoder.expect("lo");
  bool signedA = decoder.expectType({Type::U32, Type::S32}) == Type::S32;
  bool signedB = decoder.expectType({Type::U32, Type::S32}) == Type::S32;
  Type sumType = signedA || signedB ? Type::S32 : Type::U32;
  decoder.addResult(sumType);
  decoder.addSource(Type::B32);
  decoder.addSource(Type::B32);
  decoder.addSource(sumType);
  constexpr Handler four[2][2] = {{LaneMap<dotProduct4<uint8_t, uint8_t>>::run,
                                   LaneMap<dotProduct4<uint8_t, int8_t>>::run},
                                  {LaneMap<dotProduct4<int8_t, uint8_t>>::run,
                                   LaneMap<dotProduct4<int8_t, int8_t>>::run}};
  constexpr Handler low[2][2] = {
      {LaneMap<dotProduct2<uint16_t, uint8_t, 0>>::run,
       LaneMap<dotProduct2<uint16_t, int8_t, 0>>::run},
      {LaneMap<dotProduct2<int16_t, uint8_t, 0>>::run,
       LaneMap<dotProduct2<int16_t, int8_t, 0>>::run}};
  constexpr Handler high[2][2] = {
      {LaneMap<dotProduct2<uint16_t, uint8_t, 2>>::run,
       LaneMap<dotProduct2<uint16_t, int8_t, 2>>::run},
      {LaneMap<dotProduct2<int16_t, uint8_t, 2>>::run,
       LaneMap<dotProduct2<int16_t, int8_t, 2>>::run}};
  const auto &handlers = isFour ? four : isHigh ? high : low;
  decoder.finish(handlers[signedA][signedB], InstructionClass::Integer);
}

std::span<const OpcodeEntry> ccq::ptx::getIntegerOpcodes() {
  constexpr OperandFamily integer = OperandFamily::Integer;
  static constexpr OpcodeEntry entries[] = {
      {"add", integer, decodeSum<Add, addSaturating>},
      {"sub", integer, decodeSum<Subtract, subtractSaturating>},
      {"mul", integer, decodeMultiply},
      {"mad", integer, decodeMultiplyAdd},
      {"mul24", integer, decodeMultiply24},
      {"mad24", integer, decodeMultiply24},
      {"div", integer, decodeBinary<Divide>},
      {"rem", integer, decodeBinary<Remainder>},
      {"min", integer, decodeBinary<Minimum>},
      {"max", integer, decodeBinary<Maximum>},
      {"neg", integer, decodeSigned<Negate>},
      {"abs", integer, decodeSigned<Absolute>},
      {"sad", integer, decodeAbsoluteDifference},
      {"dp4a", integer, decodeDotProduct},
      {"dp2a", integer, decodeDotProduct},
  };
  return entries;
}
