//===- RotaryEmbedding.cpp - rotation of pairs by position ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RotaryEmbedding.h"

#include "LayerHandlers.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

//===----------------------------------------------------------------------===//
// Rotation
//===----------------------------------------------------------------------===//

FailureOr<int64_t> importer::checkRotaryTables(NodeImporter &node,
                                               const RotaryTables &tables,
                                               ElementType type, int64_t size,
                                               int64_t rotated) {
  const ImportedTensor &cosines = tables.cosines, &sines = tables.sines;
  if (rotated == 0)
    rotated = size;
  bool fits =
      cosines.elementType == type && sines.elementType == type &&
      node.equateShapes(cosines.shape, sines.shape) && cosines.getRank() >= 2 &&
      rotated % 2 == 0 && rotated > 0 && rotated <= size &&
      node.equate(cosines.shape.back(), node.sizes.getConstant(rotated / 2));
  if (fits)
    return rotated / 2;
  return node.malformed(
      "expected tables of " + name(type) + " with " + Twine(rotated / 2) +
      " columns for heads of " + Twine(size) + " elements, got " +
      name(cosines.elementType) + node.print(cosines.shape) + " and " +
      name(sines.elementType) + node.print(sines.shape));
}

namespace {

/// What an element of a head is turned with.
struct Turn {
  /// Column of the tables, and the other element of the pair.
  Value pair, partner;
  /// Whether the element is the first of its pair, and whether it is turned.
  Value isFirst, isTurned;
};

} // namespace

static Turn buildTurn(ImplicitLocOpBuilder &b, Value column, int64_t count,
                      RotaryPairs pairs) {
  auto constant = [&](int64_t value) -> Value {
    return b.create<arith::ConstantIndexOp>(value);
  };
  auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) {
    return b.create<arith::CmpIOp>(predicate, x, y).getResult();
  };
  Turn turn;
  turn.isTurned =
      compare(arith::CmpIPredicate::slt, column, constant(2 * count));
  // Elements that stay read the first pair.
  Value zero = constant(0);
  Value own = b.create<arith::SelectOp>(turn.isTurned, column, zero);
  bool isHalves = pairs == RotaryPairs::Halves;
  int64_t distance = isHalves ? count : 1;
  if (isHalves) {
    turn.isFirst = compare(arith::CmpIPredicate::slt, own, constant(count));
  } else {
    Value rest = b.create<arith::RemUIOp>(own, constant(2));
    turn.isFirst = compare(arith::CmpIPredicate::eq, rest, zero);
  }
  Value ahead = b.create<arith::AddIOp>(own, constant(distance));
  Value behind = b.create<arith::SubIOp>(own, constant(distance));
  turn.partner = b.create<arith::SelectOp>(turn.isFirst, ahead, behind);
  turn.pair =
      isHalves
          ? b.create<arith::SelectOp>(turn.isFirst, own, behind).getResult()
          : b.create<arith::DivUIOp>(own, constant(2)).getResult();
  return turn;
}

/// An element of `tensor` in the type that formulas are computed in.
static Value buildRead(ImplicitLocOpBuilder &b, Value tensor,
                       ValueRange indices) {
  Value element = b.create<tensor::ExtractOp>(tensor, indices);
  Type type = getComputeType(element.getType());
  if (element.getType() == type)
    return element;
  return b.create<arith::ExtFOp>(type, element);
}

