//===- SizeContext.cpp - sizes over the model's symbolic dimensions -------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeContext.h"

#include "SizeExtrema.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Constants stay below 2^60 in magnitude, so that sums of a few of them do not
/// overflow inside AffineExpr.
static constexpr int64_t maxConstant = int64_t(1) << 60;
/// Operations and leaves of one expression. Real models stay below 20.
static constexpr unsigned maxOperations = 256;

SizeContext::SizeContext(MLIRContext &context,
                         const std::vector<DimensionSize> &fixed)
    : context(context), fixed(fixed), fixedIsUsed(fixed.size(), false) {}

Size SizeContext::getConstant(int64_t value) const {
  return getAffineConstantExpr(value, &context);
}

Size SizeContext::getDimension(StringRef name) {
  for (size_t i = 0; i < fixed.size(); ++i)
    if (fixed[i].name == name) {
      fixedIsUsed[i] = true;
      return getConstant(fixed[i].size);
    }
  auto [entry, isNew] = numbers.try_emplace(name, names.size());
  if (isNew)
    names.push_back(name.str());
  return getAffineSymbolExpr(entry->second, &context);
}

std::vector<std::string> SizeContext::findUnusedFixed() const {
  std::vector<std::string> unused;
  for (size_t i = 0; i < fixed.size(); ++i)
    if (!fixedIsUsed[i])
      unused.push_back(fixed[i].name);
  return unused;
}

std::optional<int64_t> importer::findConstant(Size size) {
  if (auto constant = dyn_cast<AffineConstantExpr>(size))
    return constant.getValue();
  return std::nullopt;
}

bool importer::isConstant(Size size, int64_t value) {
  return findConstant(size) == value;
}

