//===- evaluate.cpp - Accuracy of a build of the glyph classifier ---------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// glyph-evaluate LABELS.npy --artifact MODEL.ccq --images IMAGES.npy
// glyph-evaluate LABELS.npy --logits LOGITS.npy
//
// runs a build of the model on the images, or takes logits that something else
// computed; compares the class with the largest logit of every image with its
// label; prints the accuracy and the most frequent confusions. Exit code 6 when
// the accuracy is below --min-accuracy, else those of ccq.
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Npy.h"
#include "ccq/Runtime/Model.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"
#include "ccq/Support/ThreadPool.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace ccq;

/// Class 0 to 9 are digits, 10 to 35 capital letters.
static constexpr std::string_view classNames =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Pixels of an image, 28 x 28.
static constexpr int64_t imagePixels = 784;
/// Images that go through the model at once. It takes any number; this one is
/// large enough to keep all threads busy and does not divide the held-out set.
static constexpr size_t batchImages = 250;
/// Two-sided 95 % quantile of the normal distribution.
static constexpr double normalQuantile = 1.959964;
static constexpr size_t confusionsShown = 6;

namespace {
/// Number of images by (label, predicted class).
using Confusions = std::map<std::pair<uint8_t, uint8_t>, int64_t>;

struct Options {
  std::string labels;
  std::string logits;
  std::string artifact;
  std::string images;
  double minAccuracy = 0;
};

/// A proportion and its 95 % interval, all in 0 .. 1.
struct Proportion {
  double value = 0;
  double low = 0;
  double high = 0;
};
} // namespace

/// Wilson's score interval, which stays in 0 .. 1 near its ends; total > 0.
static Proportion computeProportion(int64_t hits, int64_t total) {
  double n = double(total);
  double p = double(hits) / n;
  double z2 = normalQuantile * normalQuantile;
  double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  double half = normalQuantile / (1 + z2 / n) *
                std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {p, centre - half, centre + half};
}

static std::string printTensor(const artifact::TensorView &tensor) {
  return std::string(artifact::getNpyDescriptor(tensor.type)) + " " +
         artifact::printDims(tensor.dims);
}

/// The labels: uint8 [n], each below 36, n > 0.
static Result<std::span<const uint8_t>>
getLabels(const artifact::TensorView &tensor) {
  if (tensor.type != artifact::DataType::U8 || tensor.dims.size() != 1 ||
      tensor.dims[0] == 0)
    return Error{ErrorKind::MalformedInput,
                 "labels: expected |u1 [n] with n > 0, got " +
                     printTensor(tensor)};
  std::span labels(reinterpret_cast<const uint8_t *>(tensor.bytes.data()),
                   tensor.bytes.size());
  uint8_t largest = *std::max_element(labels.begin(), labels.end());
  if (largest >= classNames.size())
    return Error{ErrorKind::MalformedInput,
                 "labels: expected classes below 36, got " +
                     std::to_string(largest)};
  return labels;
}

