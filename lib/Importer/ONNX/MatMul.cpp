//===- MatMul.cpp - MatMul and Gemm ---------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handlers.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// A tensor of zeros to accumulate products of elements of `type` in.
static Value emitZeros(NodeImporter &node, ElementType type,
                       ArrayRef<Size> shape) {
  Type accumulator =
      findBuiltinType(getAccumulatorType(type), node.builder.getContext());
  return emitFill(node, cast<TypedAttr>(node.builder.getZeroAttr(accumulator)),
                  shape);
}

static LogicalResult checkOperands(NodeImporter &node, const ImportedTensor &a,
                                   const ImportedTensor &b) {
  if (a.elementType != b.elementType)
    return node.malformed("expected operands of one element type, got " +
                          ::ccq::getElementTypeName(a.elementType) + " and " +
                          ::ccq::getElementTypeName(b.elementType));
  if (!isFloat(a.elementType) && !isInteger(a.elementType))
    return node.malformed("expected operands of numbers, got " +
                          ::ccq::getElementTypeName(a.elementType));
  return success();
}

/// Checks that the reduction dimensions of the operands are the same.
static LogicalResult checkReduction(NodeImporter &node, Size a, Size b) {
  if (node.equate(a, b))
    return success();
  return node.malformed("expected one size of the reduction dimension, got " +
                        node.sizes.print(a) + " and " + node.sizes.print(b));
}

ImportedTensor importer::emitMatrixProduct(NodeImporter &node,
                                           ImportedTensor &a,
                                           ImportedTensor &b) {
  Shape shape = {a.shape[0], b.shape[1]};
  Value zeros = emitZeros(node, a.elementType, shape);
  Value lhs = node.emit(a), rhs = node.emit(b);
  auto product = node.builder.create<linalg::MatmulOp>(
      node.loc, ValueRange{lhs, rhs}, ValueRange{zeros});
  return node.getResult(getAccumulatorType(a.elementType), shape,
                        product.getResult(0));
}

//===----------------------------------------------------------------------===//
// Gemm
//===----------------------------------------------------------------------===//

/// alpha * product + beta * addend; `addend` may be null.
static FailureOr<ImportedTensor> emitScaledSum(NodeImporter &node,
                                               ImportedTensor &product,
                                               ImportedTensor *addend,
                                               ElementType resultType) {
  double alpha = node.getFloat("alpha", 1), beta = node.getFloat("beta", 1);
  SmallVector<ImportedTensor *> operands{&product};
  if (addend)
    operands.push_back(addend);
  auto scale = [](ImplicitLocOpBuilder &b, Value value,
                  double factor) -> Value {
    if (factor == 1)
      return value;
    Value constant =
        b.create<arith::ConstantOp>(b.getFloatAttr(value.getType(), factor));
    return b.create<arith::MulFOp>(value, constant);
  };
  return emitElementwise(
      node, operands, resultType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value sum = scale(b, elements[0], alpha);
        if (!addend)
          return sum;
        Value term = scale(b, elements[1], beta);
        if (isa<FloatType>(sum.getType()))
          return b.create<arith::AddFOp>(sum, term);
        return b.create<arith::AddIOp>(sum, term);
      });
}

LogicalResult importer::importGemm(NodeImporter &node) {
  ImportedTensor a = node.getInput(0), b = node.getInput(1);
  if (failed(checkOperands(node, a, b)))
    return failure();
  if (a.getRank() != 2 || b.getRank() != 2)
    return node.malformed("expected matrices, got shapes " +
                          node.print(a.shape) + " and " + node.print(b.shape));
  bool isScaled =
      node.getFloat("alpha", 1) != 1 || node.getFloat("beta", 1) != 1;
  if (isScaled && !isFloat(a.elementType))
    return node.unsupported("expected alpha and beta of 1 for integers");
  if (node.getInt("transA", 0))
    a = emitTranspose(node, a, {1, 0});
  if (node.getInt("transB", 0))
    b = emitTranspose(node, b, {1, 0});
  if (failed(checkReduction(node, a.shape[1], b.shape[0])))
    return failure();
  ImportedTensor product = emitMatrixProduct(node, a, b);
  bool hasAddend = node.hasInput(2) && node.getFloat("beta", 1) != 0;
  ImportedTensor *addend = hasAddend ? &node.getInput(2) : nullptr;
  if (addend) {
    if (failed(checkOperands(node, a, *addend)))
      return failure();
    FailureOr<Shape> shape = broadcastShapes(node, {&product, addend});
    if (failed(shape))
      return failure();
    if (*shape != product.shape)
      return node.malformed("expected C to broadcast to " +
                            node.print(product.shape) + ", got " +
                            node.print(addend->shape));
  }
  bool isPlain = !addend && node.getFloat("alpha", 1) == 1 &&
                 product.elementType == a.elementType;
  if (!isPlain) {
    FailureOr<ImportedTensor> sum =
        emitScaledSum(node, product, addend, a.elementType);
    if (failed(sum))
      return failure();
    product = *sum;
  }
  node.setOutput(0, product);
  return success();
}

