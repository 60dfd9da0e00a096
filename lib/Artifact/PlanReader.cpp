//===- PlanReader.cpp - from plan.json to a plan --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JsonCursor.h"
#include "PlanNames.h"
#include "ccq/Artifact/Plan.h"

#include <algorithm>
#include <limits>
#include <map>

using namespace ccq;
using namespace ccq::artifact;

namespace {
/// Numbers of the symbols that expressions may name.
using SymbolTable = std::map<std::string, unsigned, std::less<>>;

/// Reads one plan. Errors go to the document; indices are checked afterwards,
/// by checkPlan.
class PlanReader {
public:
  explicit PlanReader(const JsonCursor &root) : root(root) {}

  Plan read();

private:
  void readVersion();
  Expression readExpression(const JsonCursor &cursor,
                            const SymbolTable &symbols);
  std::vector<Expression> readExpressions(const JsonCursor &cursor,
                                          const SymbolTable &symbols);
  PlanBuffer readBuffer(const JsonCursor &cursor);
  PlanKernel readKernel(const JsonCursor &cursor);
  PlanStep readStep(const JsonCursor &cursor);
  PlanTarget readTarget(const JsonCursor &cursor, const Plan &plan);
  CompiledKernel readCompiledKernel(const JsonCursor &cursor, const Plan &plan);
  SizeCheck readCheck(const JsonCursor &cursor);

  JsonCursor root;
  SymbolTable dims;
};
} // namespace

static constexpr int64_t largestInteger = std::numeric_limits<int64_t>::max();
static constexpr int64_t smallestInteger = std::numeric_limits<int64_t>::min();

static std::vector<unsigned> readIndices(const JsonCursor &cursor) {
  std::vector<unsigned> indices;
  for (const JsonCursor &element : cursor.elements())
    indices.push_back(element.asIndex());
  return indices;
}

void PlanReader::readVersion() {
  JsonCursor cursor = root.member("version");
  int64_t version = cursor.asInteger(1, largestInteger);
  if (version > planVersion)
    cursor.fail("artifact_c1: expected version " + std::to_string(planVersion) +
                    " at most, got " + std::to_string(version) +
                    "; this artifact needs a newer release",
                ErrorKind::Unsupported);
}

Expression PlanReader::readExpression(const JsonCursor &cursor,
                                      const SymbolTable &symbols) {
  if (cursor.isInteger())
    return Expression::constant(
        cursor.asInteger(smallestInteger, largestInteger));
  if (cursor.isString()) {
    auto found = symbols.find(cursor.asString());
    if (found != symbols.end())
      return Expression::symbol(found->second);
    cursor.fail("artifact_c3: unknown symbol '" + cursor.asString() + "'");
    return {};
  }
  if (!cursor.isArray()) {
    cursor.fail("expected a number, a name or [operation, left, right]");
    return {};
  }
  std::vector<JsonCursor> parts = cursor.elements();
  if (parts.size() != 3) {
    cursor.fail("expected [operation, left, right], got " +
                std::to_string(parts.size()) + " elements");
    return {};
  }
  std::optional<ExpressionOp> op = findExpressionOp(parts[0].asString());
  if (!op) {
    parts[0].fail("expected add, mul, floordiv, ceildiv, mod or max, got '" +
                  parts[0].asString() + "'");
    return {};
  }
  return Expression::binary(*op, readExpression(parts[1], symbols),
                            readExpression(parts[2], symbols));
}

std::vector<Expression>
PlanReader::readExpressions(const JsonCursor &cursor,
                            const SymbolTable &symbols) {
  std::vector<Expression> expressions;
  for (const JsonCursor &element : cursor.elements())
    expressions.push_back(readExpression(element, symbols));
  return expressions;
}

PlanBuffer PlanReader::readBuffer(const JsonCursor &cursor) {
  cursor.allowOnly({"kind", "name", "type", "shape", "offset"});
  PlanBuffer buffer;
  JsonCursor kindCursor = cursor.member("kind");
  std::string kindText = kindCursor.asString();
  constexpr BufferKind kinds[] = {BufferKind::Input, BufferKind::Output,
                                  BufferKind::Scratch, BufferKind::Weight};
  const BufferKind *kind =
      std::find_if(std::begin(kinds), std::end(kinds), [&](BufferKind kind) {
        return getBufferKindName(kind) == kindText;
      });
  if (kind == std::end(kinds))
    kindCursor.fail("expected input, output, scratch or weight, got '" +
                    kindText + "'");
  else
    buffer.kind = *kind;
  if (std::optional<JsonCursor> name = cursor.findMember("name"))
    buffer.name = name->asString();
  JsonCursor typeCursor = cursor.member("type");
  std::optional<DataType> type = findSafetensorsType(typeCursor.asString());
  if (!type)
    typeCursor.fail("unknown element type '" + typeCursor.asString() + "'");
  buffer.type = type.value_or(DataType::U8);
  buffer.shape = readExpressions(cursor.member("shape"), dims);
  if (std::optional<JsonCursor> offset = cursor.findMember("offset"))
    buffer.offsetBytes = readExpression(*offset, dims);
  return buffer;
}

PlanKernel PlanReader::readKernel(const JsonCursor &cursor) {
  cursor.allowOnly({"name", "inputs", "outputs", "scalars"});
  return {cursor.member("name").asString(), cursor.member("inputs").asIndex(),
          cursor.member("outputs").asIndex(),
          cursor.member("scalars").asIndex()};
}

static ObserveStep readObserve(const JsonCursor &cursor) {
  cursor.allowOnly({"observe", "name", "weights"});
  ObserveStep observe{
      cursor.member("observe").asIndex(), cursor.member("name").asString(), {}};
  if (std::optional<JsonCursor> weights = cursor.findMember("weights"))
    for (const JsonCursor &weight : weights->elements())
      observe.weights.push_back(weight.asString());
  return observe;
}

