//===- CCQToNVVM.cpp - window decode on 32-bit registers --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamToNVVM.h"
#include "ccq/Conversion/Passes.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_CONVERTCCQTONVVM
#include "ccq/Conversion/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Explicit mantissa bits of an f16: a window whose top bit lies below this
/// position can be decoded where it is.
static constexpr unsigned kHalfMantissaBits = 10;
/// Exponent bits of the f16 value 1024 = 2^10, in both halves of a register:
/// or-ing an integer below 1024 into the mantissa adds it.
static constexpr uint32_t kHalfMagic = 0x64006400;
static constexpr float kHalfMagicValue = 1024;
/// Truth table of lop3 for (a & b) | c.
static constexpr const char *kMaskAndSet = "lop3.b32 $0, $1, $2, $3, 0xea;";

namespace {

/// Decodes windows of the words held by one 32-bit register, two f16 at a time.
class RegisterDecoder {
public:
  RegisterDecoder(OpBuilder &builder, Location loc, WordsAttr scheme,
                  Value packed)
      : builder(builder), loc(loc), scheme(scheme), packed(packed) {}

  /// Centred windows at `shift` of all words of the register, in lane order:
  /// vector<2xf16> for 16-bit words, vector<4xf16> for 8-bit words.
  Value decodeAt(unsigned shift) {
    return joinLanes([&](unsigned lane) {
      return decodeHalves(shift + lane * scheme.getWordBits());
    });
  }

  /// The same at a shift known at run time: one shift, then in place.
  Value decodeAt(Value shift) {
    auto shifted = builder.create<arith::ShRUIOp>(loc, packed, shift);
    return RegisterDecoder(builder, loc, scheme, shifted).decodeAt(0u);
  }

private:
  /// Words per f16-sized half of the register are 1 (u16) or 2 (u8, at bit
  /// offsets 0 and 8): each gives one value in both halves.
  template <typename Decode> Value joinLanes(Decode decode) {
    Value even = decode(0);
    if (scheme.getWordBits() == 16)
      return even;
    Value odd = decode(1);
    return builder.create<vector::InterleaveOp>(loc, even, odd);
  }

  /// Windows that start at bit `position` of each half.
  Value decodeHalves(unsigned position) {
    unsigned base = getBase(position);
    unsigned shift = position - base;
    uint32_t mask = ((1u << scheme.getWindow()) - 1) << shift;
    Value magic = createMaskAndSet(getShifted(base), mask | mask << 16);
    auto oneRegister = VectorType::get(1, builder.getI32Type());
    auto twoHalves = VectorType::get(2, builder.getF16Type());
    Value vector = builder.create<vector::BroadcastOp>(loc, oneRegister, magic);
    Value halves = builder.create<vector::BitCastOp>(loc, twoHalves, vector);
    float unit = 1.0f / float(1u << shift);
    float bias = float(1u << (scheme.getWindow() - 1));
    return builder.create<math::FmaOp>(
        loc, halves, createSplat(unit),
        createSplat(-(kHalfMagicValue * unit + bias)));
  }

  /// Right shift of the register after which the window at `position` lies
  /// inside the mantissa. Deterministic greedy cover from bit 0: windows that
  /// fit share a base.
  unsigned getBase(unsigned position) const {
    unsigned base = 0;
    SmallVector<unsigned> positions;
    for (unsigned offset = 0; offset < 16; offset += scheme.getWordBits())
      for (unsigned shift : llvm::reverse(scheme.getShifts()))
        positions.push_back(offset + shift);
    positions.push_back(position);
    llvm::sort(positions);
    for (unsigned candidate : positions) {
      if (candidate - base + scheme.getWindow() > kHalfMantissaBits)
        base = candidate;
      if (candidate == position)
        break;
    }
    return base;
  }

  Value getShifted(unsigned base) {
    if (base == 0)
      return packed;
    Value &shifted = shiftedBy[base];
    if (!shifted)
      shifted = builder.create<arith::ShRUIOp>(loc, packed, createWord(base));
    return shifted;
  }

  Value createMaskAndSet(Value word, uint32_t mask) {
    return builder
        .create<LLVM::InlineAsmOp>(
            loc, builder.getI32Type(),
            ValueRange{word, createWord(mask), createWord(kHalfMagic)},
            kMaskAndSet, "=r,r,n,n", /*has_side_effects=*/false,
            /*is_align_stack=*/false, LLVM::AsmDialectAttr(), ArrayAttr())
        .getRes();
  }

  Value createWord(uint32_t value) {
    return builder.create<arith::ConstantOp>(
        loc, builder.getI32IntegerAttr(int32_t(value)));
  }

  Value createSplat(float value) {
    auto type = VectorType::get(2, builder.getF16Type());
    return builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(type, builder.getF16FloatAttr(value)));
  }

  OpBuilder &builder;
  Location loc;
  WordsAttr scheme;
  Value packed;
  llvm::SmallDenseMap<unsigned, Value> shiftedBy;
};

/// Splits a row of words, flattened to one dimension, into i32 registers.
SmallVector<Value> splitRegisters(OpBuilder &builder, Location loc, Value row) {
  auto type = cast<VectorType>(row.getType());
  int64_t registers =
      type.getNumElements() * type.getElementTypeBitWidth() / 32;
  auto flat = VectorType::get(type.getNumElements(), type.getElementType());
  if (type != flat)
    row = builder.create<vector::ShapeCastOp>(loc, flat, row);
  auto packedType = VectorType::get(registers, builder.getI32Type());
  Value packed = builder.create<vector::BitCastOp>(loc, packedType, row);
  SmallVector<Value> values;
  for (int64_t i = 0; i < registers; ++i)
    values.push_back(builder.create<vector::ExtractOp>(loc, packed, i));
  return values;
}

