//===- SizeExtrema.cpp - the smaller and larger of two sizes --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeExtrema.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Beyond the difference of any two sizes.
static constexpr int64_t horizon = int64_t(1) << 40;

/// max(difference, 0).
static Size tryGetExcess(const SizeContext &sizes, Size difference) {
  Size shifted = sizes.tryAdd(difference, sizes.getConstant(horizon));
  return shifted ? sizes.tryMultiply(difference, shifted.floorDiv(horizon))
                 : Size();
}

Size importer::tryGetMinimum(const SizeContext &sizes, Size a, Size b) {
  Size difference = sizes.trySubtract(a, b);
  if (!difference)
    return {};
  if (SizeContext::isNonNegative(difference))
    return b;
  if (Size opposite = sizes.trySubtract(b, a);
      opposite && SizeContext::isNonNegative(opposite))
    return a;
  Size excess = tryGetExcess(sizes, difference);
  return excess ? sizes.trySubtract(a, excess) : Size();
}

Size importer::tryGetMaximum(const SizeContext &sizes, Size a, Size b) {
  Size difference = sizes.trySubtract(a, b);
  if (!difference)
    return {};
  if (SizeContext::isNonNegative(difference))
    return a;
  if (Size opposite = sizes.trySubtract(b, a);
      opposite && SizeContext::isNonNegative(opposite))
    return b;
  Size excess = tryGetExcess(sizes, difference);
  return excess ? sizes.tryAdd(b, excess) : Size();
}

bool importer::isCertainlyNonNegative(Size size) {
  if (SizeContext::isNonNegative(size))
    return true;
  std::optional<SizeExtremum> extremum = matchExtremum(size);
  if (!extremum)
    return false;
  bool a = SizeContext::isNonNegative(extremum->a),
       b = SizeContext::isNonNegative(extremum->b);
  return extremum->isMaximum ? a || b : a && b;
}

static void collect(Size size, AffineExprKind kind,
                    SmallVectorImpl<Size> &parts) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(size);
  if (!binary || binary.getKind() != kind) {
    parts.push_back(size);
    return;
  }
  collect(binary.getLHS(), kind, parts);
  collect(binary.getRHS(), kind, parts);
}

/// The difference whose sign `size` tells; null when it is not such a quotient.
static Size matchSign(Size size) {
  auto quotient = dyn_cast<AffineBinaryOpExpr>(size);
  bool isSign = quotient && quotient.getKind() == AffineExprKind::FloorDiv &&
                isConstant(quotient.getRHS(), horizon);
  return isSign ? quotient.getLHS() - horizon : Size();
}

std::optional<SizeExtremum> importer::matchExtremum(Size sum) {
  SmallVector<Size> terms;
  collect(sum, AffineExprKind::Add, terms);
  for (Size &term : terms) {
    SmallVector<Size> factors;
    collect(term, AffineExprKind::Mul, factors);
    auto sign = llvm::find_if(factors, matchSign);
    if (sign == factors.end())
      continue;
    Size difference = matchSign(*sign);
    factors.erase(sign);
    Size factor = getAffineConstantExpr(1, sum.getContext());
    for (Size other : factors)
      factor = factor * other;
    Size rest = sum - term;
    unsigned numSymbols = 64;
    auto simplify = [&](Size size) {
      return simplifyAffineExpr(size, 0, numSymbols);
    };
    rest = simplify(rest);
    if (isConstant(simplify(factor - difference), 0))
      return SizeExtremum{true, rest, simplify(rest + difference)};
    if (isConstant(simplify(factor + difference), 0))
      return SizeExtremum{false, rest, simplify(rest - difference)};
  }
  return std::nullopt;
}