PlanStep PlanReader::readStep(const JsonCursor &cursor) {
  if (cursor.findMember("copy")) {
    cursor.allowOnly({"copy", "to"});
    return CopyStep{cursor.member("copy").asIndex(),
                    cursor.member("to").asIndex()};
  }
  if (cursor.findMember("observe"))
    return readObserve(cursor);
  cursor.allowOnly({"launch", "buffers", "scalars"});
  return LaunchStep{cursor.member("launch").asIndex(),
                    readIndices(cursor.member("buffers")),
                    readExpressions(cursor.member("scalars"), dims)};
}

CompiledKernel PlanReader::readCompiledKernel(const JsonCursor &cursor,
                                              const Plan &plan) {
  cursor.allowOnly({"kernel", "format", "file", "sha256", "entry", "grid",
                    "block", "shared_bytes", "row_elements"});
  CompiledKernel compiled;
  compiled.kernel = cursor.member("kernel").asIndex();
  JsonCursor formatCursor = cursor.member("format");
  std::optional<KernelFormat> format =
      findKernelFormat(formatCursor.asString());
  if (!format)
    formatCursor.fail("expected so, ptx or cubin, got '" +
                      formatCursor.asString() + "'");
  compiled.format = format.value_or(KernelFormat::SharedObject);
  compiled.file = cursor.member("file").asString();
  compiled.sha256 = cursor.member("sha256").asString();
  compiled.entry = cursor.member("entry").asString();

  SymbolTable scalars;
  unsigned scalarCount = compiled.kernel < plan.kernels.size()
                             ? plan.kernels[compiled.kernel].scalarCount
                             : 0;
  // checkPlan refuses counts beyond the limit.
  for (unsigned i = 0; i < std::min(scalarCount, maxKernelScalars); ++i)
    scalars.emplace(getScalarName(i), i);
  compiled.grid = readExpressions(cursor.member("grid"), scalars);

  if (std::optional<JsonCursor> block = cursor.findMember("block")) {
    std::vector<JsonCursor> extents = block->elements();
    if (extents.size() == 3)
      compiled.block = BlockShape{extents[0].asIndex(), extents[1].asIndex(),
                                  extents[2].asIndex()};
    else
      block->fail("expected 3 extents, got " + std::to_string(extents.size()));
  }
  if (std::optional<JsonCursor> shared = cursor.findMember("shared_bytes"))
    compiled.sharedBytes = shared->asIndex();
  if (std::optional<JsonCursor> rows = cursor.findMember("row_elements"))
    for (const JsonCursor &row : rows->elements())
      compiled.rowElements.push_back(row.asInteger(0, largestInteger));
  return compiled;
}

PlanTarget PlanReader::readTarget(const JsonCursor &cursor, const Plan &plan) {
  cursor.allowOnly({"name", "kernels"});
  PlanTarget target;
  target.name = cursor.member("name").asString();
  for (const JsonCursor &element : cursor.member("kernels").elements())
    target.kernels.push_back(readCompiledKernel(element, plan));
  return target;
}

SizeCheck PlanReader::readCheck(const JsonCursor &cursor) {
  cursor.allowOnly({"equal", "at_most", "at"});
  SizeCheck check;
  std::optional<JsonCursor> sizes = cursor.findMember("equal");
  if (!sizes) {
    check.relation = SizeRelation::AtMost;
    sizes = cursor.member("at_most");
  } else if (cursor.findMember("at_most")) {
    cursor.fail("expected equal or at_most, got both");
  }
  std::vector<Expression> sides = readExpressions(*sizes, dims);
  if (sides.size() == 2) {
    check.left = std::move(sides[0]);
    check.right = std::move(sides[1]);
  } else {
    sizes->fail("expected 2 sizes, got " + std::to_string(sides.size()));
  }
  check.place = cursor.member("at").asString();
  return check;
}

Plan PlanReader::read() {
  Plan plan;
  readVersion();
  root.allowOnly({"version", "dims", "arena_bytes", "inputs", "outputs",
                  "buffers", "kernels", "steps", "targets", "checks"});
  for (const JsonCursor &element : root.member("dims").elements()) {
    dims.emplace(element.asString(), unsigned(plan.dims.size()));
    plan.dims.push_back(element.asString());
  }
  plan.arenaBytes = readExpression(root.member("arena_bytes"), dims);
  plan.inputs = readIndices(root.member("inputs"));
  plan.outputs = readIndices(root.member("outputs"));
  for (const JsonCursor &element : root.member("buffers").elements())
    plan.buffers.push_back(readBuffer(element));
  for (const JsonCursor &element : root.member("kernels").elements())
    plan.kernels.push_back(readKernel(element));
  for (const JsonCursor &element : root.member("steps").elements())
    plan.steps.push_back(readStep(element));
  for (const JsonCursor &element : root.member("targets").elements())
    plan.targets.push_back(readTarget(element, plan));
  if (std::optional<JsonCursor> checks = root.findMember("checks"))
    for (const JsonCursor &element : checks->elements())
      plan.checks.push_back(readCheck(element));
  return plan;
}

Result<Plan> artifact::parsePlan(std::string_view json) {
  JsonDocument document{std::string(planFileName), json};
  Plan plan;
  if (!document.error())
    plan = PlanReader(JsonCursor(document)).read();
  if (document.error())
    return *document.error();
  if (Result<void> checked = checkPlan(plan); !checked)
    return Error{checked.error().kind,
                 std::string(planFileName) + ": " + checked.error().message};
  return plan;
}