/// Concatenates the decoded lanes of the registers of one row and gives them
/// the row's shape.
Value joinRegisters(OpBuilder &builder, Location loc, ArrayRef<Value> pieces,
                    ArrayRef<int64_t> shape) {
  int64_t width = cast<VectorType>(pieces.front().getType()).getNumElements();
  Value row = pieces.front();
  if (pieces.size() > 1) {
    auto type =
        VectorType::get(width * int64_t(pieces.size()), builder.getF16Type());
    row = builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
    for (auto [i, piece] : llvm::enumerate(pieces))
      row = builder.create<vector::InsertStridedSliceOp>(
          loc, piece, row, int64_t(i) * width, int64_t(1));
  }
  auto type = VectorType::get(shape, builder.getF16Type());
  if (row.getType() == type)
    return row;
  return builder.create<vector::ShapeCastOp>(loc, type, row);
}

/// Reports why an op has no form on 32-bit registers.
LogicalResult checkRegisters(Operation *op, WordsAttr scheme, int64_t lanes,
                             Type result) {
  if (!result.isF16())
    return op->emitOpError() << "expected f16 results on NVVM, got " << result;
  if (lanes * scheme.getWordBits() % 32 != 0)
    return op->emitOpError()
           << "expected lanes that fill 32-bit registers, got " << lanes
           << " of " << scheme.getWordBits() << " bits";
  if (scheme.getWindow() > kHalfMantissaBits)
    return op->emitOpError()
           << "expected windows of at most " << kHalfMantissaBits
           << " bits, got " << scheme.getWindow();
  return success();
}

LogicalResult convert(IRRewriter &rewriter, TrellisDecodeOp op) {
  WordsAttr scheme = op.getWordsScheme();
  if (!scheme) {
    FailureOr<Value> decoded = createStreamRegisters(rewriter, op);
    if (succeeded(decoded))
      rewriter.replaceOp(op, *decoded);
    return success(succeeded(decoded));
  }
  VectorType type = op.getResult().getType();
  if (type.getRank() < 2)
    return op.emitOpError() << "expected a dimension of lanes, got " << type;
  int64_t lanes = type.getNumElements() / type.getDimSize(0);
  if (failed(checkRegisters(op, scheme, lanes, type.getElementType())))
    return failure();
  Location loc = op.getLoc();
  Value result =
      rewriter.create<arith::ConstantOp>(loc, rewriter.getZeroAttr(type));
  int64_t words = op.getWords().getType().getDimSize(0);
  int64_t weight = 0;
  for (int64_t word = 0; word < words; ++word) {
    Value row = rewriter.create<vector::ExtractOp>(loc, op.getWords(), word);
    SmallVector<RegisterDecoder> registers;
    for (Value packed : splitRegisters(rewriter, loc, row))
      registers.emplace_back(rewriter, loc, scheme, packed);
    bool isTail =
        int64_t(op.getFirstWord()) + word + 1 == int64_t(scheme.getWords());
    SmallVector<unsigned> shifts(scheme.getShifts());
    if (isTail)
      shifts.assign(1, scheme.getTailShift());
    for (unsigned shift : shifts) {
      SmallVector<Value> pieces;
      for (RegisterDecoder &decoder : registers)
        pieces.push_back(decoder.decodeAt(shift));
      Value decoded =
          joinRegisters(rewriter, loc, pieces, type.getShape().drop_front());
      result =
          rewriter.create<vector::InsertOp>(loc, decoded, result, weight++);
    }
  }
  rewriter.replaceOp(op, result);
  return success();
}

LogicalResult convert(IRRewriter &rewriter, ExtractWindowOp op) {
  WordsAttr scheme = op.getScheme();
  auto type = cast<VectorType>(op.getResult().getType());
  if (failed(checkRegisters(op, scheme, type.getNumElements(),
                            type.getElementType())))
    return failure();
  Location loc = op.getLoc();
  APInt constant;
  bool isStatic = matchPattern(op.getShift(), m_ConstantInt(&constant));
  SmallVector<Value> pieces;
  for (Value packed : splitRegisters(rewriter, loc, op.getWord())) {
    RegisterDecoder decoder(rewriter, loc, scheme, packed);
    pieces.push_back(isStatic
                         ? decoder.decodeAt(unsigned(constant.getZExtValue()))
                         : decoder.decodeAt(op.getShift()));
  }
  rewriter.replaceOp(op, joinRegisters(rewriter, loc, pieces, type.getShape()));
  return success();
}

class ConvertCCQToNVVM
    : public mlir::ccq::impl::ConvertCCQToNVVMBase<ConvertCCQToNVVM> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    WalkResult result = getOperation()->walk([&](Operation *op) {
      rewriter.setInsertionPoint(op);
      if (auto decode = dyn_cast<TrellisDecodeOp>(op))
        return WalkResult(convert(rewriter, decode));
      if (auto extract = dyn_cast<ExtractWindowOp>(op))
        return WalkResult(convert(rewriter, extract));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
