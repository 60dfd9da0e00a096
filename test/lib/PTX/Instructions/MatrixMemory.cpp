//===- MatrixMemory.cpp - ldmatrix, stmatrix, movmatrix ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/Instructions/MemoryAccess.h"
#include "PTX/LaneMap.h"

#include <array>

using namespace ccq;
using namespace ccq::ptx;

// A matrix is 8 x 8 elements of 16 bits. Lane l holds elements 2 * (l % 4) and
// 2 * (l % 4) + 1 of row l / 4 in one register. Lanes 8 * m ... 8 * m + 7 give
// the addresses of the rows of matrix m (PTX ISA, "ldmatrix").

static constexpr unsigned matrixRows = 8;
static constexpr unsigned rowBytes = 16;

using Matrix = std::array<std::array<uint16_t, 8>, matrixRows>;

namespace {
/// What Instruction::immediate holds.
struct MatrixAccess {
  unsigned count;
  bool transposes;

  uint32_t pack() const { return count | uint32_t(transposes) << 8; }
  static MatrixAccess unpack(uint32_t bits) {
    return {bits & 0xff, bits >> 8 != 0};
  }
};
} // namespace

static uint16_t &getElement(Matrix &matrix, bool transposes, unsigned lane,
                            unsigned i) {
  unsigned row = lane / 4, column = 2 * (lane % 4) + i;
  return transposes ? matrix[column][row] : matrix[row][column];
}

static std::byte *accessRow(Warp &warp, const Instruction &instruction,
                            Slot base, unsigned lane, AccessKind kind) {
  uint64_t address =
      warp.getLanes(base)[lane] + static_cast<uint64_t>(instruction.offset);
  return accessLane(warp, instruction, lane, Space::Shared, address, rowBytes,
                    kind);
}

static void runLoadMatrix(Warp &warp, const Instruction &instruction,
                          LaneMask) {
  MatrixAccess access = MatrixAccess::unpack(instruction.immediate);
  Slot base = instruction.operands[access.count];
  std::array<Matrix, 4> matrices;
  for (unsigned lane = 0; lane < matrixRows * access.count; ++lane) {
    const std::byte *row =
        accessRow(warp, instruction, base, lane, AccessKind::Read);
    if (!row)
      return;
    std::memcpy(matrices[lane / matrixRows][lane % matrixRows].data(), row,
                rowBytes);
  }
  for (unsigned m = 0; m < access.count; ++m)
    for (unsigned lane = 0; lane < lanesPerWarp; ++lane) {
      uint32_t low = getElement(matrices[m], access.transposes, lane, 0);
      uint32_t high = getElement(matrices[m], access.transposes, lane, 1);
      warp.getLanes(instruction.operands[m])[lane] = high << 16 | low;
    }
}

static void runStoreMatrix(Warp &warp, const Instruction &instruction,
                           LaneMask) {
  MatrixAccess access = MatrixAccess::unpack(instruction.immediate);
  std::array<Matrix, 4> matrices;
  for (unsigned m = 0; m < access.count; ++m)
    for (unsigned lane = 0; lane < lanesPerWarp; ++lane) {
      auto word = static_cast<uint32_t>(
          warp.getLanes(instruction.operands[m + 1])[lane]);
      for (unsigned i = 0; i < 2; ++i)
        getElement(matrices[m], access.transposes, lane, i) =
            static_cast<uint16_t>(word >> (16 * i));
    }
  for (unsigned lane = 0; lane < matrixRows * access.count; ++lane) {
    std::byte *row = accessRow(warp, instruction, instruction.operands[0], lane,
                               AccessKind::Write);
    if (!row)
      return;
    std::memcpy(row, matrices[lane / matrixRows][lane % matrixRows].data(),
                rowBytes);
  }
}

static void runMoveMatrix(Warp &warp, const Instruction &instruction,
                          LaneMask) {
  Matrix matrix;
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  for (unsigned lane = 0; lane < lanesPerWarp; ++lane)
    for (unsigned i = 0; i < 2; ++i)
      getElement(matrix, false, lane, i) =
          static_cast<uint16_t>(source[lane] >> (16 * i));
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  for (unsigned lane = 0; lane < lanesPerWarp; ++lane)
    result[lane] = uint32_t(getElement(matrix, true, lane, 1)) << 16 |
                   getElement(matrix, true, lane, 0);
}

/// Reads `.sync.aligned.m8n8.xN[.trans].shared.b16`.
static MatrixAccess takeAccess(InstructionDecoder &decoder) {
  constexpr std::pair<std::string_view, unsigned> counts[] = {
      {"x1", 1}, {"x2", 2}, {"x4", 4}};
  decoder.expect("sync");
  decoder.expect("aligned");
  decoder.expect("m8n8");
  std::optional<unsigned> count = decoder.acceptOneOf(counts);
  if (!count)
    decoder.expect("x1");
  bool transposes = decoder.accept("trans");
  if (!decoder.accept("shared::cta"))
    decoder.expect("shared");
  decoder.expectType({Type::B16});
  MatrixAccess access = {count.value_or(1), transposes};
  decoder.getInstruction().immediate = access.pack();
  return access;
}

static bool isPlainRegister(const InstructionDecoder &decoder) {
  const ParsedOperand *operand = decoder.peekOperand();
  return operand && operand->kind == OperandKind::Name;
}

static void decodeLoadMatrix(InstructionDecoder &decoder) {
  MatrixAccess access = takeAccess(decoder);
  if (access.count == 1 && isPlainRegister(decoder))
    decoder.addResult(Type::B32);
  else
    decoder.addResults(Type::B32, access.count);
  decoder.addAddress(Space::Shared);
  decoder.finish(runLoadMatrix, InstructionClass::Memory, Flow::WarpMeeting);
}

static void decodeStoreMatrix(InstructionDecoder &decoder) {
  MatrixAccess access = takeAccess(decoder);
  decoder.addAddress(Space::Shared);
  if (access.count == 1 && isPlainRegister(decoder))
    decoder.addSource(Type::B32);
  else
    decoder.addSources(Type::B32, access.count);
  decoder.finish(runStoreMatrix, InstructionClass::Memory, Flow::WarpMeeting);
}

static void decodeMoveMatrix(InstructionDecoder &decoder) {
  decoder.expect("sync");
  decoder.expect("aligned");
  decoder.expect("m8n8");
  decoder.expect("trans");
  decoder.expectType({Type::B16});
  decoder.addResult(Type::B32);
  decoder.addSource(Type::B32);
  decoder.finish(runMoveMatrix, InstructionClass::Warp, Flow::WarpMeeting);
}

std::span<const OpcodeEntry> ccq::ptx::getMatrixMemoryOpcodes() {
  constexpr OperandFamily any = OperandFamily::Any;
  static constexpr OpcodeEntry entries[] = {
      {"ldmatrix", any, decodeLoadMatrix},
      {"stmatrix", any, decodeStoreMatrix},
      {"movmatrix", any, decodeMoveMatrix},
  };
  return entries;
}
