//===- ActivationStatisticsTest.cpp - statistics files --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/ActivationStatistics.h"

#include "TemporaryDirectory.h"

#include <gtest/gtest.h>
#include <limits>

using namespace ccq;
using namespace ccq::artifact;

/// Two inputs: x = (1, 2) and (3, 4) for weights a and b, and nothing yet for
/// c.
static ActivationStatistics createSample() {
  ActivationStatistics statistics;
  statistics.model = "model";
  statistics.data = {"one", "two"};
  statistics.inputs = {{{"a", 2, 2, {"a", "b"}}, {10, 14, 20}, {4, 6}},
                       {{"c", 1, 0, {"c"}}, {0}, {0}}};
  return statistics;
}

static StatisticsFile writeAndOpen(const TemporaryDirectory &directory,
                                   const ActivationStatistics &statistics) {
  auto path = directory / "m.stats";
  Result<void> written =
      writeStatistics(path, statistics, OverwritePolicy::Replace);
  EXPECT_TRUE(written) << written.error().message;
  Result<StatisticsFile> file = StatisticsFile::tryOpen(path);
  EXPECT_TRUE(file) << file.error().message;
  return *std::move(file);
}

TEST(ActivationStatistics, ReadsWhatItWrites) {
  TemporaryDirectory directory;
  StatisticsFile file = writeAndOpen(directory, createSample());
  EXPECT_EQ(file.model(), "model");
  EXPECT_EQ(file.data(), (std::vector<std::string>{"one", "two"}));
  ASSERT_EQ(file.inputs().size(), 2u);
  EXPECT_EQ(file.inputs()[0], (ObservedInput{"a", 2, 2, {"a", "b"}}));
  Result<ActivationStatistics> read = file.tryRead();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->inputs[0].secondMoment, (std::vector<double>{10, 14, 20}));
  EXPECT_EQ(read->inputs[0].sum, (std::vector<double>{4, 6}));
}

TEST(ActivationStatistics, GivesTheMeanOfAWeight) {
  TemporaryDirectory directory;
  StatisticsFile file = writeAndOpen(directory, createSample());
  Result<WeightStatistics> weight = file.tryGet("b", 2);
  ASSERT_TRUE(weight);
  EXPECT_EQ(weight->rows, 2u);
  EXPECT_EQ(weight->hessian, (std::vector<double>{5, 7, 7, 10}));
}

TEST(ActivationStatistics, AddsUpTheInputsOfASharedWeight) {
  ActivationStatistics statistics = createSample();
  statistics.inputs.push_back({{"a_1", 2, 2, {"a"}}, {2, 0, 0}, {2, 0}});
  TemporaryDirectory directory;
  StatisticsFile file = writeAndOpen(directory, statistics);
  Result<WeightStatistics> weight = file.tryGet("a", 2);
  ASSERT_TRUE(weight);
  EXPECT_EQ(weight->rows, 4u);
  EXPECT_EQ(weight->hessian, (std::vector<double>{3, 3.5, 3.5, 5}));
}

TEST(ActivationStatistics, SaysWhatIsMissing) {
  TemporaryDirectory directory;
  StatisticsFile file = writeAndOpen(directory, createSample());
  std::string path = (directory / "m.stats").string();
  Result<void> missing = file.check("d", 2);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::CompileError);
  EXPECT_EQ(missing.error().message,
            path + ": expected statistics of weight 'd', got none");
  Result<void> unseen = file.check("c", 1);
  ASSERT_FALSE(unseen);
  EXPECT_EQ(unseen.error().message,
            path + ": expected statistics of weight 'c', got none: no data "
                   "reached it");
  Result<void> other = file.check("a", 3);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::Mismatch);
  EXPECT_EQ(other.error().message,
            path + ": expected statistics of weight 'a' over 3 channels, got "
                   "2");
}