//===----------------------------------------------------------------------===//
// MatMul
//===----------------------------------------------------------------------===//

/// The operand as a matrix, with a dimension of 1 before or after a vector.
static ImportedTensor promoteVector(NodeImporter &node, ImportedTensor &tensor,
                                    bool isLeft) {
  if (tensor.getRank() != 1)
    return tensor;
  Shape shape = tensor.shape;
  shape.insert(isLeft ? shape.begin() : shape.end(), node.sizes.getConstant(1));
  return emitReshape(node, tensor, shape);
}

/// All but the last two dimensions.
static ArrayRef<Size> getBatch(const ImportedTensor &tensor) {
  return ArrayRef<Size>(tensor.shape).drop_back(2);
}

ImportedTensor importer::emitBatchProduct(NodeImporter &node, ImportedTensor &a,
                                          ImportedTensor &b, Size batch) {
  Size m = a.shape[a.getRank() - 2], k = a.shape.back(), n = b.shape.back();
  ImportedTensor lhs = emitReshape(node, a, {batch, m, k});
  ImportedTensor rhs = emitReshape(node, b, {batch, k, n});
  Shape shape = {batch, m, n};
  Value zeros = emitZeros(node, a.elementType, shape);
  Value lhsValue = node.emit(lhs), rhsValue = node.emit(rhs);
  auto product = node.builder.create<linalg::BatchMatmulOp>(
      node.loc, ValueRange{lhsValue, rhsValue}, ValueRange{zeros});
  return node.getResult(getAccumulatorType(a.elementType), shape,
                        product.getResult(0));
}