ImportedTensor importer::emitRotated(NodeImporter &node, ImportedTensor &tensor,
                                     int64_t rowAxis, RotaryTables &tables,
                                     RotaryPairs pairs,
                                     const RotaryPositions &positions) {
  int64_t count = *findConstant(tables.cosines.shape.back());
  Value source = node.emit(tensor);
  Value cosines = node.emit(tables.cosines), sines = node.emit(tables.sines);
  Value last;
  if (tables.getRank() == 2)
    last =
        node.state.emitIndex(node.sizes.trySubtract(tables.cosines.shape[0],
                                                    node.sizes.getConstant(1)),
                             node.loc);
  SmallVector<MappedOperand> operands{
      {source, node.builder.getMultiDimIdentityMap(4)}};
  llvm::append_range(operands, positions.operands);
  return emitGeneric(
      node, operands, tensor.shape, tensor.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        SmallVector<Value> place;
        for (int64_t i = 0; i < 4; ++i)
          place.push_back(b.create<linalg::IndexOp>(i));
        Turn turn = buildTurn(b, place[3], count, pairs);
        SmallVector<Value> angle{place[0], place[rowAxis]};
        if (last) {
          Value at =
              positions.getPosition(b, place[rowAxis], elements.drop_front());
          Value zero = b.create<arith::ConstantIndexOp>(0);
          at = b.create<arith::MaxSIOp>(at, zero);
          angle = {b.create<arith::MinSIOp>(at, last)};
        } else if (isConstant(tables.cosines.shape[0], 1)) {
          angle[0] = b.create<arith::ConstantIndexOp>(0);
        }
        angle.push_back(turn.pair);
        Value own = elements[0];
        place[3] = turn.partner;
        Value partner = buildRead(b, source, place);
        ScalarMath m(b, own.getType());
        Value product = m.mul(buildRead(b, sines, angle), partner);
        Value signedProduct = m.select(turn.isFirst, m.neg(product), product);
        Value turned =
            m.add(m.mul(buildRead(b, cosines, angle), own), signedProduct);
        return m.select(turn.isTurned, turned, own);
      });
}

//===----------------------------------------------------------------------===//
// RotaryEmbedding of ai.onnx and com.microsoft
//===----------------------------------------------------------------------===//

namespace {

/// One node of either domain, which differ in the order of their inputs.
class RotaryNode {
public:
  RotaryNode(NodeImporter &node, size_t cosines, size_t sines, size_t positions)
      : node(node), tables{node.getInput(cosines), node.getInput(sines)},
        positionInput(positions) {}

  LogicalResult run();

private:
  LogicalResult readHeads();
  LogicalResult checkPositions();
  LogicalResult checkTables();

  NodeImporter &node;
  RotaryTables tables;
  size_t positionInput;
  /// Batch x rows x heads x size, or batch x heads x rows x size.
  ImportedTensor heads;
  int64_t rowAxis = 1;
  bool positionIsOffset = false;
};

} // namespace

/// Without a number of heads the tables give the size of a head.
LogicalResult RotaryNode::readHeads() {
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType) || (x.getRank() != 3 && x.getRank() != 4))
    return node.malformed("expected a tensor of floats of rank 3 or 4, got " +
                          name(x.elementType) + node.print(x.shape));
  auto width = findConstant(x.shape.back());
  auto columns =
      findConstant(tables.cosines.shape.empty() ? node.sizes.getConstant(0)
                                                : tables.cosines.shape.back());
  if (!width || !columns)
    return node.unsupported("expected a constant size of rows and tables, "
                            "got " +
                            node.print(x.shape) + " and " +
                            node.print(tables.cosines.shape));
  heads = x;
  rowAxis = x.getRank() == 4 ? 2 : 1;
  if (x.getRank() == 4)
    return success();
  int64_t count = node.getInt("num_heads", 0);
  if (count == 0 && node.getInt("rotary_embedding_dim", 0) == 0 && *columns > 0)
    count = *width / (2 * *columns);
  if (count < 1 || *width % count != 0)
    return node.malformed("expected num_heads that divides rows of " +
                          Twine(*width) + " elements, got " + Twine(count));
  heads = emitReshape(node, x,
                      {x.shape[0], x.shape[1], node.sizes.getConstant(count),
                       node.sizes.getConstant(*width / count)});
  return success();
}

