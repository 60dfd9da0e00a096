//===- PlanTest.cpp - tests of Plan.h -------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SamplePlan.h"

#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>

using namespace ccq;
using namespace ccq::artifact;

// The file that docs/Artifact.md shows.
static constexpr const char *sampleText = R"({
  "version": 1,
  "dims": ["batch"],
  "arena_bytes": ["mul",["mul",["ceildiv",["mul","batch",12],64],64],2],
  "inputs": [0],
  "outputs": [4],
  "buffers": [
    {"kind":"input","name":"x","type":"F32","shape":["batch",3]},
    {"kind":"weight","name":"bias","type":"F32","shape":[3]},
    {"kind":"scratch","type":"F32","shape":["batch",3],"offset":0},
    {"kind":"scratch","type":"F32","shape":["batch",3],"offset":["mul",["ceildiv",["mul","batch",12],64],64]},
    {"kind":"output","name":"y","type":"F32","shape":["batch",3]}
  ],
  "kernels": [
    {"name":"add","inputs":2,"outputs":1,"scalars":1},
    {"name":"twice","inputs":1,"outputs":1,"scalars":1}
  ],
  "steps": [
    {"launch":0,"buffers":[0,1,2],"scalars":["batch"]},
    {"launch":1,"buffers":[2,3],"scalars":["batch"]},
    {"copy":3,"to":4}
  ],
  "targets": [
    {"name":"cpu:x86-64","kernels":[
      {"kernel":0,"format":"so","file":"kernels/cpu:x86-64/add.so","sha256":"0000000000000000000000000000000000000000000000000000000000000000","entry":"add","grid":["s0"],"row_elements":[0,4,0]},
      {"kernel":1,"format":"so","file":"kernels/cpu:x86-64/twice.so","sha256":"0000000000000000000000000000000000000000000000000000000000000000","entry":"twice","grid":["s0"]}
    ]},
    {"name":"ptx:sm_80","kernels":[
      {"kernel":0,"format":"ptx","file":"kernels/ptx:sm_80/add.ptx","sha256":"0000000000000000000000000000000000000000000000000000000000000000","entry":"add","grid":["s0",1,1],"block":[128,1,1],"shared_bytes":256}
    ]},
    {"name":"cuda:sm_80","kernels":[
      {"kernel":0,"format":"cubin","file":"kernels/cuda:sm_80/add.cubin","sha256":"0000000000000000000000000000000000000000000000000000000000000000","entry":"add","grid":["s0",1,1],"block":[128,1,1],"shared_bytes":256}
    ]}
  ]
}
)";

TEST(Plan, PrintsAsDocumented) {
  EXPECT_EQ(printPlan(createSamplePlan()), sampleText);
}

