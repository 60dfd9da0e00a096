//===- Type.h - Scalar and packed types of PTX ------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_TYPE_H
#define CCQ_TEST_PTX_TYPE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace ccq::ptx {

/// The fundamental types of PTX instructions and registers (PTX ISA, "Types").
/// The packed types F16x2 and BF16x2 live in 32-bit registers.
enum class Type : uint8_t {
  Pred,
  B8,
  B16,
  B32,
  B64,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  F32,
  F64,
};

/// What the bits of a type mean; registers of kind Bits agree with every kind.
enum class TypeKind : uint8_t { Predicate, Bits, Unsigned, Signed, Float };

/// Width of a value in bits; a predicate has 1.
unsigned getBitWidth(Type type);

/// Width of a value in bytes as it lies in memory; predicates have none (0).
unsigned getByteWidth(Type type);

TypeKind getKind(Type type);

/// The spelling without the leading dot, e.g. "bf16x2".
std::string_view getName(Type type);

/// The type spelt `name` (without the dot), or nothing.
std::optional<Type> findType(std::string_view name);

inline bool isFloat(Type type) { return getKind(type) == TypeKind::Float; }
inline bool isSigned(Type type) { return getKind(type) == TypeKind::Signed; }

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_TYPE_H