/// Products of matrices whose batch dimensions broadcast: linalg.generic over
/// (batch..., m, n, k).
static ImportedTensor emitBroadcastProduct(NodeImporter &node,
                                           ImportedTensor &a, ImportedTensor &b,
                                           ArrayRef<Size> batch) {
  OpBuilder &builder = node.builder;
  unsigned dims = batch.size() + 3;
  AffineExpr m = builder.getAffineDimExpr(dims - 3);
  AffineExpr n = builder.getAffineDimExpr(dims - 2);
  AffineExpr k = builder.getAffineDimExpr(dims - 1);
  auto getMap = [&](ArrayRef<Size> own, AffineExpr row, AffineExpr column) {
    SmallVector<AffineExpr> exprs;
    unsigned first = batch.size() - own.size();
    for (auto [i, size] : llvm::enumerate(own))
      exprs.push_back(isConstant(size, 1) && size != batch[first + i]
                          ? builder.getAffineConstantExpr(0)
                          : builder.getAffineDimExpr(first + i));
    exprs.append({row, column});
    return AffineMap::get(dims, 0, exprs, builder.getContext());
  };
  Shape shape(batch);
  shape.push_back(a.shape[a.getRank() - 2]);
  shape.push_back(b.shape.back());
  Value zeros = emitZeros(node, a.elementType, shape);
  SmallVector<utils::IteratorType> iterators(dims,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  Value lhs = node.emit(a), rhs = node.emit(b);
  auto generic = builder.create<linalg::GenericOp>(
      node.loc, zeros.getType(), ValueRange{lhs, rhs}, zeros,
      ArrayRef<AffineMap>{getMap(getBatch(a), m, k), getMap(getBatch(b), k, n),
                          getMap(batch, m, n)},
      iterators, [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder body(loc, nested);
        Value x = args[0], y = args[1], sum = args[2];
        if (!isa<FloatType>(x.getType())) {
          sum =
              body.create<arith::AddIOp>(sum, body.create<arith::MulIOp>(x, y));
        } else {
          if (x.getType() != sum.getType()) {
            x = body.create<arith::ExtFOp>(sum.getType(), x);
            y = body.create<arith::ExtFOp>(sum.getType(), y);
          }
          sum =
              body.create<arith::AddFOp>(sum, body.create<arith::MulFOp>(x, y));
        }
        body.create<linalg::YieldOp>(sum);
      });
  return node.getResult(getAccumulatorType(a.elementType), shape,
                        generic.getResult(0));
}

/// The product of two operands of rank 2 or more. `batch` is the broadcast of
/// their batch dimensions.
static FailureOr<ImportedTensor> emitProduct(NodeImporter &node,
                                             ImportedTensor &a,
                                             ImportedTensor &b,
                                             ArrayRef<Size> batch) {
  Size k = a.shape.back(), n = b.shape.back();
  Size one = node.sizes.getConstant(1);
  if (llvm::all_of(getBatch(b), [&](Size size) { return size == one; })) {
    // One right-hand matrix for all rows.
    Size rows = node.sizes.tryGetProduct(ArrayRef<Size>(a.shape).drop_back());
    if (!rows)
      return node.tooLarge();
    ImportedTensor lhs = emitReshape(node, a, {rows, k});
    ImportedTensor rhs = emitReshape(node, b, {k, n});
    return emitMatrixProduct(node, lhs, rhs);
  }
  if (getBatch(a) == batch && getBatch(b) == batch)
    return emitBatchProduct(node, a, b, node.sizes.tryGetProduct(batch));
  return emitBroadcastProduct(node, a, b, batch);
}

/// left x right, with the broadcast of their batch dimensions, in the type of
/// the operands.
static FailureOr<ImportedTensor>
emitMatMul(NodeImporter &node, ImportedTensor &left, ImportedTensor &right) {
  if (failed(checkOperands(node, left, right)))
    return failure();
  if (left.getRank() == 0 || right.getRank() == 0)
    return node.malformed("expected operands of rank 1 or more, got a scalar");
  ImportedTensor a = promoteVector(node, left, /*isLeft=*/true);
  ImportedTensor b = promoteVector(node, right, /*isLeft=*/false);
  if (failed(checkReduction(node, a.shape.back(), b.shape[b.getRank() - 2])))
    return failure();
  ImportedTensor batchA, batchB;
  batchA.shape.assign(getBatch(a).begin(), getBatch(a).end());
  batchB.shape.assign(getBatch(b).begin(), getBatch(b).end());
  FailureOr<Shape> batch = broadcastShapes(node, {&batchA, &batchB});
  if (failed(batch))
    return failure();
  Shape shape = *batch;
  if (left.getRank() != 1)
    shape.push_back(a.shape[a.getRank() - 2]);
  if (right.getRank() != 1)
    shape.push_back(b.shape.back());
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  FailureOr<ImportedTensor> product = emitProduct(node, a, b, *batch);
  if (failed(product))
    return failure();
  ImportedTensor result = emitReshape(node, *product, shape);
  return emitConversion(node, result, left.elementType);
}

LogicalResult importer::importMatMul(NodeImporter &node) {
  FailureOr<ImportedTensor> product =
      emitMatMul(node, node.getInput(0), node.getInput(1));
  if (failed(product))
    return failure();
  node.setOutput(0, *product);
  return success();
}

/// The operand with its last two dimensions swapped when `name` is set.
static ImportedTensor emitSwapped(NodeImporter &node, size_t input,
                                  StringRef name) {
  ImportedTensor &tensor = node.getInput(input);
  if (!node.getInt(name, 0) || tensor.getRank() < 2)
    return tensor;
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, tensor.getRank()));
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return emitTranspose(node, tensor, order);
}

LogicalResult importer::importFusedMatMul(NodeImporter &node) {
  for (StringRef name : {"transBatchA", "transBatchB"})
    if (node.getInt(name, 0))
      return node.unsupported("expected " + name + " of 0");
  ImportedTensor left = emitSwapped(node, 0, "transA");
  ImportedTensor right = emitSwapped(node, 1, "transB");
  FailureOr<ImportedTensor> product = emitMatMul(node, left, right);
  double alpha = node.getFloat("alpha", 1);
  if (succeeded(product) && alpha != 1) {
    if (!isFloat(left.elementType))
      return node.unsupported("expected alpha of 1 for integers");
    product =
        emitScaledSum(node, *product, /*addend=*/nullptr, left.elementType);
  }
  if (failed(product))
    return failure();
  node.setOutput(0, *product);
  return success();
}
