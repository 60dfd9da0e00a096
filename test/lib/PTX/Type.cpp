//===- Type.cpp - Scalar and packed types of PTX ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Type.h"

#include <array>

using namespace ccq::ptx;

namespace {
struct TypeRow {
  Type type;
  std::string_view name;
  unsigned bitWidth;
  TypeKind kind;
};
} // namespace

// In the order of the enumeration, so that a type is its own row index.
static constexpr std::array<TypeRow, 20> typeRows = {{
    {Type::Pred, "pred", 1, TypeKind::Predicate},
    {Type::B8, "b8", 8, TypeKind::Bits},
    {Type::B16, "b16", 16, TypeKind::Bits},
    {Type::B32, "b32", 32, TypeKind::Bits},
    {Type::B64, "b64", 64, TypeKind::Bits},
    {Type::U8, "u8", 8, TypeKind::Unsigned},
    {Type::U16, "u16", 16, TypeKind::Unsigned},
    {Type::U32, "u32", 32, TypeKind::Unsigned},
    {Type::U64, "u64", 64, TypeKind::Unsigned},
    {Type::S8, "s8", 8, TypeKind::Signed},
    {Type::S16, "s16", 16, TypeKind::Signed},
    {Type::S32, "s32", 32, TypeKind::Signed},
    {Type::S64, "s64", 64, TypeKind::Signed},
    {Type::F16, "f16", 16, TypeKind::Float},
    {Type::F16x2, "f16x2", 32, TypeKind::Float},
    {Type::BF16, "bf16", 16, TypeKind::Float},
    {Type::BF16x2, "bf16x2", 32, TypeKind::Float},
    {Type::TF32, "tf32", 32, TypeKind::Float},
    {Type::F32, "f32", 32, TypeKind::Float},
    {Type::F64, "f64", 64, TypeKind::Float},
}};

static const TypeRow &getRow(Type type) {
  return typeRows[static_cast<size_t>(type)];
}

unsigned ccq::ptx::getBitWidth(Type type) { return getRow(type).bitWidth; }

unsigned ccq::ptx::getByteWidth(Type type) { return getBitWidth(type) / 8; }

TypeKind ccq::ptx::getKind(Type type) { return getRow(type).kind; }

std::string_view ccq::ptx::getName(Type type) { return getRow(type).name; }

std::optional<Type> ccq::ptx::findType(std::string_view name) {
  for (const TypeRow &row : typeRows)
    if (row.name == name)
      return row.type;
  return std::nullopt;
}