/// Positions are batch x rows, or one number that is that of row 0.
LogicalResult RotaryNode::checkPositions() {
  if (!node.hasInput(positionInput))
    return success();
  ImportedTensor &ids = node.getInput(positionInput);
  bool isInteger = ids.elementType == ElementType::Int64 ||
                   ids.elementType == ElementType::Int32;
  positionIsOffset = isInteger && ids.shape == Shape{node.sizes.getConstant(1)};
  if (positionIsOffset)
    return success();
  bool fits = isInteger && ids.getRank() == 2 &&
              (isConstant(ids.shape[0], 1) ||
               node.equate(ids.shape[0], heads.shape[0]));
  if (fits && node.equate(ids.shape[1], heads.shape[rowAxis]))
    return success();
  return node.malformed("expected positions of int32 or int64 of " +
                        node.print({heads.shape[0], heads.shape[rowAxis]}) +
                        ", got " + name(ids.elementType) +
                        node.print(ids.shape));
}

LogicalResult RotaryNode::checkTables() {
  auto size = findConstant(heads.shape[3]);
  if (failed(checkRotaryTables(node, tables, heads.elementType,
                               size.value_or(0),
                               node.getInt("rotary_embedding_dim", 0))))
    return failure();
  bool hasPositions = node.hasInput(positionInput);
  bool fits = tables.getRank() == (hasPositions ? 2 : 3);
  if (fits && !hasPositions)
    fits = (isConstant(tables.cosines.shape[0], 1) ||
            node.equate(tables.cosines.shape[0], heads.shape[0])) &&
           node.equate(tables.cosines.shape[1], heads.shape[rowAxis]);
  if (fits)
    return success();
  return node.malformed(
      "expected tables of rank 2 beside positions, or one row per batch and "
      "row, got " +
      node.print(tables.cosines.shape));
}

LogicalResult RotaryNode::run() {
  if (failed(readHeads()) || failed(checkPositions()) || failed(checkTables()))
    return failure();
  RotaryPositions positions;
  auto readPosition = [&](ImplicitLocOpBuilder &b, Value row,
                          ValueRange elements) -> Value {
    Value id = b.create<arith::IndexCastOp>(b.getIndexType(), elements[0]);
    if (!positionIsOffset)
      return id;
    return b.create<arith::AddIOp>(id, row);
  };
  positions.getPosition = readPosition;
  if (node.hasInput(positionInput)) {
    ImportedTensor &ids = node.getInput(positionInput);
    auto getIndex = [&](size_t dim, unsigned loop) {
      return isConstant(ids.shape[dim], 1)
                 ? node.builder.getAffineConstantExpr(0)
                 : node.builder.getAffineDimExpr(loop);
    };
    SmallVector<AffineExpr> read{getIndex(0, 0)};
    if (!positionIsOffset)
      read.push_back(getIndex(1, unsigned(rowAxis)));
    positions.operands.push_back(
        {node.emit(ids),
         AffineMap::get(4, 0, read, node.builder.getContext())});
  }
  RotaryPairs pairs = node.getInt("interleaved", 0) ? RotaryPairs::Neighbours
                                                    : RotaryPairs::Halves;
  ImportedTensor rotated =
      emitRotated(node, heads, rowAxis, tables, pairs, positions);
  node.setOutput(0, emitReshape(node, rotated, node.getInput(0).shape));
  return success();
}

LogicalResult importer::importRotaryEmbedding(NodeImporter &node) {
  return RotaryNode(node, /*cosines=*/1, /*sines=*/2, /*positions=*/3).run();
}

LogicalResult importer::importContributedRotaryEmbedding(NodeImporter &node) {
  if (node.getInt("is_packed_batching", 0))
    return node.unsupported("expected is_packed_batching of 0");
  if (node.getFloat("scale", 1) != 1)
    return node.unsupported("expected a scale of 1, got " +
                            std::to_string(node.getFloat("scale", 1)));
  return RotaryNode(node, /*cosines=*/2, /*sines=*/3, /*positions=*/1).run();
}
