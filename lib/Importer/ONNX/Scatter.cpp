//===- Scatter.cpp - ScatterND and ScatterElements ------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "LayerHandlers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

/// What an update does to the element that is there.
static Value buildUpdate(ImplicitLocOpBuilder &b, StringRef reduction,
                         ElementType type, Value old, Value update) {
  bool floats = isFloat(type), isUnsigned = isUnsignedInteger(type);
  if (reduction == "none")
    return update;
  if (reduction == "add")
    return floats ? b.create<arith::AddFOp>(old, update).getResult()
                  : b.create<arith::AddIOp>(old, update).getResult();
  if (reduction == "mul")
    return floats ? b.create<arith::MulFOp>(old, update).getResult()
                  : b.create<arith::MulIOp>(old, update).getResult();
  bool isMaximum = reduction == "max";
  if (floats)
    return isMaximum ? b.create<arith::MaximumFOp>(old, update).getResult()
                     : b.create<arith::MinimumFOp>(old, update).getResult();
  if (isUnsigned)
    return isMaximum ? b.create<arith::MaxUIOp>(old, update).getResult()
                     : b.create<arith::MinUIOp>(old, update).getResult();
  return isMaximum ? b.create<arith::MaxSIOp>(old, update).getResult()
                   : b.create<arith::MinSIOp>(old, update).getResult();
}

namespace {

/// A scatter as a reduction: every element of the data goes through all updates
/// that may be meant for it, in order, so that the last one wins.
class Scatter {
public:
  explicit Scatter(NodeImporter &node)
      : node(node), data(node.getInput(0)), indices(node.getInput(1)),
        updates(node.getInput(2)),
        reduction(node.getString("reduction", "none")) {}

  LogicalResult runElements();
  LogicalResult runSlices();

private:
  LogicalResult check();
  /// Whether the index `element` names `place` in a dimension of `size`.
  Value buildIsMeant(ImplicitLocOpBuilder &b, Value element, Value place,
                     Value size);
  void emit(ArrayRef<MappedOperand> operands, AffineMap written,
            unsigned updateLoops,
            llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>
                buildIsMeantHere);

  NodeImporter &node;
  ImportedTensor &data, &indices, &updates;
  std::string reduction;
};

} // namespace

LogicalResult Scatter::check() {
  bool isKnown = reduction == "none" || reduction == "add" ||
                 reduction == "mul" || reduction == "max" || reduction == "min";
  if (!isKnown)
    return node.malformed("expected reduction none, add, mul, max or min, "
                          "got " +
                          reduction);
  bool isIndex = indices.elementType == ElementType::Int64 ||
                 indices.elementType == ElementType::Int32;
  if (!isIndex || updates.elementType != data.elementType ||
      data.getRank() == 0 || indices.getRank() == 0)
    return node.malformed(
        "expected indices of integers and updates of " +
        name(data.elementType) + ", got " + name(indices.elementType) +
        node.print(indices.shape) + " and " + name(updates.elementType));
  if (reduction != "none" && data.elementType == ElementType::Bool)
    return node.unsupported("expected reduction none for bools, got " +
                            reduction);
  return success();
}

Value Scatter::buildIsMeant(ImplicitLocOpBuilder &b, Value element, Value place,
                            Value size) {
  Value zero = b.create<arith::ConstantIndexOp>(0);
  Value index = b.create<arith::IndexCastOp>(b.getIndexType(), element);
  Value isNegative =
      b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, index, zero);
  Value fromEnd = b.create<arith::AddIOp>(index, size);
  index = b.create<arith::SelectOp>(isNegative, fromEnd, index);
  return b.create<arith::CmpIOp>(arith::CmpIPredicate::eq, index, place);
}

/// Loops: those of the data, then `updateLoops` over updates, in order. The
/// last operand is the update itself.
void Scatter::emit(ArrayRef<MappedOperand> operands, AffineMap written,
                   unsigned updateLoops,
                   llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>
                       buildIsMeantHere) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const MappedOperand &operand : operands) {
    inputs.push_back(operand.value);
    maps.push_back(operand.map);
  }
  maps.push_back(written);
  SmallVector<utils::IteratorType> iterators(data.getRank(),
                                             utils::IteratorType::parallel);
  iterators.append(updateLoops, utils::IteratorType::reduction);
  Value target = node.emit(data);
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, target.getType(), inputs, target, maps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        Value old = args.back(), update = args.drop_back().back();
        Value changed =
            buildUpdate(b, reduction, data.elementType, old, update);
        Value isMeant = buildIsMeantHere(b, args.drop_back(2));
        b.create<linalg::YieldOp>(
            b.create<arith::SelectOp>(isMeant, changed, old).getResult());
      });
  node.setOutput(
      0, node.getResult(data.elementType, data.shape, generic.getResult(0)));
}