std::optional<SmallVector<int64_t>>
importer::findConstants(ArrayRef<Size> sizes) {
  SmallVector<int64_t> values;
  for (Size size : sizes) {
    std::optional<int64_t> value = findConstant(size);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

/// Whether `expr` has at most `budget` operations, which it uses up, and small
/// constants. Stops at the first finding: shared parts count every time.
static bool isUsable(Size expr, unsigned &budget) {
  if (budget == 0)
    return false;
  --budget;
  if (std::optional<int64_t> value = findConstant(expr))
    return *value >= -maxConstant && *value <= maxConstant;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  return !binary || (isUsable(binary.getLHS(), budget) &&
                     isUsable(binary.getRHS(), budget));
}

Size SizeContext::keepUsable(Size size) {
  unsigned budget = maxOperations;
  return size && isUsable(size, budget) ? size : Size();
}

Size SizeContext::tryAdd(Size a, Size b) const {
  if (auto x = findConstant(a), y = findConstant(b); x && y) {
    int64_t sum;
    return llvm::AddOverflow(*x, *y, sum) ? Size() : getConstant(sum);
  }
  if (!keepUsable(a) || !keepUsable(b))
    return {};
  return keepUsable(simplifyAffineExpr(a + b, 0, names.size()));
}

Size SizeContext::trySubtract(Size a, Size b) const {
  if (auto x = findConstant(a), y = findConstant(b); x && y) {
    int64_t difference;
    return llvm::SubOverflow(*x, *y, difference) ? Size()
                                                 : getConstant(difference);
  }
  if (!keepUsable(a) || !keepUsable(b))
    return {};
  return keepUsable(simplifyAffineExpr(a - b, 0, names.size()));
}

/// Splits nested products into constant and symbolic factors.
static void collectFactors(Size size, int64_t &constant,
                           SmallVectorImpl<Size> &factors, bool &overflows) {
  if (auto value = findConstant(size)) {
    overflows |= llvm::MulOverflow(constant, *value, constant);
    return;
  }
  auto product = dyn_cast<AffineBinaryOpExpr>(size);
  if (!product || product.getKind() != AffineExprKind::Mul) {
    factors.push_back(size);
    return;
  }
  collectFactors(product.getLHS(), constant, factors, overflows);
  collectFactors(product.getRHS(), constant, factors, overflows);
}

/// A fixed order, so that equal products are the same expression: symbols by
/// number, then everything else by its text.
static bool comesBefore(Size a, Size b) {
  auto getKey = [](Size size) {
    auto symbol = dyn_cast<AffineSymbolExpr>(size);
    std::string text;
    llvm::raw_string_ostream stream(text);
    size.print(stream);
    return std::make_tuple(!symbol, symbol ? symbol.getPosition() : 0, text);
  };
  return getKey(a) < getKey(b);
}

/// The product of the factors; the constant comes last, as AffineExpr has it.
static Size buildProduct(int64_t constant, SmallVectorImpl<Size> &factors,
                         MLIRContext *context) {
  Size last = getAffineConstantExpr(constant, context);
  if (constant == 0 || factors.empty())
    return last;
  llvm::stable_sort(factors, comesBefore);
  Size product = factors.front();
  for (Size factor : llvm::drop_begin(factors))
    product = product * factor;
  return constant == 1 ? product : product * last;
}

Size SizeContext::tryMultiply(Size a, Size b) const {
  if (auto x = findConstant(a), y = findConstant(b); x && y) {
    int64_t product;
    return llvm::MulOverflow(*x, *y, product) ? Size() : getConstant(product);
  }
  int64_t constant = 1;
  bool overflows = !keepUsable(a) || !keepUsable(b);
  if (overflows)
    return {};
  SmallVector<Size> factors;
  collectFactors(a, constant, factors, overflows);
  collectFactors(b, constant, factors, overflows);
  if (overflows)
    return {};
  return keepUsable(buildProduct(constant, factors, &context));
}

Size SizeContext::tryGetProduct(ArrayRef<Size> sizes) const {
  // A zero makes the product zero however large the others are.
  if (llvm::any_of(sizes, [](Size size) { return isConstant(size, 0); }))
    return getConstant(0);
  Size product = getConstant(1);
  for (Size size : sizes) {
    product = keepUsable(tryMultiply(product, size));
    if (!product)
      return {};
  }
  return product;
}

Size SizeContext::tryDivideExactly(Size dividend, Size divisor) const {
  int64_t numerator = 1, denominator = 1;
  bool overflows = false;
  SmallVector<Size> above, below;
  collectFactors(dividend, numerator, above, overflows);
  collectFactors(divisor, denominator, below, overflows);
  if (overflows || denominator == 0)
    return {};
  SmallVector<Size> left;
  for (Size factor : below) {
    auto match = llvm::find(above, factor);
    if (match == above.end())
      left.push_back(factor);
    else
      above.erase(match);
  }
  if (numerator == 0)
    return getConstant(0);
  int64_t divisorOfBoth = std::gcd(numerator, denominator);
  numerator /= divisorOfBoth;
  denominator /= divisorOfBoth;
  if (above.empty() && (denominator != 1 || !left.empty()))
    return {};
  Size quotient = buildProduct(numerator, above, &context);
  Size rest = buildProduct(denominator, left, &context);
  return isConstant(rest, 1) ? quotient : quotient.floorDiv(rest);
}

bool SizeContext::isNonNegative(Size size) {
  if (std::optional<int64_t> value = findConstant(size))
    return *value >= 0;
  auto binary = dyn_cast<AffineBinaryOpExpr>(size);
  if (!binary)
    return isa<AffineSymbolExpr>(size);
  if (binary.getKind() == AffineExprKind::Mod)
    return true;
  return isNonNegative(binary.getLHS()) && isNonNegative(binary.getRHS());
}

std::string SizeContext::print(Size size) const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (auto value = findConstant(size)) {
    stream << *value;
  } else if (auto symbol = dyn_cast<AffineSymbolExpr>(size)) {
    stream << names[symbol.getPosition()];
  } else if (std::optional<SizeExtremum> extremum = matchExtremum(size)) {
    stream << (extremum->isMaximum ? "max(" : "min(") << print(extremum->a)
           << ", " << print(extremum->b) << ")";
  } else {
    auto binary = cast<AffineBinaryOpExpr>(size);
    auto printOperand = [&](Size operand) {
      bool isLeaf = !isa<AffineBinaryOpExpr>(operand);
      stream << (isLeaf ? "" : "(") << print(operand) << (isLeaf ? "" : ")");
    };
    StringRef sign = binary.getKind() == AffineExprKind::Add   ? " + "
                     : binary.getKind() == AffineExprKind::Mul ? " * "
                     : binary.getKind() == AffineExprKind::FloorDiv
                         ? " floordiv "
                     : binary.getKind() == AffineExprKind::CeilDiv ? " ceildiv "
                                                                   : " mod ";
    printOperand(binary.getLHS());
    stream << sign;
    printOperand(binary.getRHS());
  }
  return text;
}
