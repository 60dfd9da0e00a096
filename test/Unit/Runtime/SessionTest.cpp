//===- SessionTest.cpp - tests of Session.h -------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Runtime/Session.h"

#include "SampleArtifact.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::runtime;

/// Calls of operator new in this program, the runtime included.
static std::atomic<size_t> allocationCount{0};

void *operator new(size_t size) {
  ++allocationCount;
  return std::malloc(size);
}
void operator delete(void *pointer) noexcept { std::free(pointer); }
void operator delete(void *pointer, size_t) noexcept { std::free(pointer); }

/// A session of the sample with a number of threads.
static Session createSession(const SampleArtifact &sample,
                             unsigned threadCount = 1) {
  Result<Model> model = Model::tryLoad(sample.write());
  EXPECT_TRUE(model) << model.error().message;
  return Session(*std::move(model), std::make_shared<ThreadPool>(threadCount));
}

static TensorView viewOf(const std::vector<float> &values,
                         std::vector<int64_t> dims) {
  return {DataType::F32, std::move(dims), std::as_bytes(std::span(values))};
}

static std::vector<float> getFloats(const OutputTensor &output) {
  std::vector<float> values(output.memory.sizeBytes() / sizeof(float));
  std::memcpy(values.data(), output.memory.data(), output.memory.sizeBytes());
  return values;
}

static std::string getRunMessage(Session &session,
                                 std::span<const NamedTensor> inputs,
                                 ErrorKind kind) {
  Result<std::vector<OutputTensor>> outputs = session.run(inputs);
  EXPECT_FALSE(outputs);
  if (outputs)
    return "";
  EXPECT_EQ(outputs.error().kind, kind);
  return outputs.error().message;
}

TEST(Session, RunsTheStepsForAnySize) {
  SampleArtifact sample;
  Session session = createSession(sample);
  for (int64_t batch : {2, 1, 0, 5}) {
    std::vector<float> x(size_t(batch) * 3, 1.0f);
    NamedTensor input{"x", viewOf(x, {batch, 3})};
    Result<std::vector<OutputTensor>> outputs = session.run({&input, 1});
    ASSERT_TRUE(outputs) << outputs.error().message;
    ASSERT_EQ(outputs->size(), 1u);
    EXPECT_EQ((*outputs)[0].name, "y");
    EXPECT_EQ((*outputs)[0].dims, (std::vector<int64_t>{batch, 3}));
    std::vector<float> expected;
    for (int64_t row = 0; row < batch; ++row)
      expected.insert(expected.end(), {3.0f, 4.0f, 5.0f});
    EXPECT_EQ(getFloats((*outputs)[0]), expected);
  }
}

TEST(Session, ShowsBuffersToAnObserver) {
  SampleArtifact sample;
  // The bias, and the sum before it is doubled.
  sample.plan.steps.insert(sample.plan.steps.begin() + 1,
                           ObserveStep{2, "sum", {"w"}});
  sample.plan.steps.insert(sample.plan.steps.begin(),
                           ObserveStep{1, "bias", {}});
  Session session = createSession(sample);
  std::vector<float> x = {1, 1, 1};
  NamedTensor input{"x", viewOf(x, {1, 3})};
  std::string seen;
  auto outputs = session.run({&input, 1}, [&](const Observation &observation) {
    const TensorView &tensor = observation.tensor;
    float first = 0;
    std::memcpy(&first, tensor.bytes.data(), sizeof(first));
    seen += observation.step.name + " " + printDims(tensor.dims) + " " +
            std::to_string(first) + "; ";
  });
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_EQ(seen, "bias [3] 0.500000; sum [1, 3] 1.500000; ");
  EXPECT_EQ(getFloats((*outputs)[0]), (std::vector<float>{3, 4, 5}));
  // Nobody looks.
  EXPECT_TRUE(session.run({&input, 1}));
}

TEST(Session, GivesTheSameBytesForAnyNumberOfThreads) {
  SampleArtifact sample;
  std::vector<float> x(3 * 1001);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = float(i) * 0.37f;
  NamedTensor input{"x", viewOf(x, {1001, 3})};
  Session alone = createSession(sample, 1);
  std::vector<float> expected = getFloats((*alone.run({&input, 1}))[0]);
  EXPECT_EQ(expected[3000], 2 * (x[3000] + 0.5f));
  for (unsigned threads : {2u, 3u, 16u}) {
    Session session = createSession(sample, threads);
    EXPECT_EQ(getFloats((*session.run({&input, 1}))[0]), expected);
  }
}

TEST(Session, ReadsInputsAtAnyAddress) {
  SampleArtifact sample;
  Session session = createSession(sample);
  std::vector<float> x = {1, 2, 3};
  std::vector<std::byte> shifted(13);
  std::memcpy(shifted.data() + 1, x.data(), 12);
  NamedTensor input{"x",
                    {DataType::F32, {1, 3}, std::span(shifted).subspan(1)}};
  Result<std::vector<OutputTensor>> outputs = session.run({&input, 1});
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_EQ(getFloats((*outputs)[0]), (std::vector<float>{3, 6, 9}));
}

