//===- Matrix.cpp - mma.sync: matrix products of a warp ---------*- C++ -*-===//
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

// Every shape here has M = 16 and N = 8. A 32-bit register holds `perRegister`
// consecutive elements of K. With g = lane / 4 and t = lane % 4 (PTX ISA,
// "Matrix Fragments for mma.m16n8k*"):
//   A, register r: row g + 8 * (r % 2), first column t * perRegister
//                  + (r / 2) * 4 * perRegister
//   B, register r: column g, first row t * perRegister + r * 4 * perRegister
//   C and D, element i: row g + 8 * (i / 2), column 2 * t + i % 2

namespace {
constexpr unsigned rows = 16;
constexpr unsigned columns = 8;
constexpr unsigned maxDepth = 32;

/// What Instruction::immediate holds for mma.
struct MatrixMode {
  unsigned depth;
  bool saturates;

  uint32_t pack() const { return depth | uint32_t(saturates) << 8; }
  static MatrixMode unpack(uint32_t bits) {
    return {bits & 0xff, bits >> 8 != 0};
  }
};

// Elements: how many fit a register, and the value of the one at `index`.

struct HalfElement {
  using Value = double;
  static constexpr unsigned perRegister = 2;
  static double get(uint32_t word, unsigned index) {
    return toDouble(Half{static_cast<uint16_t>(word >> (16 * index))});
  }
};
struct BFloatElement {
  using Value = double;
  static constexpr unsigned perRegister = 2;
  static double get(uint32_t word, unsigned index) {
    return toDouble(BFloat{static_cast<uint16_t>(word >> (16 * index))});
  }
};
struct TensorFloatElement {
  using Value = double;
  static constexpr unsigned perRegister = 1;
  /// The low 13 bits of an f32 do not take part.
  static double get(uint32_t word, unsigned) {
    return std::bit_cast<float>(word & 0xffffe000u);
  }
};
template <typename T> struct ByteElement {
  using Value = int64_t;
  static constexpr unsigned perRegister = 4;
  static int64_t get(uint32_t word, unsigned index) {
    return static_cast<T>(word >> (8 * index));
  }
};

// Accumulators: registers per lane and conversion of the four elements.

struct FloatAccumulator {
  static constexpr unsigned registers = 4;
  static double get(const uint32_t *words, unsigned i) {
    return std::bit_cast<float>(words[i]);
  }
  static void set(uint32_t *words, unsigned i, double value, bool) {
    words[i] =
        std::bit_cast<uint32_t>(roundToFloat(value, Rounding::NearestEven));
  }
};
struct HalfAccumulator {
  static constexpr unsigned registers = 2;
  static double get(const uint32_t *words, unsigned i) {
    return HalfElement::get(words[i / 2], i % 2);
  }
  static void set(uint32_t *words, unsigned i, double value, bool) {
    uint32_t bits = roundToHalf(value, Rounding::NearestEven).bits;
    unsigned shift = 16 * (i % 2);
    words[i / 2] = (words[i / 2] & ~(0xffffu << shift)) | bits << shift;
  }
};
struct IntegerAccumulator {
  static constexpr unsigned registers = 4;
  static int64_t get(const uint32_t *words, unsigned i) {
    return static_cast<int32_t>(words[i]);
  }
  static void set(uint32_t *words, unsigned i, int64_t value, bool saturates) {
    if (saturates)
      value = std::clamp<int64_t>(value, std::numeric_limits<int32_t>::min(),
                                  std::numeric_limits<int32_t>::max());
    words[i] = static_cast<uint32_t>(value);
  }
};

/// The operands of one product, gathered from all lanes.
template <typename Value> struct Tiles {
  Value a[rows][maxDepth];
  Value b[maxDepth][columns];
  Value c[rows][columns];

  /// c += a * b, in the order of k. Products of 16-bit floats are exact.
  void multiply(unsigned depth) {
    for (unsigned i = 0; i < rows; ++i)
      for (unsigned k = 0; k < depth; ++k)
        for (unsigned j = 0; j < columns; ++j)
          c[i][j] += a[i][k] * b[k][j];
  }
};

template <typename A, typename B, typename Accumulator> struct MatrixProduct {
  using Value = typename A::Value;
  static constexpr unsigned perRegister = A::perRegister;

  static void loadA(Warp &warp, const Instruction &instruction,
                    unsigned registers, Tiles<Value> &tiles) {
    for (unsigned r = 0; r < registers; ++r) {
      const uint64_t *lanes =
          warp.getLanes(instruction.operands[Accumulator::registers + r]);
      for (unsigned lane = 0; lane < lanesPerWarp; ++lane)
        for (unsigned e = 0; e < perRegister; ++e)
          tiles.a[lane / 4 + 8 * (r % 2)]
                 [(lane % 4 + r / 2 * 4) * perRegister + e] =
              A::get(static_cast<uint32_t>(lanes[lane]), e);
    }
  }

  static void loadB(Warp &warp, const Instruction &instruction, unsigned first,
                    unsigned registers, Tiles<Value> &tiles) {
    for (unsigned r = 0; r < registers; ++r) {
      const uint64_t *lanes = warp.getLanes(instruction.operands[first + r]);
      for (unsigned lane = 0; lane < lanesPerWarp; ++lane)
        for (unsigned e = 0; e < perRegister; ++e)
          tiles.b[(lane % 4 + r * 4) * perRegister + e][lane / 4] =
              B::get(static_cast<uint32_t>(lanes[lane]), e);
    }
  }

  static void loadC(Warp &warp, const Instruction &instruction, unsigned first,
                    Tiles<Value> &tiles) {
    for (unsigned lane = 0; lane < lanesPerWarp; ++lane) {
      uint32_t words[4];
      for (unsigned r = 0; r < Accumulator::registers; ++r)
        words[r] = static_cast<uint32_t>(
            warp.getLanes(instruction.operands[first + r])[lane]);
      for (unsigned i = 0; i < 4; ++i)
        tiles.c[lane / 4 + 8 * (i / 2)][2 * (lane % 4) + i % 2] =
            Accumulator::get(words, i);
    }
  }

  static void storeD(Warp &warp, const Instruction &instruction,
                     const Tiles<Value> &tiles, bool saturates) {
    for (unsigned lane = 0; lane < lanesPerWarp; ++lane) {
      uint32_t words[4] = {};
      for (unsigned i = 0; i < 4; ++i)
        Accumulator::set(
            words, i, tiles.c[lane / 4 + 8 * (i / 2)][2 * (lane % 4) + i % 2],
            saturates);
      for (unsigned r = 0; r < Accumulator::registers; ++r)
        warp.getLanes(instruction.operands[r])[lane] = words[r];
    }
  }

  static void run(Warp &warp, const Instruction &instruction, LaneMask) {
    MatrixMode mode = MatrixMode::unpack(instruction.immediate);
    unsigned bRegisters = mode.depth / (4 * perRegister);
    unsigned aRegisters = 2 * bRegisters;
    unsigned firstB = Accumulator::registers + aRegisters;
    Tiles<Value> tiles;
    loadA(warp, instruction, aRegisters, tiles);
    loadB(warp, instruction, firstB, bRegisters, tiles);
    loadC(warp, instruction, firstB + bRegisters, tiles);
    tiles.multiply(mode.depth);
    storeD(warp, instruction, tiles, mode.saturates);
  }
};

struct MatrixForm {
  Type d, a, b, c;
  unsigned depth;
  Handler handler;
};
} // namespace

