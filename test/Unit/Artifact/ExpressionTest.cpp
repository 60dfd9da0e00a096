//===- ExpressionTest.cpp - tests of Expression.h -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Expression.h"

#include <gtest/gtest.h>
#include <limits>

using namespace ccq;
using namespace ccq::artifact;
using Op = ExpressionOp;

static constexpr int64_t largest = std::numeric_limits<int64_t>::max();
static constexpr int64_t smallest = std::numeric_limits<int64_t>::min();

/// Value of `symbol 0 op symbol 1`.
static Result<int64_t> apply(Op op, int64_t lhs, int64_t rhs) {
  int64_t symbols[] = {lhs, rhs};
  return Expression::binary(op, Expression::symbol(0), Expression::symbol(1))
      .evaluate(symbols);
}

TEST(Expression, RoundsAsItsOperationsSay) {
  EXPECT_EQ(*apply(Op::Add, 3, -5), -2);
  EXPECT_EQ(*apply(Op::Mul, 3, -5), -15);
  EXPECT_EQ(*apply(Op::Max, 3, -5), 3);
  EXPECT_EQ(*apply(Op::FloorDiv, 7, 4), 1);
  EXPECT_EQ(*apply(Op::FloorDiv, -7, 4), -2);
  EXPECT_EQ(*apply(Op::CeilDiv, 7, 4), 2);
  EXPECT_EQ(*apply(Op::CeilDiv, -7, 4), -1);
  EXPECT_EQ(*apply(Op::CeilDiv, 8, 4), 2);
  EXPECT_EQ(*apply(Op::Mod, 7, 4), 3);
  EXPECT_EQ(*apply(Op::Mod, -7, 4), 1);
  EXPECT_EQ(*apply(Op::CeilDiv, largest, 1), largest);
  EXPECT_EQ(*apply(Op::FloorDiv, smallest, 1), smallest);
}

TEST(Expression, RefusesWhatHasNoValue) {
  Result<int64_t> sum = apply(Op::Add, largest, 1);
  ASSERT_FALSE(sum);
  EXPECT_EQ(sum.error().kind, ErrorKind::MalformedInput);
  EXPECT_EQ(sum.error().message,
            "expected a 64-bit value, got 9223372036854775807 + 1");
  EXPECT_FALSE(apply(Op::Mul, smallest, -1));
  EXPECT_FALSE(apply(Op::FloorDiv, 1, 0));
  EXPECT_FALSE(apply(Op::FloorDiv, smallest, -1));
  EXPECT_FALSE(apply(Op::CeilDiv, 1, -3));
  EXPECT_FALSE(apply(Op::Mod, 1, 0));
}

TEST(Expression, FoldsConstantsThatHaveAValue) {
  Expression four = Expression::constant(4);
  EXPECT_EQ(Expression::binary(Op::Mul, four, four).findConstant(), 16);
  Expression bad = Expression::binary(Op::Mod, four, Expression());
  EXPECT_FALSE(bad.findConstant());
  EXPECT_FALSE(bad.evaluate({}));
}

TEST(Expression, KnowsItsSymbols) {
  Expression sum = Expression::binary(Op::Add, Expression::symbol(2),
                                      Expression::constant(1));
  EXPECT_EQ(sum.symbolCount(), 3u);
  EXPECT_FALSE(sum.findSymbol());
  EXPECT_EQ(Expression::symbol(2).findSymbol(), 2u);
  EXPECT_EQ(Expression::constant(5).symbolCount(), 0u);
}

TEST(Expression, PrintsInfix) {
  Expression blocks = Expression::binary(Op::CeilDiv, Expression::symbol(0),
                                         Expression::constant(4));
  Expression product =
      Expression::binary(Op::Mul, blocks, Expression::constant(64));
  std::vector<std::string> names = {"batch"};
  EXPECT_EQ(product.print(names), "(batch ceildiv 4) * 64");
  EXPECT_EQ(Expression::symbol(0).print(names), "batch");
}

// A chain to the right needs a stack as deep as it is long.
TEST(Expression, IsBounded) {
  Expression deep = Expression::symbol(0);
  for (size_t i = 0; i < Expression::maxDepth; ++i)
    deep = Expression::binary(Op::Add, Expression::symbol(0), deep);
  EXPECT_FALSE(deep.isWithinLimits());
  int64_t symbols[] = {1};
  Result<int64_t> value = deep.evaluate(symbols);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message, "expected an expression of at most 1024 "
                                   "nodes and depth 64, got 129 nodes");
  Expression flat = Expression::symbol(0);
  for (int i = 0; i < 500; ++i)
    flat = Expression::binary(Op::Add, flat, Expression::symbol(0));
  EXPECT_EQ(*flat.evaluate(symbols), 501);
}
