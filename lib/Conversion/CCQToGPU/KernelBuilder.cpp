//===- KernelBuilder.cpp - ops of a GPU thread in short notation ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;

Value KernelBuilder::word(int64_t value) {
  return create<arith::ConstantOp>(getI32IntegerAttr(int32_t(value)));
}

Value KernelBuilder::real(float value) {
  return create<arith::ConstantOp>(getF32FloatAttr(value));
}

Value KernelBuilder::isEqual(Value lhs, int64_t rhs) {
  return create<arith::CmpIOp>(arith::CmpIPredicate::eq, lhs, word(rhs));
}

Value KernelBuilder::reinterpret(Value value, Type type) {
  Type from = value.getType();
  if (from == type)
    return value;
  auto fromVector = dyn_cast<VectorType>(from);
  auto toVector = dyn_cast<VectorType>(type);
  if (!fromVector && !toVector)
    return create<arith::BitcastOp>(type, value);
  if (!fromVector)
    value = create<vector::BroadcastOp>(VectorType::get(1, from), value);
  Type target = toVector ? toVector : VectorType::get(1, type);
  if (value.getType() != target)
    value = create<vector::BitCastOp>(target, value);
  return toVector ? value : create<vector::ExtractOp>(value, 0);
}

Value KernelBuilder::advance(Value pointer, Value words, int64_t elementBytes) {
  Value wide = create<arith::ExtUIOp>(getI64Type(), words);
  Value bytes = create<arith::MulIOp>(
      wide, create<arith::ConstantOp>(getI64IntegerAttr(elementBytes)));
  return create<LLVM::GEPOp>(pointer.getType(), getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{bytes});
}

Value KernelBuilder::advance(Value pointer, int64_t bytes) {
  if (bytes == 0)
    return pointer;
  Value offset = create<arith::ConstantOp>(getI64IntegerAttr(bytes));
  return create<LLVM::GEPOp>(pointer.getType(), getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{offset});
}

Value KernelBuilder::getElement(Value pointer, Type elementType,
                                Value position) {
  Value offset = create<arith::IndexCastOp>(getI64Type(), position);
  return create<LLVM::GEPOp>(pointer.getType(), elementType, pointer,
                             ArrayRef<LLVM::GEPArg>{offset});
}

Value KernelBuilder::load(Type type, Value pointer, int64_t bytes) {
  unsigned bits = type.isIntOrFloat()
                      ? type.getIntOrFloatBitWidth()
                      : cast<VectorType>(type).getNumElements() *
                            cast<VectorType>(type).getElementTypeBitWidth();
  return create<LLVM::LoadOp>(type, advance(pointer, bytes),
                              /*alignment=*/bits / 8);
}

SmallVector<Value> KernelBuilder::loadFourWords(Value pointer, int64_t bytes) {
  Value vector = load(VectorType::get(4, getI32Type()), pointer, bytes);
  SmallVector<Value> words;
  for (int64_t i = 0; i < 4; ++i)
    words.push_back(create<vector::ExtractOp>(vector, i));
  return words;
}

Value KernelBuilder::permute(Value lhs, Value rhs, uint16_t selector) {
  return create<LLVM::CallIntrinsicOp>(getI32Type(),
                                       getStringAttr("llvm.nvvm.prmt"),
                                       ValueRange{lhs, rhs, word(selector)})
      .getResults();
}

Value KernelBuilder::logic(Value value, uint32_t mask, uint32_t bits,
                           const char *assembly) {
  return create<LLVM::InlineAsmOp>(
             getI32Type(), ValueRange{value, word(mask), word(bits)}, assembly,
             "=r,r,n,n", /*has_side_effects=*/false, /*is_align_stack=*/false,
             LLVM::AsmDialectAttr(), ArrayAttr())
      .getRes();
}

Value KernelBuilder::maskAndSet(Value value, uint32_t mask, uint32_t bits) {
  return logic(value, mask, bits, "lop3.b32 $0, $1, $2, $3, 0xea;");
}

Value KernelBuilder::maskAndFlip(Value value, uint32_t mask, uint32_t bits) {
  return logic(value, mask, bits, "lop3.b32 $0, $1, $2, $3, 0x6a;");
}

Value KernelBuilder::maskToFloat(Value value, uint32_t mask) {
  // Bits below 2^23 or-ed into the mantissa of 2^23 add to it.
  Value sum = reinterpret(maskAndSet(value, mask, 0x4b000000), getF32Type());
  return create<arith::SubFOp>(sum, real(8388608.0f));
}

Value KernelBuilder::scaleHalves(Value word, float factor, float term) {
  auto type = getHalfPairType();
  auto splat = [&](float value) -> Value {
    return create<arith::ConstantOp>(
        DenseElementsAttr::get(type, getF16FloatAttr(value)));
  };
  Value halves = reinterpret(word, type);
  if (factor == 1)
    return create<arith::AddFOp>(halves, splat(term));
  return create<math::FmaOp>(halves, splat(factor), splat(term));
}

std::array<Value, 2> KernelBuilder::halvesToFloat(Value word) {
  Value halves = reinterpret(word, getHalfPairType());
  std::array<Value, 2> floats;
  for (int64_t i : {0, 1}) {
    Value half = create<vector::ExtractOp>(halves, i);
    floats[i] = create<arith::ExtFOp>(getF32Type(), half);
  }
  return floats;
}

VectorType KernelBuilder::getHalfPairType() {
  return VectorType::get(2, getF16Type());
}
