//===- KernelBuilder.h - ops of a GPU thread in short notation --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_KERNELBUILDER_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_KERNELBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <array>

namespace mlir::ccq {

/// How a `prmt` picks the bytes of its result, least significant first, from
/// the bytes 0..3 of its first and 4..7 of its second operand.
enum class BytePermutation : uint16_t {
  /// Low halves of both operands.
  LowHalves = 0x5410,
  /// High halves of both operands.
  HighHalves = 0x7632,
};

/// Builds i32 and f32 arithmetic, pointers into global memory and the byte
/// permutes of a thread. Values called words are i32.
class KernelBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value word(int64_t value);
  Value real(float value);

  /// Integer operation on two words, or on a word and a constant.
  template <typename Op> Value apply(Value lhs, Value rhs) {
    return create<Op>(lhs, rhs);
  }
  template <typename Op> Value apply(Value lhs, int64_t rhs) {
    return create<Op>(lhs, word(rhs));
  }
  Value add(Value lhs, int64_t rhs) { return apply<arith::AddIOp>(lhs, rhs); }
  Value add(Value lhs, Value rhs) { return apply<arith::AddIOp>(lhs, rhs); }
  Value mul(Value lhs, int64_t rhs) { return apply<arith::MulIOp>(lhs, rhs); }
  Value isEqual(Value lhs, int64_t rhs);

  /// The same 32 bits as another type (f32, or a vector of 32 bits).
  Value reinterpret(Value value, Type type);

  /// Pointer `words * elementBytes` behind `pointer`, words unsigned.
  Value advance(Value pointer, Value words, int64_t elementBytes);
  /// Pointer a constant number of bytes behind `pointer`.
  Value advance(Value pointer, int64_t bytes);
  /// Pointer to element `position` (of type index) of an array.
  Value getElement(Value pointer, Type elementType, Value position);
  /// Loads from global memory at `pointer` + `bytes`, aligned to the type.
  Value load(Type type, Value pointer, int64_t bytes = 0);
  /// 16 bytes as four words.
  SmallVector<Value> loadFourWords(Value pointer, int64_t bytes);

  Value permute(Value lhs, Value rhs, uint16_t selector);
  Value permute(Value lhs, Value rhs, BytePermutation permutation) {
    return permute(lhs, rhs, uint16_t(permutation));
  }

  /// (value & mask) | bits, and (value & mask) ^ bits, each as one opaque lop3.
  Value maskAndSet(Value value, uint32_t mask, uint32_t bits);
  Value maskAndFlip(Value value, uint32_t mask, uint32_t bits);

  /// `value` & `mask` as f32, exact for masks below 2^23.
  Value maskToFloat(Value value, uint32_t mask);

  /// f16x2 in a word times `factor` plus `term`, in one rounding each.
  Value scaleHalves(Value word, float factor, float term);
  /// The two f16 of a word as f32.
  std::array<Value, 2> halvesToFloat(Value word);

  VectorType getHalfPairType();

private:
  Value logic(Value value, uint32_t mask, uint32_t bits, const char *assembly);
};

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_KERNELBUILDER_H
