//===- CCQToArith.cpp - window decode with shifts and masks -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamToArith.h"
#include "ccq/Codec/Decode.h"
#include "ccq/Conversion/Passes.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_CONVERTCCQTOARITH
#include "ccq/Conversion/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// `type` with its elements, or itself when it is a scalar, replaced.
static Type withElementType(Type type, Type elementType) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.cloneWith(std::nullopt, elementType);
  return elementType;
}

namespace {

/// Decodes windows of one word, or of one word per lane.
class WindowDecoder {
public:
  /// `word` has integer elements; centred windows come out as `resultType`.
  /// The word is widened once to the type the windows are computed in: i32
  /// when the result has 32 bits, so that no value passes through i8, and the
  /// word's own type otherwise.
  WindowDecoder(OpBuilder &builder, Location loc, WordsAttr scheme, Value word,
                Type resultType)
      : builder(builder), loc(loc), scheme(scheme), word(word),
        resultType(resultType) {
    if (getElementTypeOrSelf(resultType).getIntOrFloatBitWidth() != 32)
      return;
    Type wide = withElementType(word.getType(), builder.getI32Type());
    this->word = builder.create<arith::ExtUIOp>(loc, wide, word);
  }

  Value decodeAt(unsigned shift) {
    Value window = word;
    if (shift != 0)
      window = builder.create<arith::ShRUIOp>(loc, word, createConstant(shift));
    // Nothing is above the topmost window of the word.
    if (shift + scheme.getWindow() != scheme.getWordBits())
      window = createMasked(window);
    return centre(window);
  }

  /// The same at a shift known at run time, an i32.
  Value decodeAt(Value shift) {
    Type element = getElementTypeOrSelf(word.getType());
    if (element != builder.getI32Type())
      shift = builder.create<arith::TruncIOp>(loc, element, shift);
    Value shifts =
        builder.create<vector::BroadcastOp>(loc, word.getType(), shift);
    return centre(
        createMasked(builder.create<arith::ShRUIOp>(loc, word, shifts)));
  }

private:
  Value createConstant(uint64_t value) {
    Type type = word.getType();
    auto element = builder.getIntegerAttr(getElementTypeOrSelf(type), value);
    if (auto vector = dyn_cast<VectorType>(type))
      return builder.create<arith::ConstantOp>(
          loc, DenseElementsAttr::get(vector, element.getValue()));
    return builder.create<arith::ConstantOp>(loc, element);
  }

  Value createMasked(Value window) {
    return builder.create<arith::AndIOp>(
        loc, window, createConstant((1u << scheme.getWindow()) - 1));
  }

  /// window - bias in the result type; exact in each.
  Value centre(Value window) {
    Value centred = builder.create<arith::SubIOp>(
        loc, window, createConstant(1u << (scheme.getWindow() - 1)));
    if (isa<FloatType>(getElementTypeOrSelf(resultType)))
      return builder.create<arith::SIToFPOp>(loc, resultType, centred);
    if (centred.getType() == resultType)
      return centred;
    return builder.create<arith::TruncIOp>(loc, resultType, centred);
  }

  OpBuilder &builder;
  Location loc;
  WordsAttr scheme;
  Value word;
  Type resultType;
};

struct LowerTrellisDecode : public OpRewritePattern<TrellisDecodeOp> {
  LowerTrellisDecode(MLIRContext *context, bool hasByteShuffle)
      : OpRewritePattern(context), hasByteShuffle(hasByteShuffle) {}

  LogicalResult matchAndRewrite(TrellisDecodeOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getStreamScheme()) {
      rewriter.replaceOp(op, createStreamDecode(rewriter, op, hasByteShuffle));
      return success();
    }
    Location loc = op.getLoc();
    VectorType type = op.getResult().getType();
    WordsAttr words = op.getWordsScheme();
    auto scheme = std::get<codec::WordScheme>(words.getScheme());
    Value result =
        rewriter.create<arith::ConstantOp>(loc, rewriter.getZeroAttr(type));
    int64_t perWord = scheme.weightsPerWord();
    int64_t rows = op.getWords().getType().getDimSize(0);
    for (int64_t word = 0; word < rows; ++word) {
      Value row = rewriter.create<vector::ExtractOp>(loc, op.getWords(), word);
      WindowDecoder decoder(
          rewriter, loc, words, row,
          withElementType(row.getType(), type.getElementType()));
      int64_t begin = word * perWord;
      int64_t end = std::min(begin + perWord, type.getDimSize(0));
      for (int64_t weight = begin; weight < end; ++weight) {
        unsigned inGroup = op.getFirstWord() * perWord + weight;
        Value window =
            decoder.decodeAt(codec::getWindowPosition(scheme, inGroup).shift);
        result = rewriter.create<vector::InsertOp>(loc, window, result, weight);
      }
    }
    rewriter.replaceOp(op, result);
    return success();
  }

  bool hasByteShuffle;
};

struct LowerExtractWindow : public OpRewritePattern<ExtractWindowOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExtractWindowOp op,
                                PatternRewriter &rewriter) const override {
    WindowDecoder decoder(rewriter, op.getLoc(), op.getScheme(), op.getWord(),
                          op.getResult().getType());
    rewriter.replaceOp(op, decoder.decodeAt(op.getShift()));
    return success();
  }
};

struct ConvertCCQToArith
    : public ::mlir::ccq::impl::ConvertCCQToArithBase<ConvertCCQToArith> {
  using ConvertCCQToArithBase::ConvertCCQToArithBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<LowerTrellisDecode>(&getContext(), byteShuffle);
    patterns.add<LowerExtractWindow>(&getContext());
    if (failed(
            applyPatternsAndFoldGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
