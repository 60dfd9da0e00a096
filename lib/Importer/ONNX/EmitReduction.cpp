//===- EmitReduction.cpp - reductions over dimensions ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

AffineMap importer::getKeptMap(NodeImporter &node, int64_t rank,
                               ArrayRef<int64_t> axes) {
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(axes, i))
      exprs.push_back(node.builder.getAffineDimExpr(i));
  return AffineMap::get(rank, 0, exprs, node.builder.getContext());
}

ImportedTensor importer::emitReduction(NodeImporter &node,
                                       ImportedTensor &tensor,
                                       ArrayRef<int64_t> axes,
                                       ElementType accumulatorType,
                                       TypedAttr init, ScalarFunction combine) {
  Shape shape;
  SmallVector<utils::IteratorType> iterators;
  for (auto [i, size] : llvm::enumerate(tensor.shape)) {
    bool isReduced = llvm::is_contained(axes, int64_t(i));
    iterators.push_back(isReduced ? utils::IteratorType::reduction
                                  : utils::IteratorType::parallel);
    if (!isReduced)
      shape.push_back(size);
  }
  Value source = node.emit(tensor);
  Value target = emitFill(node, init, shape);
  int64_t rank = tensor.getRank();
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, target.getType(), source, target,
      ArrayRef<AffineMap>{node.builder.getMultiDimIdentityMap(rank),
                          getKeptMap(node, rank, axes)},
      iterators, [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        Value element = args[0];
        if (element.getType() != args[1].getType())
          element = b.create<arith::ExtFOp>(args[1].getType(), element);
        b.create<linalg::YieldOp>(combine(b, {element, args[1]}));
      });
  return node.getResult(accumulatorType, shape, generic.getResult(0));
}