/// Update u along the axis is for the element that its index names.
LogicalResult Scatter::runElements() {
  if (failed(check()))
    return failure();
  int64_t rank = data.getRank();
  FailureOr<int64_t> axis = node.getAxis(node.getInt("axis", 0), rank);
  if (failed(axis))
    return failure();
  if (indices.getRank() != rank ||
      !node.equateShapes(updates.shape, indices.shape))
    return node.malformed("expected indices and updates of rank " +
                          Twine(rank) + ", got " + node.print(indices.shape) +
                          " and " + node.print(updates.shape));
  SmallVector<AffineExpr> read;
  for (int64_t i = 0; i < rank; ++i) {
    read.push_back(node.builder.getAffineDimExpr(i == *axis ? rank : i));
    if (i != *axis && !node.equate(indices.shape[i], data.shape[i]))
      return node.unsupported("expected updates for all of " +
                              node.print(data.shape) + " beside axis " +
                              Twine(*axis) + ", got " +
                              node.print(indices.shape));
  }
  MLIRContext *context = node.builder.getContext();
  AffineMap map = AffineMap::get(rank + 1, 0, read, context);
  AffineMap written =
      AffineMap::getMultiDimIdentityMap(rank + 1, context).dropResult(rank);
  Value size = node.state.emitIndex(data.shape[*axis], node.loc);
  Value indexTensor = node.emit(indices), updateTensor = node.emit(updates);
  emit({{indexTensor, map}, {updateTensor, map}}, written, 1,
       [&](ImplicitLocOpBuilder &b, ValueRange elements) {
         return buildIsMeant(b, elements[0], b.create<linalg::IndexOp>(*axis),
                             size);
       });
  return success();
}

/// Each row of indices names the first `count` places of a slice of the data.
LogicalResult Scatter::runSlices() {
  if (failed(check()))
    return failure();
  int64_t rank = data.getRank();
  auto count = findConstant(indices.shape.back());
  int64_t outer = indices.getRank() - 1;
  Shape expected(ArrayRef<Size>(indices.shape).drop_back());
  if (count && *count >= 1 && *count <= rank)
    expected.append(data.shape.begin() + *count, data.shape.end());
  else
    count = std::nullopt;
  if (!count || !node.equateShapes(updates.shape, expected))
    return node.malformed("expected indices and updates for data of " +
                          node.print(data.shape) + ", got " +
                          node.print(indices.shape) + " and " +
                          node.print(updates.shape));
  MLIRContext *context = node.builder.getContext();
  unsigned loops = rank + outer;
  auto dim = [&](int64_t i) { return node.builder.getAffineDimExpr(i); };
  SmallVector<AffineExpr> row, written;
  for (int64_t i = 0; i < outer; ++i)
    row.push_back(dim(rank + i));
  for (int64_t i = 0; i < rank; ++i)
    written.push_back(dim(i));
  SmallVector<MappedOperand> operands;
  SmallVector<Value> sizes;
  Value indexTensor = node.emit(indices), updateTensor = node.emit(updates);
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<AffineExpr> read = row;
    read.push_back(node.builder.getAffineConstantExpr(i));
    operands.push_back({indexTensor, AffineMap::get(loops, 0, read, context)});
    sizes.push_back(node.state.emitIndex(data.shape[i], node.loc));
  }
  SmallVector<AffineExpr> update = row;
  update.append(written.begin() + *count, written.end());
  operands.push_back({updateTensor, AffineMap::get(loops, 0, update, context)});
  emit(operands, AffineMap::get(loops, 0, written, context), outer,
       [&](ImplicitLocOpBuilder &b, ValueRange elements) {
         Value isMeant;
         for (auto [i, size] : llvm::enumerate(sizes)) {
           Value isPlace =
               buildIsMeant(b, elements[i], b.create<linalg::IndexOp>(i), size);
           isMeant = isMeant
                         ? b.create<arith::AndIOp>(isMeant, isPlace).getResult()
                         : isPlace;
         }
         return isMeant;
       });
  return success();
}

LogicalResult importer::importScatterElements(NodeImporter &node) {
  return Scatter(node).runElements();
}

LogicalResult importer::importScatterND(NodeImporter &node) {
  return Scatter(node).runSlices();
}