TEST(Plan, IsTheExampleOfTheDocumentation) {
  std::ifstream stream(CCQ_SOURCE_DIR "/docs/Artifact.md");
  std::string page{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_NE(page.find("```json\n" + std::string(sampleText) + "```"),
            std::string::npos);
}

TEST(Plan, ParsesWhatItPrints) {
  Result<Plan> plan = parsePlan(sampleText);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(*plan, createSamplePlan());
  EXPECT_EQ(printShape(*plan, plan->buffers[0].shape), "[batch, 3]");
  EXPECT_EQ(findTarget(*plan, "cpu:x86-64"), &plan->targets[0]);
  EXPECT_EQ(findTarget(*plan, "cpu:x86-64-v3"), nullptr);
  EXPECT_EQ(findCompiledKernel(plan->targets[1], 1), nullptr);
}

TEST(Plan, ObservesSinceVersion3) {
  Plan plan = createSamplePlan();
  plan.steps.push_back(ObserveStep{3, "t", {}});
  plan.steps.push_back(ObserveStep{0, "x", {"w", "v"}});
  std::string text = printPlan(plan);
  EXPECT_NE(text.find("\"version\": 3,"), std::string::npos);
  EXPECT_NE(text.find("    {\"observe\":3,\"name\":\"t\"},\n"
                      "    {\"observe\":0,\"name\":\"x\",\"weights\":"
                      "[\"w\",\"v\"]}\n"),
            std::string::npos);
  Result<Plan> parsed = parsePlan(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, plan);
}

/// Message of checkPlan for the sample plan after a change.
static std::string getCheckMessage(const std::function<void(Plan &)> &change) {
  Plan plan = createSamplePlan();
  change(plan);
  Result<void> checked = checkPlan(plan);
  if (checked)
    return "";
  EXPECT_EQ(checked.error().kind, ErrorKind::MalformedInput);
  return checked.error().message;
}

TEST(Plan, ChecksNames) {
  EXPECT_EQ(getCheckMessage([](Plan &) {}), "");
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.kernels[1].name = "add"; }),
            "artifact_c2: kernels[1]: name 'add' occurs twice");
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.dims[0] = ""; }),
            "artifact_c2: dims[0]: expected a name of 1 to 4096 bytes, got 0");
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.targets[1].name = "\xff"; }),
            "artifact_c2: targets[1]: expected a name in UTF-8");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.targets[0].kernels[1].kernel = 0;
              plan.targets[0].kernels[1].rowElements.clear();
            }),
            "artifact_c2: targets[0].kernels[1]: kernel 'add' occurs twice");
  // An input and an output may have one name.
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.buffers[4].name = "x"; }),
            "");
}

TEST(Plan, ChecksIndicesAndSymbols) {
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.buffers[2].shape[0] = Expression::symbol(1);
            }),
            "artifact_c3: buffers[2].shape[0]: expected a symbol below 1, "
            "got 1");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              std::get<LaunchStep>(plan.steps[0]).buffers[1] = 5;
            }),
            "artifact_c3: steps[0]: expected a buffer below 5, got 5");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              std::get<LaunchStep>(plan.steps[0]).kernel = 2;
            }),
            "artifact_c3: steps[0]: expected a kernel below 2, got 2");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              std::get<CopyStep>(plan.steps[2]).source = 9;
            }),
            "artifact_c3: steps[2]: expected a buffer below 5, got 9");
  EXPECT_EQ(getCheckMessage(
                [](Plan &plan) { plan.targets[0].kernels[0].kernel = 7; }),
            "artifact_c3: targets[0].kernels[0]: expected a kernel below 2, "
            "got 7");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.targets[0].kernels[1].grid[0] = Expression::symbol(3);
            }),
            "artifact_c3: targets[0].kernels[1].grid[0]: expected a symbol "
            "below 1, got 3");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              for (int i = 0; i < 1024; ++i)
                plan.arenaBytes = Expression::binary(
                    ExpressionOp::Add, plan.arenaBytes, Expression::symbol(0));
            }),
            "artifact_c3: arena_bytes: expected an expression of depth 64 and "
            "1024 nodes at most");
  EXPECT_EQ(
      getCheckMessage([](Plan &plan) { plan.buffers[3].shape.resize(33); }),
      "artifact_c3: buffers[3]: expected at most 32 extents, got 33");
}

TEST(Plan, ChecksObservations) {
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.steps.push_back(ObserveStep{5, "t", {}});
            }),
            "artifact_c3: steps[3]: expected a buffer below 5, got 5");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.steps.push_back(ObserveStep{3, "t", {}});
              plan.steps.push_back(ObserveStep{0, "t", {}});
            }),
            "artifact_c2: steps[4]: name 't' occurs twice");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.steps.push_back(ObserveStep{3, "t", {"w", "w"}});
            }),
            "artifact_c2: steps[3].weights: name 'w' occurs twice");
}

TEST(Plan, ChecksInputShapes) {
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.buffers[0].shape[0] =
                  Expression::binary(ExpressionOp::Mul, Expression::symbol(0),
                                     Expression::constant(2));
            }),
            "artifact_c4: input 'x': expected extents that are numbers or "
            "dimension names, got [batch * 2, 3]");
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.dims.push_back("time"); }),
            "artifact_c4: dimension 'time': expected it in the shape of an "
            "input");
}

