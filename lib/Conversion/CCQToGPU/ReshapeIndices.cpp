//===- ReshapeIndices.cpp - element indices around a reshape ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReshapeIndices.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::ccq;

/// lhs * extent + rhs, which is e again when lhs and rhs are e floordiv extent
/// and e mod extent.
static AffineExpr mergeTwo(AffineExpr lhs, int64_t extent, AffineExpr rhs) {
  auto quotient = dyn_cast<AffineBinaryOpExpr>(lhs);
  auto remainder = dyn_cast<AffineBinaryOpExpr>(rhs);
  AffineExpr divisor = getAffineConstantExpr(extent, lhs.getContext());
  if (quotient && remainder && quotient.getKind() == AffineExprKind::FloorDiv &&
      remainder.getKind() == AffineExprKind::Mod &&
      quotient.getRHS() == divisor && remainder.getRHS() == divisor &&
      quotient.getLHS() == remainder.getLHS())
    return quotient.getLHS();
  return lhs * extent + rhs;
}

AffineExpr mlir::ccq::mergeIndices(ArrayRef<AffineExpr> indices,
                                   ArrayRef<int64_t> extents) {
  AffineExpr merged;
  for (auto [index, extent] : llvm::zip_equal(indices, extents)) {
    if (extent == 1)
      continue;
    merged = merged ? mergeTwo(merged, extent, index) : index;
  }
  return merged ? merged
                : getAffineConstantExpr(0, indices.front().getContext());
}

ElementIndices mlir::ccq::splitIndex(AffineExpr index,
                                     ArrayRef<int64_t> extents) {
  ElementIndices indices(extents.size());
  AffineExpr zero = getAffineConstantExpr(0, index.getContext());
  // The slowest non-trivial dimension takes what is left.
  size_t slowest = 0;
  while (slowest + 1 < extents.size() && extents[slowest] == 1)
    ++slowest;
  for (size_t dim = extents.size(); dim-- > 0;) {
    if (dim == slowest) {
      indices[dim] = index;
    } else if (extents[dim] == 1) {
      indices[dim] = zero;
    } else {
      indices[dim] = index % extents[dim];
      index = index.floorDiv(extents[dim]);
    }
  }
  return indices;
}

std::optional<ElementIndices>
mlir::ccq::splitMatrixIndex(AffineExpr row, AffineExpr column, int64_t columns,
                            ArrayRef<int64_t> extents) {
  // The trailing dimensions that make up one row.
  size_t first = extents.size();
  int64_t product = 1;
  auto isTrivialColumn = [&] {
    return columns == 1 && first == extents.size() && extents.back() == 1;
  };
  while (first > 0 && (product < columns || isTrivialColumn())) {
    int64_t extent = extents[--first];
    if (ShapedType::isDynamic(extent))
      return std::nullopt;
    product *= extent;
  }
  ArrayRef<int64_t> rows = extents.take_front(first);
  if (product != columns)
    return std::nullopt;
  // What is divided by must be static: all but the slowest row dimension.
  ArrayRef<int64_t> divisors =
      rows.drop_while([](int64_t extent) { return extent == 1; });
  if (!divisors.empty() &&
      llvm::any_of(divisors.drop_front(), ShapedType::isDynamic))
    return std::nullopt;
  ElementIndices indices;
  if (!rows.empty())
    indices = splitIndex(row, rows);
  if (first < extents.size())
    llvm::append_range(indices, splitIndex(column, extents.drop_front(first)));
  return indices;
}
