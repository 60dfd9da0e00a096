//===- ScoreMask.cpp - masks of contributed attention operators -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreMask.h"

#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

bool importer::fitsScores(NodeImporter &node, const ImportedTensor &tensor,
                          const ScoreShape &scores, size_t free) {
  Shape full = scores.getShape();
  size_t first = full.size() - tensor.shape.size();
  for (auto [i, size] : llvm::enumerate(tensor.shape))
    if (!(first + i < free && isConstant(size, 1)) &&
        !node.equate(size, full[first + i]))
      return false;
  return true;
}

LogicalResult ScoreMask::addPadding(size_t input) {
  if (!node.hasInput(input))
    return success();
  ImportedTensor &mask = node.getInput(input);
  if (!isInteger(mask.elementType))
    return node.malformed("expected a mask of integers, got " +
                          name(mask.elementType));
  auto dims = [&](ArrayRef<unsigned> positions) {
    SmallVector<AffineExpr> exprs;
    for (unsigned position : positions)
      exprs.push_back(node.builder.getAffineDimExpr(position));
    return AffineMap::get(4, 0, exprs, node.builder.getContext());
  };
  SmallVector<unsigned> read = mask.getRank() == 1 ? SmallVector<unsigned>{0}
                               : mask.getRank() == 2
                                   ? SmallVector<unsigned>{0, 3}
                                   : SmallVector<unsigned>{0, 2, 3};
  Shape full = scores.getShape();
  bool fits = int64_t(read.size()) == mask.getRank();
  for (size_t i = 0; fits && i < read.size(); ++i)
    fits = node.equate(mask.shape[i], full[read[i]]);
  if (!fits)
    return node.unsupported(
        "expected a mask of batch, batch x columns or batch x rows x columns "
        "for scores of " +
        node.print(full) + ", got " + node.print(mask.shape));
  hasMask = true;
  maskIsLength = read.size() == 1;
  operands.push_back({node.emit(mask), dims(read)});
  return success();
}

LogicalResult ScoreMask::addBias(size_t input) {
  if (!node.hasInput(input))
    return success();
  ImportedTensor &bias = node.getInput(input);
  if (bias.getRank() != 4 || !isFloat(bias.elementType) ||
      !fitsScores(node, bias, scores, /*free=*/2))
    return node.malformed("expected a bias of scores of " +
                          node.print(scores.getShape()) + ", got " +
                          name(bias.elementType) + node.print(bias.shape));
  operands.push_back({node.emit(bias), getTrailingMap(node, bias.shape, 4)});
  hasBias = true;
  return success();
}

Value ScoreMask::change(ImplicitLocOpBuilder &b, Value score,
                        ValueRange position, ValueRange elements,
                        Value pastRows) const {
  ScalarMath m(b, score.getType());
  if (hasMask) {
    Value element = elements.front(), counts;
    if (maskIsLength) {
      Value length = b.create<arith::IndexCastOp>(b.getIndexType(), element);
      counts = b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, position[3],
                                       length);
    } else {
      Value zero =
          b.create<arith::ConstantOp>(b.getIntegerAttr(element.getType(), 0));
      counts =
          b.create<arith::CmpIOp>(arith::CmpIPredicate::sgt, element, zero);
    }
    Value filter = m.constant(node.getFloat("mask_filter_value", -10000));
    score = m.add(score, m.select(counts, m.constant(0), filter));
  }
  if (hasBias)
    score = m.add(score, elements.back());
  if (!node.getInt("unidirectional", 0))
    return score;
  Value last = b.create<arith::AddIOp>(position[2], pastRows);
  Value isSeen =
      b.create<arith::CmpIOp>(arith::CmpIPredicate::sle, position[3], last);
  return buildKeepIf(b, isSeen, score);
}