TEST(Plan, ChecksBuffers) {
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.buffers[1].shape[0] = Expression::symbol(0);
            }),
            "artifact_c5: buffers[1]: expected constant extents with a size "
            "below 2^63 bytes, got [batch]");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.buffers[1].shape[0] = Expression::constant(INT64_MAX);
            }),
            "artifact_c5: buffers[1]: expected constant extents with a size "
            "below 2^63 bytes, got [9223372036854775807]");
  EXPECT_EQ(
      getCheckMessage([](Plan &plan) { plan.buffers[2].offsetBytes.reset(); }),
      "artifact_c6: buffers[2]: expected an offset for scratch and for "
      "nothing else, got kind scratch");
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.buffers[2].name = "t"; }),
            "artifact_c6: buffers[2]: expected no name, got 't'");
}

TEST(Plan, ChecksTheInterface) {
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.inputs[0] = 2; }),
            "artifact_c7: inputs[0]: expected the index of an input buffer, "
            "got 2");
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.outputs = {4, 4}; }),
            "artifact_c7: outputs[1]: buffer 4 occurs twice");
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.outputs.clear(); }),
            "artifact_c7: buffers[4]: expected its index in 'outputs'");
}

TEST(Plan, ChecksSteps) {
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              std::get<LaunchStep>(plan.steps[1]).scalars.clear();
            }),
            "artifact_c8: steps[1]: kernel 'twice': expected 2 buffers and 1 "
            "scalars, got 2 and 0");
  EXPECT_EQ(
      getCheckMessage([](Plan &plan) { plan.kernels[1].scalarCount = 300; }),
      "artifact_c8: kernels[1]: expected at most 256 scalars, got 300");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              std::get<LaunchStep>(plan.steps[0]).buffers[2] = 1;
            }),
            "artifact_c9: steps[0]: expected an output or scratch buffer to "
            "write, got buffer 1 of kind weight");
  EXPECT_EQ(getCheckMessage([](Plan &plan) { plan.steps.pop_back(); }),
            "artifact_c10: output 'y': expected a step that writes it");
}

TEST(Plan, ChecksFilesOfKernels) {
  for (const char *file :
       {"/etc/passwd", "kernels/a/../b", "kernels/../x.so", "kernels//x.so",
        "kernels/a/b/c.so", "kernels/a", "kernels/a/.so", "other/a/b.so",
        "kernels/a\\b/c.so"})
    EXPECT_EQ(getCheckMessage(
                  [&](Plan &plan) { plan.targets[0].kernels[0].file = file; }),
              "artifact_c11: targets[0].kernels[0]: expected a file "
              "kernels/<target>/<name>, got '" +
                  std::string(file) + "'");
  EXPECT_EQ(getCheckMessage(
                [](Plan &plan) { plan.targets[0].kernels[0].sha256 = "12AB"; }),
            "artifact_c11: targets[0].kernels[0]: expected a SHA-256 of 64 "
            "hexadecimal digits, got '12AB'");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.targets[0].kernels[0].entry = "two words";
            }),
            "artifact_c11: targets[0].kernels[0]: expected a symbol name");
}

TEST(Plan, ChecksLaunchShapes) {
  EXPECT_EQ(getCheckMessage(
                [](Plan &plan) { plan.targets[0].kernels[0].grid.clear(); }),
            "artifact_c12: targets[0].kernels[0]: expected 1 grid extents and "
            "no block for format so");
  EXPECT_EQ(getCheckMessage(
                [](Plan &plan) { plan.targets[1].kernels[0].block.reset(); }),
            "artifact_c12: targets[1].kernels[0]: expected 3 grid extents and "
            "a block for format ptx");
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.targets[1].kernels[0].block = BlockShape{0, 1, 1};
            }),
            "artifact_c12: targets[1].kernels[0]: expected block extents from "
            "1 to 1024, got 0");
  EXPECT_EQ(getCheckMessage(
                [](Plan &plan) { plan.targets[1].name = "cpu:x86-64-v3"; }),
            "artifact_c12: targets[1].kernels[0]: format ptx does not run on "
            "target 'cpu:x86-64-v3'");
}

