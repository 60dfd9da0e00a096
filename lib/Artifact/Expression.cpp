//===- Expression.cpp - integer expressions over symbols ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Expression.h"

#include <algorithm>
#include <array>
#include <string>

using namespace ccq;
using namespace ccq::artifact;

Expression Expression::constant(int64_t value) {
  return Expression({{ExpressionOp::Constant, value}});
}

Expression Expression::symbol(unsigned index) {
  return Expression({{ExpressionOp::Symbol, int64_t(index)}});
}

unsigned Expression::symbolCount() const {
  int64_t count = 0;
  for (const Node &node : nodeList)
    if (node.op == ExpressionOp::Symbol)
      count = std::max(count, node.value + 1);
  return unsigned(count);
}

std::optional<int64_t> Expression::findConstant() const {
  if (nodeList.size() == 1 && nodeList[0].op == ExpressionOp::Constant)
    return nodeList[0].value;
  return std::nullopt;
}

std::optional<unsigned> Expression::findSymbol() const {
  if (nodeList.size() == 1 && nodeList[0].op == ExpressionOp::Symbol)
    return unsigned(nodeList[0].value);
  return std::nullopt;
}

static bool isLeaf(ExpressionOp op) {
  return op == ExpressionOp::Constant || op == ExpressionOp::Symbol;
}

bool Expression::isWithinLimits() const {
  if (nodeList.size() > maxNodes)
    return false;
  size_t depth = 0;
  for (const Node &node : nodeList) {
    depth += isLeaf(node.op) ? 1 : -1;
    if (depth > maxDepth)
      return false;
  }
  return true;
}

/// Quotient rounded to minus infinity, for a positive divisor.
static int64_t divideFloor(int64_t dividend, int64_t divisor) {
  int64_t quotient = dividend / divisor;
  return dividend % divisor < 0 ? quotient - 1 : quotient;
}

/// The value, or none when it does not exist in 64 bits.
static std::optional<int64_t> apply(ExpressionOp op, int64_t lhs, int64_t rhs) {
  int64_t value = 0;
  switch (op) {
  case ExpressionOp::Add:
    if (__builtin_add_overflow(lhs, rhs, &value))
      return std::nullopt;
    return value;
  case ExpressionOp::Mul:
    if (__builtin_mul_overflow(lhs, rhs, &value))
      return std::nullopt;
    return value;
  case ExpressionOp::Max:
    return std::max(lhs, rhs);
  case ExpressionOp::FloorDiv:
    return rhs > 0 ? std::optional(divideFloor(lhs, rhs)) : std::nullopt;
  case ExpressionOp::CeilDiv:
    if (rhs <= 0)
      return std::nullopt;
    return divideFloor(lhs, rhs) + (lhs % rhs != 0);
  case ExpressionOp::Mod:
    if (rhs <= 0)
      return std::nullopt;
    return lhs % rhs < 0 ? lhs % rhs + rhs : lhs % rhs;
  case ExpressionOp::Constant:
  case ExpressionOp::Symbol:
    break;
  }
  return std::nullopt;
}

/// Infix operator with its blanks.
static const char *getOperator(ExpressionOp op) {
  switch (op) {
  case ExpressionOp::Add:
    return " + ";
  case ExpressionOp::Mul:
    return " * ";
  case ExpressionOp::FloorDiv:
    return " floordiv ";
  case ExpressionOp::CeilDiv:
    return " ceildiv ";
  case ExpressionOp::Mod:
    return " mod ";
  case ExpressionOp::Max:
    return " max ";
  case ExpressionOp::Constant:
  case ExpressionOp::Symbol:
    break;
  }
  return "";
}

Expression Expression::binary(ExpressionOp op, const Expression &lhs,
                              const Expression &rhs) {
  std::optional<int64_t> left = lhs.findConstant(), right = rhs.findConstant();
  if (left && right)
    if (std::optional<int64_t> value = apply(op, *left, *right))
      return constant(*value);
  std::vector<Node> nodes = lhs.nodeList;
  nodes.insert(nodes.end(), rhs.nodeList.begin(), rhs.nodeList.end());
  nodes.push_back({op, 0});
  return Expression(std::move(nodes));
}

Result<int64_t> Expression::evaluate(std::span<const int64_t> symbols) const {
  if (!isWithinLimits())
    return Error{ErrorKind::MalformedInput,
                 "expected an expression of at most " +
                     std::to_string(maxNodes) + " nodes and depth " +
                     std::to_string(maxDepth) + ", got " +
                     std::to_string(nodeList.size()) + " nodes"};
  std::array<int64_t, maxDepth> stack;
  size_t depth = 0;
  for (const Node &node : nodeList) {
    if (node.op == ExpressionOp::Constant) {
      stack[depth++] = node.value;
      continue;
    }
    if (node.op == ExpressionOp::Symbol) {
      stack[depth++] = symbols[size_t(node.value)];
      continue;
    }
    int64_t lhs = stack[depth - 2], rhs = stack[depth - 1];
    std::optional<int64_t> value = apply(node.op, lhs, rhs);
    if (!value)
      return Error{ErrorKind::MalformedInput,
                   "expected a 64-bit value, got " + std::to_string(lhs) +
                       getOperator(node.op) + std::to_string(rhs)};
    stack[--depth - 1] = *value;
  }
  return stack[0];
}

std::string Expression::print(std::span<const std::string> symbolNames) const {
  std::vector<std::string> stack;
  for (const Node &node : nodeList) {
    if (node.op == ExpressionOp::Constant) {
      stack.push_back(std::to_string(node.value));
    } else if (node.op == ExpressionOp::Symbol) {
      stack.push_back(symbolNames[size_t(node.value)]);
    } else {
      std::string rhs = std::move(stack.back());
      stack.pop_back();
      stack.back() = "(" + stack.back() + getOperator(node.op) + rhs + ")";
    }
  }
  // The outermost operation needs no parentheses.
  const std::string &text = stack[0];
  return isLeaf(nodeList.back().op) ? text : text.substr(1, text.size() - 2);
}