/// The class with the largest logit for each of `count` images; the first of
/// equal ones. `logits` is float32 [count, 36] without NaN.
static Result<std::vector<uint8_t>>
predictClasses(const artifact::TensorView &logits, size_t count) {
  std::vector<int64_t> expected = {int64_t(count), int64_t(classNames.size())};
  if (logits.type != artifact::DataType::F32 || logits.dims != expected)
    return Error{ErrorKind::MalformedInput, "logits: expected <f4 " +
                                                artifact::printDims(expected) +
                                                ", got " + printTensor(logits)};
  std::vector<uint8_t> classes;
  std::vector<float> row(classNames.size());
  for (size_t image = 0; image < count; ++image) {
    std::memcpy(row.data(),
                logits.bytes.data() + image * row.size() * sizeof(float),
                row.size() * sizeof(float));
    if (std::any_of(row.begin(), row.end(), [](float x) { return x != x; }))
      return Error{ErrorKind::MalformedInput,
                   "logits: expected numbers, got NaN for image " +
                       std::to_string(image)};
    classes.push_back(
        uint8_t(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return classes;
}

/// The images: uint8 [count, 784].
static Result<std::span<const std::byte>>
getPixels(const artifact::TensorView &tensor, size_t count) {
  std::vector<int64_t> expected = {int64_t(count), imagePixels};
  if (tensor.type != artifact::DataType::U8 || tensor.dims != expected)
    return Error{ErrorKind::MalformedInput, "images: expected |u1 " +
                                                artifact::printDims(expected) +
                                                ", got " + printTensor(tensor)};
  return tensor.bytes;
}

/// Runs the model on one batch of pixels and appends the predicted classes.
static Result<void> classifyBatch(runtime::Session &session,
                                  std::span<const std::byte> pixels,
                                  std::vector<uint8_t> &classes) {
  // The model takes ink as float32 from 0 to 1.
  std::vector<float> image(pixels.size());
  std::transform(pixels.begin(), pixels.end(), image.begin(),
                 [](std::byte pixel) { return float(pixel) / 255; });
  int64_t count = int64_t(image.size()) / imagePixels;
  runtime::NamedTensor input{"image",
                             {artifact::DataType::F32,
                              {count, imagePixels},
                              std::as_bytes(std::span(image))}};
  auto outputs = session.run({&input, 1});
  if (!outputs)
    return outputs.error();
  auto batch = predictClasses(outputs->front().view(), size_t(count));
  if (!batch)
    return batch.error();
  classes.insert(classes.end(), batch->begin(), batch->end());
  return {};
}

/// Runs a build of the model on `count` images.
static Result<std::vector<uint8_t>> classifyImages(const Options &options,
                                                   size_t count) {
  auto file = artifact::NpyFile::tryOpen(options.images);
  if (!file)
    return file.error();
  auto pixels = getPixels(file->tensor(), count);
  if (!pixels)
    return pixels.error();
  auto model = runtime::Model::tryLoad(options.artifact);
  if (!model)
    return model.error();
  runtime::Session session(*model, std::make_shared<ThreadPool>());
  std::vector<uint8_t> classes;
  while (!pixels->empty()) {
    size_t batchBytes =
        std::min(pixels->size(), batchImages * size_t(imagePixels));
    if (auto result =
            classifyBatch(session, pixels->first(batchBytes), classes);
        !result)
      return result.error();
    *pixels = pixels->subspan(batchBytes);
  }
  return classes;
}

/// Takes the logits of `count` images from a file.
static Result<std::vector<uint8_t>> classifyLogits(const Options &options,
                                                   size_t count) {
  auto file = artifact::NpyFile::tryOpen(options.logits);
  if (!file)
    return file.error();
  return predictClasses(file->tensor(), count);
}

static Confusions countConfusions(std::span<const uint8_t> labels,
                                  std::span<const uint8_t> predicted) {
  Confusions confusions;
  for (size_t image = 0; image < labels.size(); ++image)
    ++confusions[{labels[image], predicted[image]}];
  return confusions;
}

/// Prints the result and returns the accuracy.
static double report(const Confusions &confusions) {
  int64_t total = 0, hits = 0;
  std::vector<std::pair<int64_t, Confusions::key_type>> errors;
  for (const auto &[pair, count] : confusions) {
    total += count;
    if (pair.first == pair.second)
      hits += count;
    else
      errors.push_back({count, pair});
  }
  std::stable_sort(errors.begin(), errors.end(),
                   [](auto &a, auto &b) { return a.first > b.first; });
  errors.resize(std::min(errors.size(), confusionsShown));

  Proportion accuracy = computeProportion(hits, total);
  std::printf("accuracy %.2f %% (95 %% interval %.2f to %.2f), %lld of %lld\n",
              100 * accuracy.value, 100 * accuracy.low, 100 * accuracy.high,
              static_cast<long long>(hits), static_cast<long long>(total));
  for (const auto &[count, pair] : errors)
    std::printf("  %c read as %c: %lld\n", classNames[pair.first],
                classNames[pair.second], static_cast<long long>(count));
  return accuracy.value;
}

static Result<void> evaluate(const Options &options) {
  auto labelFile = artifact::NpyFile::tryOpen(options.labels);
  if (!labelFile)
    return labelFile.error();
  auto labels = getLabels(labelFile->tensor());
  if (!labels)
    return labels.error();
  auto predicted = options.logits.empty()
                       ? classifyImages(options, labels->size())
                       : classifyLogits(options, labels->size());
  if (!predicted)
    return predicted.error();

  double accuracy = report(countConfusions(*labels, *predicted));
  if (accuracy < options.minAccuracy) {
    char message[80];
    std::snprintf(message, sizeof(message),
                  "expected an accuracy of at least %.4f, got %.4f",
                  options.minAccuracy, accuracy);
    return Error{ErrorKind::QualityGate, message};
  }
  return {};
}

int main(int argc, char **argv) {
  Options options;
  CLI::App app("Accuracy of a build of the glyph classifier");
  app.add_option("labels", options.labels, "uint8 npy file [n] of classes")
      ->required();
  auto *source = app.add_option_group("source", "where the logits come from");
  source->add_option("--logits", options.logits,
                     "float32 npy file [n, 36], as ccq-run writes it");
  auto *build = source->add_option("--artifact", options.artifact,
                                   "build of the model, as ccq writes it");
  source->require_option(1);
  auto *images = app.add_option("--images", options.images,
                                "uint8 npy file [n, 784], for --artifact");
  build->needs(images);
  images->needs(build);
  app.add_option("--min-accuracy", options.minAccuracy,
                 "smallest accuracy that is a success, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : getExitCode(ErrorKind::Usage);
  }
  Result<void> result = evaluate(options);
  if (result)
    return 0;
  std::fprintf(stderr, "glyph-evaluate: error: %s\n",
               result.error().message.c_str());
  return getExitCode(result.error().kind);
}