TEST(Plan, ChecksRowLengths) {
  EXPECT_EQ(getCheckMessage([](Plan &plan) {
              plan.targets[0].kernels[0].rowElements = {0, 4};
            }),
            "artifact_c13: targets[0].kernels[0]: expected 3 row lengths, "
            "got 2");
  // Shorter than a row, and for a buffer that is not a weight.
  for (std::vector<int64_t> rows :
       {std::vector<int64_t>{0, 2, 0}, std::vector<int64_t>{4, 0, 0}})
    EXPECT_EQ(getCheckMessage([&](Plan &plan) {
                plan.targets[0].kernels[0].rowElements = rows;
              }),
              "artifact_c13: targets[0].kernels[0]: expected row length 0, or "
              "at least the last extent of a weight, got " +
                  std::string(rows[0] ? "4 for buffer 0" : "2 for buffer 1"));
}

/// Message of parsePlan for the sample text with `from` replaced by `to`.
static Error getParseError(const std::string &from, const std::string &to) {
  std::string text = sampleText;
  size_t position = text.find(from);
  EXPECT_NE(position, std::string::npos) << from;
  text.replace(position, from.size(), to);
  Result<Plan> plan = parsePlan(text);
  EXPECT_FALSE(plan) << to;
  return plan ? Error{} : plan.error();
}

static std::string getParseMessage(const std::string &from,
                                   const std::string &to) {
  return getParseError(from, to).message;
}

TEST(Plan, KeepsChecks) {
  Plan plan = createSamplePlan();
  plan.checks = {{SizeRelation::Equal, Expression::symbol(0),
                  Expression::constant(2), "/add"},
                 {SizeRelation::AtMost, Expression::constant(1),
                  Expression::symbol(0), "input 'x'"}};
  std::string text = printPlan(plan);
  EXPECT_NE(text.find("\"version\": 2"), std::string::npos);
  EXPECT_NE(text.find("  \"checks\": [\n"
                      "    {\"equal\":[\"batch\",2],\"at\":\"/add\"},\n"
                      "    {\"at_most\":[1,\"batch\"],\"at\":\"input 'x'\"}\n"
                      "  ]\n"),
            std::string::npos);
  EXPECT_EQ(*parsePlan(text), plan);
}

/// Message for the sample with one check.
static std::string getCheckMessage(const std::string &check) {
  return getParseMessage("  \"targets\"",
                         "  \"checks\": [" + check + "],\n  \"targets\"");
}

TEST(Plan, RefusesBrokenChecks) {
  EXPECT_EQ(getCheckMessage("{\"equal\":[1],\"at\":\"\"}"),
            "plan.json: checks[0].equal: expected 2 sizes, got 1");
  EXPECT_EQ(getCheckMessage("{\"equal\":[1,1],\"at_most\":[1,1],\"at\":\"\"}"),
            "plan.json: checks[0]: expected equal or at_most, got both");
  EXPECT_EQ(getCheckMessage("{\"equal\":[\"time\",1],\"at\":\"\"}"),
            "plan.json: checks[0].equal[0]: artifact_c3: unknown symbol "
            "'time'");
  Plan plan = createSamplePlan();
  plan.checks = {{SizeRelation::Equal, Expression::symbol(1), {}, ""}};
  EXPECT_EQ(checkPlan(plan).error().message,
            "artifact_c3: checks[0]: expected a symbol below 1, got 1");
  plan.checks = {{SizeRelation::Equal, {}, {}, "\xff"}};
  EXPECT_EQ(checkPlan(plan).error().message,
            "artifact_c2: checks[0]: expected a place of at most 4096 bytes of "
            "UTF-8");
}