TEST(Session, CopiesBuffers) {
  SampleArtifact sample;
  sample.plan.steps.pop_back();
  sample.plan.steps.push_back(CopyStep{2, 3});
  Session session = createSession(sample);
  std::vector<float> x = {1, 2, 3};
  NamedTensor input{"x", viewOf(x, {1, 3})};
  EXPECT_EQ(getFloats((*session.run({&input, 1}))[0]),
            (std::vector<float>{1.5f, 3, 4.5f}));
  // A weight is copied from where it is mapped.
  SampleArtifact constant;
  constant.plan.buffers[3].shape = {Expression::constant(3)};
  constant.plan.steps = {CopyStep{1, 3}};
  Session other = createSession(constant);
  EXPECT_EQ(getFloats((*other.run({&input, 1}))[0]),
            (std::vector<float>{0.5f, 1, 1.5f}));
}

// The object asks for rows of 4 elements; the file has rows of 3.
TEST(Session, PadsRowsOfWeights) {
  SampleArtifact sample;
  sample.plan.buffers[1] = {BufferKind::Weight,
                            "table",
                            DataType::U16,
                            {Expression::constant(2), Expression::constant(3)},
                            std::nullopt};
  sample.plan.buffers[3].type = DataType::U16;
  sample.plan.buffers[3].shape = {Expression::constant(2),
                                  Expression::constant(4)};
  sample.plan.kernels = {{"copy", 1, 1, 1}};
  sample.plan.steps = {LaunchStep{0, {1, 3}, {Expression::constant(2)}}};
  sample.plan.targets[0].kernels.clear();
  sample.addKernel(0, "copy_padded");
  sample.plan.targets[0].kernels[0].grid = {Expression::constant(1)};
  sample.plan.targets[0].kernels[0].rowElements = {4, 0};
  Session session = createSession(sample);
  std::vector<float> x(3);
  NamedTensor input{"x", viewOf(x, {1, 3})};
  Result<std::vector<OutputTensor>> outputs = session.run({&input, 1});
  ASSERT_TRUE(outputs) << outputs.error().message;
  const uint16_t expected[] = {1, 2, 3, 0, 4, 5, 6, 0};
  ASSERT_EQ((*outputs)[0].memory.sizeBytes(), sizeof(expected));
  EXPECT_EQ(
      std::memcmp((*outputs)[0].memory.data(), expected, sizeof(expected)), 0);
}

TEST(Session, RefusesInputsThatDoNotFit) {
  SampleArtifact sample;
  Session session = createSession(sample);
  std::vector<float> x(6);
  NamedTensor good{"x", viewOf(x, {2, 3})};
  EXPECT_EQ(getRunMessage(session, {}, ErrorKind::Usage),
            "input 'x': missing, expected F32[batch, 3]");
  NamedTensor twice[] = {good, good};
  EXPECT_EQ(getRunMessage(session, twice, ErrorKind::Usage),
            "input 'x': given twice");
  NamedTensor unknown{"z", good.tensor};
  EXPECT_EQ(getRunMessage(session, {&unknown, 1}, ErrorKind::Usage),
            "unknown input 'z', the model has 'x'");

  NamedTensor bad = good;
  bad.tensor.dims = {3, 2};
  EXPECT_EQ(getRunMessage(session, {&bad, 1}, ErrorKind::MalformedInput),
            "input 'x': expected shape [batch, 3], got [3, 2]");
  bad.tensor.dims = {6};
  EXPECT_EQ(getRunMessage(session, {&bad, 1}, ErrorKind::MalformedInput),
            "input 'x': expected shape [batch, 3], got [6]");
  bad.tensor.dims = {3, 3};
  EXPECT_EQ(getRunMessage(session, {&bad, 1}, ErrorKind::MalformedInput),
            "input 'x': expected 36 bytes for [3, 3], got 24");
  bad.tensor.dims = {INT64_MAX, 3};
  EXPECT_EQ(getRunMessage(session, {&bad, 1}, ErrorKind::MalformedInput),
            "input 'x': expected less than 2^63 bytes for "
            "[9223372036854775807, 3], got 24");
  bad = good;
  bad.tensor.type = DataType::I32;
  EXPECT_EQ(getRunMessage(session, {&bad, 1}, ErrorKind::MalformedInput),
            "input 'x': expected elements of type F32, got I32");
}

TEST(Session, RefusesTwoSizesOfOneDimension) {
  SampleArtifact sample;
  sample.plan.buffers.push_back({BufferKind::Input,
                                 "mask",
                                 DataType::F32,
                                 {Expression::symbol(0)},
                                 std::nullopt});
  sample.plan.inputs.push_back(4);
  Session session = createSession(sample);
  std::vector<float> x(6), mask(3);
  NamedTensor inputs[] = {{"x", viewOf(x, {2, 3})},
                          {"mask", viewOf(mask, {3})}};
  EXPECT_EQ(getRunMessage(session, inputs, ErrorKind::MalformedInput),
            "input 'mask': expected 2 for dimension 'batch' as in input 'x', "
            "got 3");
}

