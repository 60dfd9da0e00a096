//===- SizeContext.h - sizes over the model's symbolic dimensions -*- C++ -*-=//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_SIZECONTEXT_H
#define CCQ_LIB_IMPORTER_ONNX_SIZECONTEXT_H

#include "ccq/Importer/ONNX/ImportONNX.h"
#include "mlir/IR/AffineExpr.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <optional>
#include <string>

namespace mlir::ccq::importer {

/// A size or another integer that shapes are computed from: an affine
/// expression over the symbolic dimensions (semi-affine where dimensions are
/// multiplied or divided). Equal expressions of the usual forms are identical.
using Size = AffineExpr;
using Shape = SmallVector<Size>;

/// Makes sizes and knows the names of the symbols. Dimensions are at least 0.
class SizeContext {
public:
  /// `fixed` gives the dimensions that are constants in this import.
  SizeContext(MLIRContext &context, const std::vector<DimensionSize> &fixed);

  Size getConstant(int64_t value) const;
  /// The dimension called `name`, or its constant when one was given.
  Size getDimension(StringRef name);
  /// Names of all symbolic dimensions, by symbol number.
  ArrayRef<std::string> getNames() const { return names; }
  /// Names in `fixed` that no call of getDimension asked for.
  std::vector<std::string> findUnusedFixed() const;

  /// Sums, differences and products; null when the result is not usable (see
  /// keepUsable).
  Size tryAdd(Size a, Size b) const;
  Size trySubtract(Size a, Size b) const;
  Size tryMultiply(Size a, Size b) const;
  /// The product of all sizes; null on overflow beyond 2^60 elements.
  Size tryGetProduct(ArrayRef<Size> sizes) const;
  /// Quotient of two products, where the caller knows that it is exact: equal
  /// factors cancel. Null when a constant remainder shows that it is not exact,
  /// or by division by 0.
  Size tryDivideExactly(Size dividend, Size divisor) const;
  /// `size`, or null when one of its constants is beyond 2^60 in magnitude or
  /// the expression has so many operations that computing with it gets slow (a
  /// chain of nodes that use a size twice doubles it at every step).
  static Size keepUsable(Size size);

  /// The sum, difference or product that `text` spells out, of integers and of
  /// names for which `isName` holds; null for anything else.
  Size tryParse(StringRef text, llvm::function_ref<bool(StringRef)> isName);
  /// Whether `size` cannot be negative, whatever the dimensions are.
  static bool isNonNegative(Size size);

  /// `2 * batch + 1`-like text with the names of the dimensions.
  std::string print(Size size) const;

private:
  Size parseSum(StringRef &text, llvm::function_ref<bool(StringRef)> isName,
                unsigned depth);
  Size parseProduct(StringRef &text, llvm::function_ref<bool(StringRef)> isName,
                    unsigned depth);
  Size parseOperand(StringRef &text, llvm::function_ref<bool(StringRef)> isName,
                    unsigned depth);

  MLIRContext &context;
  const std::vector<DimensionSize> &fixed;
  std::vector<bool> fixedIsUsed;
  std::vector<std::string> names;
  llvm::StringMap<unsigned> numbers;
};

/// The value of a constant size.
std::optional<int64_t> findConstant(Size size);
/// Whether `size` is the constant `value`.
bool isConstant(Size size, int64_t value);
/// All values of `sizes` when each is constant.
std::optional<SmallVector<int64_t>> findConstants(ArrayRef<Size> sizes);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_SIZECONTEXT_H