TEST(Plan, RefusesNewerVersions) {
  Error error = getParseError("\"version\": 1", "\"version\": 4");
  EXPECT_EQ(error.kind, ErrorKind::Unsupported);
  EXPECT_EQ(error.message,
            "plan.json: version: artifact_c1: expected version 3 at most, got "
            "4; this artifact needs a newer release");
}

TEST(Plan, NamesThePlaceOfAnError) {
  EXPECT_EQ(getParseMessage("\"dims\": [\"batch\"]", "\"dims\": \"batch\""),
            "plan.json: dims: expected a list");
  EXPECT_EQ(getParseMessage("\"inputs\": [0]", "\"inputs\": [-1]"),
            "plan.json: inputs[0]: expected an integer from 0 to 2147483647, "
            "got -1");
  EXPECT_EQ(getParseMessage("\"inputs\": [0]", "\"inputs\": [0.5]"),
            "plan.json: inputs[0]: expected an integer from 0 to 2147483647, "
            "got 0.5");
  EXPECT_EQ(getParseMessage("\"F32\"", "\"F33\""),
            "plan.json: buffers[0].type: unknown element type 'F33'");
  EXPECT_EQ(getParseMessage("\"input\"", "\"inputs\""),
            "plan.json: buffers[0].kind: expected input, output, scratch or "
            "weight, got 'inputs'");
  EXPECT_EQ(getParseMessage("[\"batch\",3]", "[\"time\",3]"),
            "plan.json: buffers[0].shape[0]: artifact_c3: unknown symbol "
            "'time'");
  EXPECT_EQ(getParseMessage("[\"mul\",[\"mul\"", "[\"mul\",[\"sub\""),
            "plan.json: arena_bytes[1][0]: expected add, mul, floordiv, "
            "ceildiv, mod or max, got 'sub'");
  EXPECT_EQ(getParseMessage(",64],2]", ",64],2,3]"),
            "plan.json: arena_bytes: expected [operation, left, right], got 4 "
            "elements");
  EXPECT_EQ(getParseMessage("\"offset\":0", "\"offset\":null"),
            "plan.json: buffers[2].offset: expected a number, a name or "
            "[operation, left, right]");
  EXPECT_EQ(getParseMessage("\"to\":4", "\"onto\":4"),
            "plan.json: steps[2]: unknown member 'onto'");
  EXPECT_EQ(getParseMessage("\"launch\":0,", ""),
            "plan.json: steps[0]: expected a member 'launch'");
  EXPECT_EQ(getParseMessage("\"format\":\"so\"", "\"format\":\"dll\""),
            "plan.json: targets[0].kernels[0].format: expected so, ptx or "
            "cubin, got 'dll'");
  EXPECT_EQ(getParseMessage("[128,1,1]", "[128]"),
            "plan.json: targets[1].kernels[0].block: expected 3 extents, "
            "got 1");
  EXPECT_EQ(getParseMessage("{\"copy\":3,\"to\":4}", "7"),
            "plan.json: steps[2]: expected an object");
  EXPECT_EQ(getParseMessage("\"name\":\"add\"", "\"name\":1"),
            "plan.json: kernels[0].name: expected a string");
}

TEST(Plan, RefusesWhatIsNotStrictJson) {
  EXPECT_EQ(getParseMessage("{\n", "{{"), "plan.json: expected JSON in UTF-8");
  EXPECT_EQ(getParseMessage("\"dims\"", "\"dims\": [], \"dims\""),
            "plan.json: key 'dims' occurs twice");
  EXPECT_EQ(getParseMessage("\"batch\"", "\"\xff\""),
            "plan.json: expected JSON in UTF-8");
  EXPECT_EQ(getParseMessage("[0]", std::string(100, '[')),
            "plan.json: expected at most 80 levels of nesting");
  EXPECT_FALSE(parsePlan(""));
  EXPECT_FALSE(parsePlan("[]"));
}
