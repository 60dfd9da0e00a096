//===- KernelRun.cpp - executions of kernels on data ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include "PTX/Interpreter.h"
#include "ccq/Codec/Decode.h"
#include "ccq/Codec/Stream.h"
#include "ccq/Support/Half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <span>

using namespace ccq;
using namespace ccq::cuda_test;

static bool isClusterCode(codec::ComponentRole role) {
  return role == codec::ComponentRole::CodeScale ||
         role == codec::ComponentRole::CodeZp;
}

/// Slopes or offsets around those of published weights. Channels 5, 6 and 7
/// have codes that saturate on both sides, or are no numbers.
static void fillClusterCodes(codec::Component &component,
                             std::mt19937_64 &random) {
  bool isSlope = component.spec.role == codec::ComponentRole::CodeScale;
  std::uniform_real_distribution<float> around(0.9f, 1.1f);
  for (int64_t n = 0; n < component.spec.dims[0]; ++n) {
    float value = around(random) * (isSlope ? 120.967f : 1147.4f);
    if (isSlope && n == 5)
      value = 3e7f;
    if (isSlope && n == 6)
      value = -3e7f;
    if (!isSlope && n == 7)
      value = NAN;
    std::memcpy(component.bytes.data() + 4 * n, &value, 4);
  }
}

KernelData cuda_test::createKernelData(const KernelSpec &spec, int64_t tokens,
                                       uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  KernelData data;
  data.tokens = tokens;
  data.weights = codec::CodedMatrix::createZeroed(spec.getScheme(), spec.shape);
  for (codec::Component &component : data.weights.components) {
    if (isClusterCode(component.spec.role)) {
      fillClusterCodes(component, random);
      continue;
    }
    std::byte *bytes = component.bytes.data();
    size_t size = component.bytes.size();
    if (component.spec.type == codec::ElementType::F32)
      for (size_t i = 0; i < size; i += 4) {
        float value = 0.01f * normal(random);
        std::memcpy(bytes + i, &value, 4);
      }
    else if (component.spec.type == codec::ElementType::F16)
      for (size_t i = 0; i < size; i += 2) {
        uint16_t value = floatToHalf(0.01f * normal(random));
        std::memcpy(bytes + i, &value, 2);
      }
    else if (component.spec.type == codec::ElementType::BF16)
      for (size_t i = 0; i < size; i += 2) {
        auto bits = std::bit_cast<uint32_t>(0.01f * normal(random));
        std::memcpy(bytes + i, reinterpret_cast<std::byte *>(&bits) + 2, 2);
      }
    else
      for (size_t i = 0; i < size; ++i)
        bytes[i] = std::byte(random());
  }
  // Rows of very different size, and values of very different size in a row.
  for (int64_t i = 0; i < tokens * spec.shape.k; ++i)
    data.activations.push_back(normal(random) *
                               std::exp2(float(int(random() % 24)) - 12) *
                               std::exp2(float(i / spec.shape.k % 5) * 8 - 16));
  for (int64_t i = 0; i < spec.shape.n; ++i)
    data.bias.push_back(normal(random));
  return data;
}

/// Rows along N padded with zeros until a row of codes is a multiple of 16
/// bytes.
static std::vector<std::byte> padRows(const codec::Component &component,
                                      int64_t paddedN) {
  size_t row = size_t(component.spec.dims.back()) *
               codec::getElementBytes(component.spec.type);
  size_t padded = size_t(paddedN) * codec::getElementBytes(component.spec.type);
  std::vector<std::byte> bytes;
  for (size_t begin = 0; begin < component.bytes.size(); begin += row) {
    auto first = component.bytes.begin() + begin;
    bytes.insert(bytes.end(), first, first + row);
    bytes.resize(bytes.size() + padded - row);
  }
  return bytes;
}

/// What streams of both codes have; null for other schemes.
static codec::StreamFrame *findFrame(codec::Scheme &scheme) {
  if (auto *hash = std::get_if<codec::HashScheme>(&scheme))
    return hash;
  return std::get_if<codec::StreamScheme>(&scheme);
}

static std::optional<codec::StreamFrame> findFrame(const codec::Scheme &from) {
  codec::Scheme scheme = from;
  codec::StreamFrame *frame = findFrame(scheme);
  return frame ? std::optional(*frame) : std::nullopt;
}

std::vector<std::vector<std::byte>>
cuda_test::getPitchedComponents(const codec::CodedMatrix &weights) {
  int64_t lane = 16 / codec::getElementBytes(weights.components[0].spec.type);
  int64_t paddedN = (weights.shape.n + lane - 1) / lane * lane;
  std::vector<std::vector<std::byte>> components;
  bool isStream = findFrame(weights.scheme).has_value();
  for (const codec::Component &component : weights.components)
    components.push_back(isStream ? component.bytes
                                  : padRows(component, paddedN));
  return components;
}