using Signed = ByteElement<int8_t>;
using Unsigned = ByteElement<uint8_t>;

static constexpr Handler halfToFloat =
    MatrixProduct<HalfElement, HalfElement, FloatAccumulator>::run;
static constexpr Handler halfToHalf =
    MatrixProduct<HalfElement, HalfElement, HalfAccumulator>::run;
static constexpr Handler bfloatToFloat =
    MatrixProduct<BFloatElement, BFloatElement, FloatAccumulator>::run;
static constexpr Handler tensorToFloat =
    MatrixProduct<TensorFloatElement, TensorFloatElement,
                  FloatAccumulator>::run;
static constexpr Handler signedSigned =
    MatrixProduct<Signed, Signed, IntegerAccumulator>::run;
static constexpr Handler signedUnsigned =
    MatrixProduct<Signed, Unsigned, IntegerAccumulator>::run;
static constexpr Handler unsignedSigned =
    MatrixProduct<Unsigned, Signed, IntegerAccumulator>::run;
static constexpr Handler unsignedUnsigned =
    MatrixProduct<Unsigned, Unsigned, IntegerAccumulator>::run;

static constexpr MatrixForm matrixForms[] = {
    {Type::F32, Type::F16, Type::F16, Type::F32, 8, halfToFloat},
    {Type::F32, Type::F16, Type::F16, Type::F32, 16, halfToFloat},
    {Type::F16, Type::F16, Type::F16, Type::F16, 8, halfToHalf},
    {Type::F16, Type::F16, Type::F16, Type::F16, 16, halfToHalf},
    {Type::F32, Type::BF16, Type::BF16, Type::F32, 8, bfloatToFloat},
    {Type::F32, Type::BF16, Type::BF16, Type::F32, 16, bfloatToFloat},
    {Type::F32, Type::TF32, Type::TF32, Type::F32, 4, tensorToFloat},
    {Type::F32, Type::TF32, Type::TF32, Type::F32, 8, tensorToFloat},
    {Type::S32, Type::S8, Type::S8, Type::S32, 16, signedSigned},
    {Type::S32, Type::S8, Type::U8, Type::S32, 16, signedUnsigned},
    {Type::S32, Type::U8, Type::S8, Type::S32, 16, unsignedSigned},
    {Type::S32, Type::U8, Type::U8, Type::S32, 16, unsignedUnsigned},
    {Type::S32, Type::S8, Type::S8, Type::S32, 32, signedSigned},
    {Type::S32, Type::S8, Type::U8, Type::S32, 32, signedUnsigned},
    {Type::S32, Type::U8, Type::S8, Type::S32, 32, unsignedSigned},
    {Type::S32, Type::U8, Type::U8, Type::S32, 32, unsignedUnsigned},
};