TEST(ActivationStatistics, RefusesSumsThatAreNotFinite) {
  ActivationStatistics statistics = createSample();
  statistics.inputs[0].secondMoment[1] =
      std::numeric_limits<double>::quiet_NaN();
  TemporaryDirectory directory;
  StatisticsFile file = writeAndOpen(directory, statistics);
  Result<WeightStatistics> weight = file.tryGet("a", 2);
  ASSERT_FALSE(weight);
  EXPECT_EQ(weight.error().message, (directory / "m.stats").string() +
                                        ": weight 'a': expected finite sums");
}

TEST(ActivationStatistics, Merges) {
  ActivationStatistics merged = createSample(), other = createSample();
  other.data = {"three"};
  other.inputs.push_back({{"d", 1, 3, {"d"}}, {7}, {1}});
  ASSERT_TRUE(mergeStatistics(merged, other));
  EXPECT_EQ(merged.data, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(merged.inputs[0].input.rows, 4u);
  EXPECT_EQ(merged.inputs[0].secondMoment, (std::vector<double>{20, 28, 40}));
  EXPECT_EQ(merged.inputs[0].sum, (std::vector<double>{8, 12}));
  ASSERT_EQ(merged.inputs.size(), 3u);
  EXPECT_EQ(merged.inputs[2].input.name, "d");
}

TEST(ActivationStatistics, MergesStatisticsOfOneModelOnly) {
  ActivationStatistics merged = createSample(), other = createSample();
  other.model = "another";
  Result<void> models = mergeStatistics(merged, other);
  ASSERT_FALSE(models);
  EXPECT_EQ(models.error().kind, ErrorKind::Mismatch);
  EXPECT_EQ(models.error().message,
            "cannot merge statistics: expected those of one model, got models "
            "model and another");
  other = createSample();
  other.inputs[0].input.weights = {"a"};
  Result<void> weights = mergeStatistics(merged, other);
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().message,
            "cannot merge statistics: expected input 'a' with the same "
            "channels and weights");
}

static std::string getOpenMessage(const TemporaryDirectory &directory,
                                  const std::vector<TensorSpec> &tensors,
                                  const Metadata &metadata) {
  auto path = directory / "broken.stats";
  auto writer = SafetensorsWriter::tryCreate(path, tensors, metadata,
                                             OverwritePolicy::Replace);
  EXPECT_TRUE(writer);
  for (const TensorSpec &spec : tensors) {
    std::vector<std::byte> zeros(*computeSizeBytes(spec.type, spec.dims));
    EXPECT_TRUE(writer->write(spec.name, 0, zeros));
  }
  EXPECT_TRUE(writer->commit());
  Result<StatisticsFile> file = StatisticsFile::tryOpen(path);
  std::string message = file ? "opened" : file.error().message;
  std::string prefix = path.string() + ": ";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

TEST(ActivationStatistics, ChecksFiles) {
  TemporaryDirectory directory;
  const std::string version = "ccq.statistics_version", inputs = "ccq.inputs";
  const std::string one =
      R"([{"name": "a", "channels": 1, "rows": 1, "weights": ["a"]}])";
  EXPECT_EQ(getOpenMessage(directory, {}, {}),
            "expected activation statistics, as ccq calibrate writes them");
  EXPECT_EQ(getOpenMessage(directory, {}, {{version, "2"}, {inputs, "[]"}}),
            "expected statistics of version 1, got 2");
  EXPECT_EQ(getOpenMessage(directory, {}, {{version, "1"}, {inputs, one}}),
            "expected tensor 'a.second_moment' of F64[1]");
  EXPECT_EQ(getOpenMessage(directory,
                           {{"a.second_moment", DataType::F64, {1}},
                            {"a.sum", DataType::F32, {1}}},
                           {{version, "1"}, {inputs, one}}),
            "expected tensor 'a.sum' of F64[1]");
  EXPECT_EQ(getOpenMessage(directory,
                           {{"a.second_moment", DataType::F64, {1}},
                            {"a.sum", DataType::F64, {1}}},
                           {{version, "1"}, {inputs, one}}),
            "opened");
}
