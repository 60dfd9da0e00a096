//===- StreamScales.cpp - stored scales of the stream format --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EncodeStream.h"

#include "ccq/Codec/Stream.h"
#include "ccq/Support/Half.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace ccq;
using namespace ccq::quantizer;

/// Scales below this become zero: with the factor of the rotation they would
/// come near the subnormal numbers, which some devices flush to zero.
static constexpr double smallestScale = 0x1p-110;
/// Sums of 4096 levels times a scale times the factor of the rotation stay
/// finite: 128 * sqrt(4096) * 2^114 < 2^128.
static constexpr double largestScale = 0x1p114;

static double limitScale(double scale) {
  if (!(scale >= smallestScale))
    return 0;
  return std::min(scale, largestScale);
}

unsigned quantizer::chooseChannel4Code(double scale, double largest) {
  if (!(scale > 0) || !(largest > 0))
    return 0;
  double ratio = scale / largest;
  unsigned code = 15;
  // Half a step down in ratio is a sixth of a power of two.
  constexpr double halfStep = 0.8908987181403393;
  while (code > 1 && ratio < codec::getChannel4Scale(code) * halfStep)
    --code;
  return code;
}

template <typename T>
static void store(std::vector<std::byte> &bytes, size_t index, T value) {
  std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
}

static std::vector<float> storeChannelScales(std::span<const ScaleFit> fits,
                                             std::vector<std::byte> &bytes) {
  std::vector<float> scales(fits.size());
  for (size_t n = 0; n < fits.size(); ++n) {
    const ScaleFit &fit = fits[n];
    bool hasFit = fit.searched > 0 && fit.product > 0;
    double scale = hasFit ? fit.product / fit.squaredLevels : 0;
    uint16_t bits =
        floatToBfloat16(float(limitScale(std::ldexp(scale, fit.exponent))));
    store(bytes, n, bits);
    scales[n] = bfloat16ToFloat(bits);
  }
  return scales;
}

/// The scale of the matrix that fits best when channel n has steps[n] of it.
static float fitTensorScale(std::span<const ScaleFit> fits,
                            std::span<const float> steps) {
  // Relative to the largest exponent, so that squares stay finite.
  int exponent = 0;
  bool isFirst = true;
  for (const ScaleFit &fit : fits) {
    if (!(fit.searched > 0))
      continue;
    exponent = isFirst ? fit.exponent : std::max(exponent, fit.exponent);
    isFirst = false;
  }
  double product = 0, squares = 0;
  for (size_t n = 0; n < fits.size(); ++n) {
    if (!(fits[n].searched > 0))
      continue;
    double unit = std::ldexp(1.0, fits[n].exponent - exponent);
    product += unit * steps[n] * fits[n].product;
    squares += double(steps[n]) * steps[n] * fits[n].squaredLevels;
  }
  if (!(product > 0))
    return 0;
  return float(limitScale(std::ldexp(product / squares, exponent)));
}

std::vector<float> quantizer::storeStreamScales(const codec::StreamFrame &frame,
                                                std::span<const ScaleFit> fits,
                                                codec::CodedMatrix &out) {
  auto getBytes = [&](codec::ComponentRole role) -> std::vector<std::byte> & {
    return out.findComponent(role)->bytes;
  };
  std::vector<std::byte> &super = getBytes(codec::ComponentRole::SuperScale);
  if (frame.scale == codec::StreamScale::Channel)
    return storeChannelScales(fits, super);
  std::vector<float> scales(fits.size(), 1.0f);
  if (frame.scale == codec::StreamScale::Channel4) {
    std::vector<std::byte> &local = getBytes(codec::ComponentRole::LocalScales);
    auto getScale = [&](size_t n) {
      return std::ldexp(fits[n].searched, fits[n].exponent);
    };
    double largest = 0;
    for (size_t n = 0; n < fits.size(); ++n)
      largest = std::max(largest, getScale(n));
    for (size_t n = 0; n < fits.size(); ++n) {
      unsigned code = chooseChannel4Code(getScale(n), largest);
      local[n / 2] |= std::byte(n % 2 == 0 ? code : code << 4);
      scales[n] = codec::getChannel4Scale(code);
    }
  }
  float common = fitTensorScale(fits, scales);
  store(super, 0, common);
  for (float &scale : scales)
    scale *= common;
  return scales;
}
