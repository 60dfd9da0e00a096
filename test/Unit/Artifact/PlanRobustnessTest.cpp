//===- PlanRobustnessTest.cpp - the readers on damaged files --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SamplePlan.h"
#include "TemporaryDirectory.h"
#include "ccq/Artifact/Safetensors.h"

#include <cstring>
#include <gtest/gtest.h>
#include <iterator>
#include <random>

using namespace ccq;
using namespace ccq::artifact;

/// Pieces that turn valid JSON into other JSON more often than random bytes.
static constexpr std::string_view pieces[] = {"0",
                                              "-1",
                                              "9223372036854775807",
                                              "18446744073709551616",
                                              "1e400",
                                              "null",
                                              "[]",
                                              "{}",
                                              "\"batch\"",
                                              "\"s0\"",
                                              "\"mul\"",
                                              ",",
                                              ":",
                                              "]",
                                              "}",
                                              "[\"max\",1,2]"};

/// Changes, removes, repeats or inserts something in one to four places.
static std::string mutate(std::string text, std::mt19937 &random) {
  auto draw = [&](size_t bound) { return bound ? random() % bound : 0; };
  size_t changes = 1 + draw(4);
  for (size_t i = 0; i < changes && !text.empty(); ++i) {
    size_t place = draw(text.size());
    size_t length = std::min(1 + draw(12), text.size() - place);
    switch (draw(5)) {
    case 0:
      text[place] = char(draw(256));
      break;
    case 1:
      text.erase(place, length);
      break;
    case 2:
      text.insert(place, text.substr(draw(text.size()), length));
      break;
    case 3:
      text.replace(place, length, pieces[draw(std::size(pieces))]);
      break;
    default:
      text.resize(place);
      break;
    }
  }
  return text;
}

// Whatever the reader lets through prints, reads back the same, and evaluates.
TEST(PlanRobustness, DamagedPlansAreRefusedOrConsistent) {
  std::mt19937 random(1);
  std::string text = printPlan(createSamplePlan());
  size_t accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    Result<Plan> plan = parsePlan(mutate(text, random));
    if (!plan) {
      ASSERT_TRUE(plan.error().message.starts_with("plan.json: "));
      continue;
    }
    ++accepted;
    Result<Plan> again = parsePlan(printPlan(*plan));
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(*again, *plan);
    std::vector<int64_t> dims(plan->dims.size(), INT64_MAX / 5);
    (void)bool(plan->arenaBytes.evaluate(dims));
    for (const PlanBuffer &buffer : plan->buffers)
      for (const Expression &extent : buffer.shape)
        (void)bool(extent.evaluate(dims));
  }
  // Some changes, to a name for example, are harmless.
  EXPECT_GT(accepted, 0u);
}

TEST(PlanRobustness, DamagedHeadersAreRefusedOrConsistent) {
  TemporaryDirectory directory;
  std::filesystem::path path = directory.path() / weightsFileName;
  std::vector<TensorSpec> specs = {{"a", DataType::F32, {2, 3}},
                                   {"b", DataType::U16, {5}}};
  auto writer = SafetensorsWriter::tryCreate(path, specs, {{"key", "value"}},
                                             OverwritePolicy::Refuse);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write("a", 0, std::vector<std::byte>(24)));
  ASSERT_TRUE(writer->write("b", 0, std::vector<std::byte>(10)));
  ASSERT_TRUE(writer->commit());
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};

  std::mt19937 random(2);
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = mutate(text.substr(8), random);
    // Half of the headers have a length that fits what follows.
    uint64_t length = 0;
    std::memcpy(&length, text.data(), sizeof(length));
    length += random() % 2 ? damaged.size() - (text.size() - 8) : 0;
    damaged.insert(0, reinterpret_cast<const char *>(&length), 8);
    std::span bytes = std::as_bytes(std::span(damaged.data(), damaged.size()));
    Result<SafetensorsHeader> header = parseSafetensorsHeader(bytes);
    if (!header)
      continue;
    for (const TensorEntry &entry : header->tensors) {
      ASSERT_LE(entry.beginBytes, entry.endBytes);
      ASSERT_LE(header->dataOffsetBytes + entry.endBytes, bytes.size());
      ASSERT_EQ(computeSizeBytes(entry.spec.type, entry.spec.dims),
                entry.endBytes - entry.beginBytes);
    }
  }
}
