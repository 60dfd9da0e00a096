//===- Compare.cpp - whether two tensors agree ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Compare.h"

#include "ccq/Support/Half.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

using namespace ccq;
using namespace ccq::artifact;

/// Differences up to this are never a mismatch of floating-point tensors.
static constexpr double absoluteFloor = 1e-6;

double artifact::getElement(const TensorView &tensor, uint64_t index) {
  const std::byte *data =
      tensor.bytes.data() + index * getDataTypeBytes(tensor.type);
  auto load = [&]<typename T>(T value) {
    std::memcpy(&value, data, sizeof(T));
    return value;
  };
  switch (tensor.type) {
  case DataType::Bool:
    return load(uint8_t()) != 0;
  case DataType::I8:
    return load(int8_t());
  case DataType::U8:
    return load(uint8_t());
  case DataType::I16:
    return load(int16_t());
  case DataType::U16:
    return load(uint16_t());
  case DataType::I32:
    return load(int32_t());
  case DataType::U32:
    return load(uint32_t());
  case DataType::I64:
    return double(load(int64_t()));
  case DataType::U64:
    return double(load(uint64_t()));
  case DataType::F16:
    return halfToFloat(load(uint16_t()));
  case DataType::BF16:
    return bfloat16ToFloat(load(uint16_t()));
  case DataType::F32:
    return load(float());
  case DataType::F64:
    return load(double());
  }
  return 0;
}

/// Bits of the significand, the hidden one included; 0 for integers.
static int getPrecision(DataType type) {
  switch (type) {
  case DataType::F16:
    return 11;
  case DataType::BF16:
    return 8;
  case DataType::F32:
    return 24;
  case DataType::F64:
    return 53;
  default:
    return 0;
  }
}

/// Distance of neighbouring numbers of a type at a magnitude.
static double computeUlp(DataType type, double magnitude) {
  return magnitude > 0
             ? std::ldexp(1.0, std::ilogb(magnitude) + 1 - getPrecision(type))
             : 0;
}

/// The bound that PeakTolerance sets for all elements.
static double computePeakBound(const TensorView &want, uint64_t elementCount,
                               const PeakTolerance &tolerance) {
  if (getPrecision(want.type) == 0)
    return 0;
  double peak = 0;
  for (uint64_t i = 0; i < elementCount; ++i) {
    double magnitude = std::fabs(getElement(want, i));
    if (std::isfinite(magnitude))
      peak = std::max(peak, magnitude);
  }
  return std::max(
      {tolerance.fraction * peak, computeUlp(want.type, peak), absoluteFloor});
}

/// |got - want| where that is a number, else 0 for alike and infinity for
/// unlike values. Different integers differ by 1 at least, also where double
/// cannot tell them apart.
static double computeDifference(const TensorView &got, const TensorView &want,
                                uint64_t index) {
  double a = getElement(got, index), b = getElement(want, index);
  if (!std::isfinite(a) || !std::isfinite(b)) {
    bool alike = a == b || (std::isnan(a) && std::isnan(b));
    return alike ? 0 : std::numeric_limits<double>::infinity();
  }
  double difference = std::fabs(a - b);
  unsigned bytes = getDataTypeBytes(want.type);
  if (getPrecision(want.type) == 0 &&
      std::memcmp(got.bytes.data() + index * bytes,
                  want.bytes.data() + index * bytes, bytes) != 0)
    return std::max(difference, 1.0);
  return difference;
}

static std::vector<int64_t> unravel(uint64_t position,
                                    std::span<const int64_t> dims) {
  std::vector<int64_t> index(dims.size());
  for (size_t i = dims.size(); i-- > 0;) {
    index[i] = int64_t(position % uint64_t(dims[i]));
    position /= uint64_t(dims[i]);
  }
  return index;
}

static std::string printTensorType(const TensorView &tensor) {
  return std::string(getSafetensorsName(tensor.type)) + printDims(tensor.dims);
}

Result<Comparison> artifact::compareTensors(const TensorView &got,
                                            const TensorView &want,
                                            const Tolerance &tolerance) {
  if (got.type != want.type || got.dims != want.dims)
    return Error{ErrorKind::Mismatch, "expected " + printTensorType(want) +
                                          ", got " + printTensorType(got)};
  Comparison comparison;
  comparison.elementCount = want.bytes.size() / getDataTypeBytes(want.type);
  const auto *element = std::get_if<ElementTolerance>(&tolerance);
  double peakBound = element
                         ? 0
                         : computePeakBound(want, comparison.elementCount,
                                            std::get<PeakTolerance>(tolerance));
  uint64_t worstPosition = 0;
  double worstShare = -1;
  for (uint64_t i = 0; i < comparison.elementCount; ++i) {
    double wanted = getElement(want, i);
    double bound =
        element ? element->absolute + element->relative * std::fabs(wanted)
                : peakBound;
    double difference = computeDifference(got, want, i);
    bool isBeyond = difference > bound || std::isinf(difference);
    comparison.beyondCount += isBeyond;
    double share = difference == 0 ? 0 : difference / bound;
    if (isBeyond && !std::isfinite(share))
      share = std::numeric_limits<double>::max();
    if (share > worstShare) {
      worstShare = share;
      worstPosition = i;
      comparison.worst =
          ElementDifference{{}, getElement(got, i), wanted, bound};
    }
  }
  if (comparison.worst)
    comparison.worst->index = unravel(worstPosition, want.dims);
  return comparison;
}

/// Nine digits tell float32 numbers apart.
static std::string printNumber(double value, const char *format = "%.9g") {
  char text[40];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

std::string artifact::printComparison(const Comparison &comparison) {
  if (!comparison.worst)
    return "no elements";
  const ElementDifference &worst = *comparison.worst;
  return "at " + printDims(worst.index) + " got " + printNumber(worst.got) +
         ", want " + printNumber(worst.want) + ", bound " +
         printNumber(worst.bound, "%.3g") + "; " +
         std::to_string(comparison.beyondCount) + " of " +
         std::to_string(comparison.elementCount) + " elements beyond the bound";
}
