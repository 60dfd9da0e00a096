//===- Expression.h - integer expressions over symbols ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_EXPRESSION_H
#define CCQ_ARTIFACT_EXPRESSION_H

#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ccq::artifact {

/// What a node of an expression does. FloorDiv, CeilDiv and Mod round to minus
/// infinity, plus infinity and minus infinity; their divisor is positive.
enum class ExpressionOp {
  Constant,
  Symbol,
  Add,
  Mul,
  FloorDiv,
  CeilDiv,
  Mod,
  Max,
};

/// An integer expression over numbered symbols: the symbolic dimensions of a
/// plan, or the scalar arguments of a kernel. Immutable and small; stored in
/// reverse Polish order, so that evaluation needs no memory.
class Expression {
public:
  /// Constant, Symbol (value = its index), or an operation on what the two
  /// sub-expressions before it leave behind (value unused).
  struct Node {
    ExpressionOp op = ExpressionOp::Constant;
    int64_t value = 0;

    bool operator==(const Node &) const = default;
  };

  /// Limits of a valid expression. Plans in use stay far below both.
  static constexpr size_t maxNodes = 1024;
  static constexpr size_t maxDepth = 64;

  /// The constant 0.
  Expression() : nodeList{{ExpressionOp::Constant, 0}} {}

  static Expression constant(int64_t value);
  static Expression symbol(unsigned index);

  /// `lhs op rhs`; op is none of Constant and Symbol. Two constants fold when
  /// that cannot fail.
  static Expression binary(ExpressionOp op, const Expression &lhs,
                           const Expression &rhs);

  /// Number of symbols that evaluation needs: the largest index plus 1.
  unsigned symbolCount() const;

  /// Whether the expression stays below maxNodes and maxDepth; others cannot
  /// be evaluated or stored.
  bool isWithinLimits() const;

  /// The value, if the expression is one constant.
  std::optional<int64_t> findConstant() const;

  /// The index, if the expression is one symbol.
  std::optional<unsigned> findSymbol() const;

  /// Value for the given symbols, of which there are at least symbolCount().
  /// Fails with MalformedInput on 64-bit overflow, on a divisor that is not
  /// positive and on an expression beyond the limits. Does not allocate unless
  /// it fails. Thread safe.
  Result<int64_t> evaluate(std::span<const int64_t> symbols) const;

  /// Infix text for people, for example `(batch ceildiv 4) * 64`. There is a
  /// name for every symbol.
  std::string print(std::span<const std::string> symbolNames) const;

  /// Nodes in reverse Polish order.
  std::span<const Node> nodes() const { return nodeList; }

  bool operator==(const Expression &) const = default;

private:
  explicit Expression(std::vector<Node> nodes) : nodeList(std::move(nodes)) {}

  std::vector<Node> nodeList;
};

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_EXPRESSION_H