/// Message of a run with batch 2 after a change to the plan.
template <typename Change> static std::string getResolveMessage(Change change) {
  SampleArtifact sample;
  change(sample.plan);
  Session session = createSession(sample);
  std::vector<float> x(6);
  NamedTensor input{"x", viewOf(x, {2, 3})};
  return getRunMessage(session, {&input, 1}, ErrorKind::MalformedInput);
}

TEST(Session, ChecksTheSizesThatAPlanReliesOn) {
  auto addCheck = [](SizeRelation relation, int64_t size) {
    return getResolveMessage([=](Plan &plan) {
      plan.checks = {{relation, Expression::symbol(0),
                      Expression::constant(size), "/add"}};
    });
  };
  EXPECT_EQ(addCheck(SizeRelation::Equal, 3),
            "/add: expected sizes of inputs with 'batch' = 2 equal to 3");
  EXPECT_EQ(addCheck(SizeRelation::AtMost, 1),
            "/add: expected sizes of inputs with 'batch' = 2 at most 1");
}

TEST(Session, RefusesPlansThatDoNotResolve) {
  EXPECT_EQ(getResolveMessage(
                [](Plan &plan) { plan.arenaBytes = Expression::constant(20); }),
            "buffers[2]: expected an end inside the arena of 20 bytes, got 24 "
            "bytes at 0");
  EXPECT_EQ(getResolveMessage(
                [](Plan &plan) { plan.arenaBytes = Expression::constant(-1); }),
            "arena_bytes: expected a size from 0 on, got -1");
  EXPECT_EQ(getResolveMessage([](Plan &plan) {
              plan.buffers[2].offsetBytes = Expression::constant(8);
            }),
            "buffers[2]: expected an offset from 0 on that is a multiple of "
            "64, got 8");
  EXPECT_EQ(getResolveMessage([](Plan &plan) {
              plan.buffers[3].shape[0] = Expression::constant(-2);
            }),
            "buffers[3]: expected extents from 0 on with a size below 2^63 "
            "bytes, got [-2, 3]");
  Expression tooLarge =
      Expression::binary(ExpressionOp::Mul, Expression::symbol(0),
                         Expression::constant(INT64_MAX));
  std::string overflow = "expected a 64-bit value, got 2 * 9223372036854775807";
  EXPECT_EQ(getResolveMessage([&](Plan &plan) { plan.arenaBytes = tooLarge; }),
            "arena_bytes: " + overflow);
  EXPECT_EQ(getResolveMessage(
                [&](Plan &plan) { plan.buffers[3].shape[1] = tooLarge; }),
            "buffers[3]: " + overflow);
  EXPECT_EQ(getResolveMessage(
                [&](Plan &plan) { plan.buffers[2].offsetBytes = tooLarge; }),
            "buffers[2]: " + overflow);
  EXPECT_EQ(getResolveMessage([&](Plan &plan) {
              std::get<LaunchStep>(plan.steps[1]).scalars[0] = tooLarge;
            }),
            "steps[1]: " + overflow);
  EXPECT_EQ(getResolveMessage([](Plan &plan) {
              plan.targets[0].kernels[1].grid[0] = Expression::constant(-3);
            }),
            "steps[1]: expected a count of work items, got -3");
  EXPECT_EQ(getResolveMessage(
                [](Plan &plan) { plan.steps.push_back(CopyStep{1, 3}); }),
            "steps[2]: expected a copy between buffers of one size, got 12 "
            "and 24 bytes");
}

// Sizes that fit into 63 bits and into no memory.
TEST(Session, ReportsMissingMemory) {
  SampleArtifact sample;
  sample.plan.arenaBytes = Expression::constant(INT64_MAX);
  Session session = createSession(sample);
  std::vector<float> x(6);
  NamedTensor input{"x", viewOf(x, {2, 3})};
  EXPECT_EQ(getRunMessage(session, {&input, 1}, ErrorKind::Budget),
            "scratch memory: cannot allocate 9223372036854775807 bytes of "
            "memory");
  SampleArtifact large;
  large.plan.buffers[3].shape[1] = Expression::constant(int64_t(1) << 59);
  Session other = createSession(large);
  EXPECT_EQ(getRunMessage(other, {&input, 1}, ErrorKind::Budget),
            "output 'y': cannot allocate 4611686018427387904 bytes of memory");
}

/// Allocations of a second run with the same sizes, the kernel `twice` launched
/// `launchCount` times.
static size_t countAllocations(size_t launchCount) {
  SampleArtifact sample;
  for (size_t i = 1; i < launchCount; ++i)
    sample.plan.steps.push_back(sample.plan.steps[1]);
  Session session = createSession(sample, 2);
  std::vector<float> x(3 * 64);
  NamedTensor input{"x", viewOf(x, {64, 3})};
  EXPECT_TRUE(session.run({&input, 1}));
  size_t before = allocationCount;
  EXPECT_TRUE(session.run({&input, 1}));
  return allocationCount - before;
}

TEST(Session, AllocatesNothingPerStep) {
  EXPECT_EQ(countAllocations(100), countAllocations(1));
  EXPECT_GT(countAllocations(1), 0u);
}