static std::optional<unsigned> takeDepth(InstructionDecoder &decoder) {
  constexpr std::pair<std::string_view, unsigned> shapes[] = {
      {"m16n8k4", 4}, {"m16n8k8", 8}, {"m16n8k16", 16}, {"m16n8k32", 32}};
  return decoder.acceptOneOf(shapes);
}

/// A fragment of one register may be written without braces.
static void addFragment(InstructionDecoder &decoder, Type type,
                        unsigned registers) {
  const ParsedOperand *operand = decoder.peekOperand();
  if (registers == 1 && operand && operand->kind == OperandKind::Name)
    return decoder.addSource(type);
  decoder.addSources(type, registers);
}

static const MatrixForm *findForm(unsigned depth, const Type (&types)[4]) {
  for (const MatrixForm &form : matrixForms)
    if (form.depth == depth && form.d == types[0] && form.a == types[1] &&
        form.b == types[2] && form.c == types[3])
      return &form;
  return nullptr;
}

static void decodeMatrixProduct(InstructionDecoder &decoder) {
  decoder.expect("sync");
  decoder.expect("aligned");
  std::optional<unsigned> depth = takeDepth(decoder);
  if (!depth)
    return decoder.expect("m16n8k16");
  decoder.expect("row");
  decoder.expect("col");
  bool saturates = decoder.accept("satfinite");
  Type types[4];
  for (Type &type : types)
    type = decoder.expectType({Type::F32, Type::F16, Type::BF16, Type::TF32,
                               Type::S32, Type::S8, Type::U8});
  const MatrixForm *form = findForm(*depth, types);
  if (!form || (saturates && form->d != Type::S32))
    return decoder.fail(ErrorKind::Unsupported,
                        "unknown combination of shape and types in 'mma'");
  // Elements of A and B that share a register: 32 bits over the type's width.
  unsigned perRegister = 32 / getBitWidth(form->a);
  unsigned bRegisters = *depth / (4 * perRegister);
  bool isHalf = form->d == Type::F16;
  unsigned accumulators = isHalf ? 2 : 4;
  Type accumulatorType = isHalf ? Type::B32 : form->d;
  decoder.addResults(accumulatorType, accumulators);
  addFragment(decoder, Type::B32, 2 * bRegisters);
  addFragment(decoder, Type::B32, bRegisters);
  addFragment(decoder, accumulatorType, accumulators);
  decoder.getInstruction().immediate = MatrixMode{*depth, saturates}.pack();
  decoder.finish(form->handler, InstructionClass::Matrix, Flow::WarpMeeting);
}

std::span<const OpcodeEntry> ccq::ptx::getMatrixOpcodes() {
  static constexpr OpcodeEntry entries[] = {
      {"mma", OperandFamily::Any, decodeMatrixProduct},
  };
  return entries;
}
