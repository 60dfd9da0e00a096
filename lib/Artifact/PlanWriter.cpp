//===- PlanWriter.cpp - from a plan to plan.json --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanNames.h"
#include "ccq/Artifact/Plan.h"

#include <nlohmann/json.hpp>

using namespace ccq;
using namespace ccq::artifact;
using Json = nlohmann::ordered_json;

static Json printExpression(const Expression &expression,
                            std::span<const std::string> symbols) {
  std::vector<Json> stack;
  for (const Expression::Node &node : expression.nodes()) {
    if (node.op == ExpressionOp::Constant) {
      stack.push_back(node.value);
    } else if (node.op == ExpressionOp::Symbol) {
      stack.push_back(symbols[size_t(node.value)]);
    } else {
      Json rhs = std::move(stack.back());
      stack.pop_back();
      Json operation = Json::array();
      operation.push_back(getExpressionOpName(node.op));
      operation.push_back(std::move(stack.back()));
      operation.push_back(std::move(rhs));
      stack.back() = std::move(operation);
    }
  }
  return std::move(stack[0]);
}

static Json printExpressions(std::span<const Expression> expressions,
                             std::span<const std::string> symbols) {
  Json list = Json::array();
  for (const Expression &expression : expressions)
    list.push_back(printExpression(expression, symbols));
  return list;
}

static Json printBuffer(const Plan &plan, const PlanBuffer &buffer) {
  Json json = {{"kind", getBufferKindName(buffer.kind)}};
  if (buffer.kind != BufferKind::Scratch)
    json["name"] = buffer.name;
  json["type"] = getSafetensorsName(buffer.type);
  json["shape"] = printExpressions(buffer.shape, plan.dims);
  if (buffer.offsetBytes)
    json["offset"] = printExpression(*buffer.offsetBytes, plan.dims);
  return json;
}

static Json printKernel(const PlanKernel &kernel) {
  return {{"name", kernel.name},
          {"inputs", kernel.inputCount},
          {"outputs", kernel.outputCount},
          {"scalars", kernel.scalarCount}};
}

static Json printStep(const Plan &plan, const PlanStep &step) {
  if (const auto *copy = std::get_if<CopyStep>(&step))
    return {{"copy", copy->source}, {"to", copy->destination}};
  if (const auto *observe = std::get_if<ObserveStep>(&step)) {
    Json json = {{"observe", observe->buffer}, {"name", observe->name}};
    if (!observe->weights.empty())
      json["weights"] = observe->weights;
    return json;
  }
  const LaunchStep &launch = std::get<LaunchStep>(step);
  return {{"launch", launch.kernel},
          {"buffers", launch.buffers},
          {"scalars", printExpressions(launch.scalars, plan.dims)}};
}

static Json printCompiledKernel(const Plan &plan,
                                const CompiledKernel &compiled) {
  std::vector<std::string> scalars;
  for (unsigned i = 0; i < plan.kernels[compiled.kernel].scalarCount; ++i)
    scalars.push_back(getScalarName(i));
  Json json = {{"kernel", compiled.kernel},
               {"format", getKernelFormatName(compiled.format)},
               {"file", compiled.file},
               {"sha256", compiled.sha256},
               {"entry", compiled.entry},
               {"grid", printExpressions(compiled.grid, scalars)}};
  if (compiled.block)
    json["block"] = *compiled.block;
  if (compiled.sharedBytes != 0)
    json["shared_bytes"] = compiled.sharedBytes;
  if (!compiled.rowElements.empty())
    json["row_elements"] = compiled.rowElements;
  return json;
}

static Json printCheck(const Plan &plan, const SizeCheck &check) {
  return {{std::string(getSizeRelationName(check.relation)),
           printExpressions(std::vector{check.left, check.right}, plan.dims)},
          {"at", check.place}};
}

/// The oldest version that has what the plan needs.
static int64_t getVersion(const Plan &plan) {
  for (const PlanStep &step : plan.steps)
    if (std::holds_alternative<ObserveStep>(step))
      return 3;
  return plan.checks.empty() ? 1 : 2;
}

/// `[` and one element per line.
template <typename List, typename Print>
static std::string printLines(const List &list, const std::string &indent,
                              Print print) {
  std::string text = "[";
  const char *separator = "\n";
  for (const auto &element : list) {
    text += separator + indent + "  " + print(element);
    separator = ",\n";
  }
  return text + (list.empty() ? "]" : "\n" + indent + "]");
}

static std::string printTarget(const Plan &plan, const PlanTarget &target) {
  return "{\"name\":" + Json(target.name).dump() + ",\"kernels\":" +
         printLines(target.kernels, "    ",
                    [&](const CompiledKernel &compiled) {
                      return printCompiledKernel(plan, compiled).dump();
                    }) +
         "}";
}

std::string artifact::printPlan(const Plan &plan) {
  std::string text = "{\n";
  text += "  \"version\": " + std::to_string(getVersion(plan)) + ",\n";
  text += "  \"dims\": " + Json(plan.dims).dump() + ",\n";
  text += "  \"arena_bytes\": " +
          printExpression(plan.arenaBytes, plan.dims).dump() + ",\n";
  text += "  \"inputs\": " + Json(plan.inputs).dump() + ",\n";
  text += "  \"outputs\": " + Json(plan.outputs).dump() + ",\n";
  text += "  \"buffers\": " +
          printLines(plan.buffers, "  ",
                     [&](const PlanBuffer &buffer) {
                       return printBuffer(plan, buffer).dump();
                     }) +
          ",\n";
  text += "  \"kernels\": " +
          printLines(plan.kernels, "  ",
                     [](const PlanKernel &kernel) {
                       return printKernel(kernel).dump();
                     }) +
          ",\n";
  text += "  \"steps\": " +
          printLines(plan.steps, "  ",
                     [&](const PlanStep &step) {
                       return printStep(plan, step).dump();
                     }) +
          ",\n";
  text += "  \"targets\": " +
          printLines(plan.targets, "  ", [&](const PlanTarget &target) {
            return printTarget(plan, target);
          });
  if (!plan.checks.empty())
    text += ",\n  \"checks\": " +
            printLines(plan.checks, "  ", [&](const SizeCheck &check) {
              return printCheck(plan, check).dump();
            });
  text += "\n}\n";
  return text;
}
