//===- PlanNames.h - the words of plan.json ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_ARTIFACT_PLANNAMES_H
#define CCQ_LIB_ARTIFACT_PLANNAMES_H

#include "ccq/Artifact/Expression.h"

#include <optional>
#include <string>
#include <string_view>

namespace ccq::artifact {

/// One operation and its name in an expression.
struct ExpressionOpName {
  ExpressionOp op;
  std::string_view name;
};

inline constexpr ExpressionOpName expressionOpNames[] = {
    {ExpressionOp::Add, "add"},           {ExpressionOp::Mul, "mul"},
    {ExpressionOp::FloorDiv, "floordiv"}, {ExpressionOp::CeilDiv, "ceildiv"},
    {ExpressionOp::Mod, "mod"},           {ExpressionOp::Max, "max"},
};

inline std::optional<ExpressionOp> findExpressionOp(std::string_view name) {
  for (const ExpressionOpName &entry : expressionOpNames)
    if (entry.name == name)
      return entry.op;
  return std::nullopt;
}

inline std::string_view getExpressionOpName(ExpressionOp op) {
  for (const ExpressionOpName &entry : expressionOpNames)
    if (entry.op == op)
      return entry.name;
  return "";
}

/// Symbol of the `index`-th scalar argument of a kernel in its grid.
inline std::string getScalarName(unsigned index) {
  return "s" + std::to_string(index);
}

} // namespace ccq::artifact

#endif // CCQ_LIB_ARTIFACT_PLANNAMES_H