std::vector<float>
cuda_test::launchKernel(const CompiledKernel &kernel, int64_t gridTokens,
                        const std::vector<std::vector<std::byte>> &inputs,
                        int64_t outputElements,
                        const std::vector<uint32_t> &scalars) {
  if (kernel.text.empty())
    return {};
  Result<ptx::Module> module = ptx::parseModule(kernel.text);
  if (!module) {
    ADD_FAILURE() << module.error().message;
    return {};
  }
  ptx::Memory memory;
  std::vector<ptx::Param> params;
  for (const std::vector<std::byte> &input : inputs)
    params.push_back(memory.allocateCopy(input, ptx::Access::ReadOnly));
  ptx::DeviceBuffer output =
      memory.allocateUninitialized(uint64_t(outputElements) * sizeof(float));
  params.push_back(output);
  params.insert(params.end(), scalars.begin(), scalars.end());
  Result<ptx::LaunchStatistics> statistics =
      ptx::launch(*module, "dispatch_0", kernel.getGrid(gridTokens),
                  kernel.block, params, memory);
  if (!statistics) {
    ADD_FAILURE() << statistics.error().message;
    return {};
  }
  EXPECT_EQ(memory.findUnwrittenByte(output), std::nullopt);
  return memory.read<float>(output);
}

static std::vector<std::byte> toBytes(const std::vector<float> &values) {
  auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

std::vector<float> cuda_test::runKernel(const CompiledKernel &kernel,
                                        const KernelData &data) {
  std::vector<std::vector<std::byte>> inputs = {toBytes(data.activations)};
  for (std::vector<std::byte> &component : getPitchedComponents(data.weights))
    inputs.push_back(std::move(component));
  if (!kernel.spec.epilogue.empty())
    inputs.push_back(toBytes(data.bias));
  std::vector<uint32_t> scalars;
  if (!kernel.spec.tokens)
    scalars.push_back(uint32_t(data.tokens));
  return launchKernel(kernel, data.tokens, inputs,
                      data.tokens * data.weights.shape.n, scalars);
}

void ErrorSum::add(int64_t k, double weight, double activation) {
  if (k % groupSize == 0) {
    finished += groupWeight * groupPeak;
    groupWeight = groupPeak = 0;
    ++groups;
  }
  magnitude += std::fabs(weight) * activation;
  groupWeight += std::fabs(weight);
  groupPeak = std::max(groupPeak, activation);
}

double ErrorSum::getBound() const {
  double floor = finished + groupWeight * groupPeak;
  return magnitude * 0x1p-24 * double(roundings + groups) + floor * 0x1p-39 +
         1e-40;
}

/// The weights in the basis that they are coded in.
static std::vector<float> decodeCoded(const codec::CodedMatrix &weights) {
  codec::CodedMatrix coded = weights;
  if (codec::StreamFrame *frame = findFrame(coded.scheme)) {
    frame->rotation.reset();
    frame->seed = 0;
  }
  return codec::decodeMatrix(coded.view());
}

/// Magnitudes of a token's activations in that basis: those of its rotation
/// block, over the square root of the block's rows.
static std::vector<double> boundActivations(const codec::CodedMatrix &weights,
                                            const float *x) {
  int64_t depth = weights.shape.k;
  std::optional<codec::StreamFrame> frame = findFrame(weights.scheme);
  std::vector<double> bounds;
  for (int64_t k = 0; k < depth; ++k) {
    codec::RotationBlock block{k, 1};
    if (frame && frame->rotation)
      block = codec::getRotationBlock(*frame->rotation, depth, k);
    double sum = 0;
    for (int64_t row = 0; row < block.rows; ++row)
      sum += std::fabs(x[block.k0 + row]);
    bounds.push_back(sum / std::sqrt(double(block.rows)));
  }
  return bounds;
}

Expectation cuda_test::computeExpectation(const KernelData &data) {
  auto [k, n] = data.weights.shape;
  std::vector<float> weights = codec::decodeMatrix(data.weights.view());
  std::vector<float> coded = decodeCoded(data.weights);
  bool isStream = findFrame(data.weights.scheme).has_value();
  Expectation result;
  for (int64_t m = 0; m < data.tokens; ++m) {
    const float *x = data.activations.data() + m * k;
    std::vector<double> bounds = boundActivations(data.weights, x);
    for (int64_t channel = 0; channel < n; ++channel) {
      double sum = 0;
      ErrorSum error = isStream ? ErrorSum(256, 96) : ErrorSum();
      for (int64_t i = 0; i < k; ++i) {
        size_t at = size_t(i * n + channel);
        sum += double(weights[at]) * x[i];
        error.add(i, coded[at], bounds[size_t(i)]);
      }
      result.values.push_back(sum);
      result.bounds.push_back(error.getBound());
    }
  }
  return result;
}

double cuda_test::getLargestRatio(const std::vector<float> &got,
                                  const Expectation &expectation) {
  double largest = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    double error = std::fabs(got[i] - expectation.values[i]);
    if (!std::isfinite(got[i]))
      return std::numeric_limits<double>::infinity();
    largest = std::max(largest, error / expectation.bounds[i]);
  }
  return largest;
}
