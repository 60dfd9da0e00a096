//===- ResampleTable.cpp - elements and weights of a resized axis ---------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResampleTable.h"

#include <algorithm>
#include <cmath>

using namespace mlir::ccq::importer;

using Coordinates = ResampleParameters::Coordinates;
using Mode = ResampleParameters::Mode;
using Rounding = ResampleParameters::Rounding;

/// The place in the operand of element `x` of the result.
static double getPlace(Coordinates coordinates, const ResampleAxis &axis,
                       double x) {
  double last = double(axis.from - 1), lastResult = double(axis.to - 1);
  double halfPixel = (x + 0.5) / axis.scale - 0.5;
  switch (coordinates) {
  case Coordinates::HalfPixel:
    return halfPixel;
  case Coordinates::HalfPixelSymmetric: {
    double adjustment = double(axis.to) / (axis.scale * double(axis.from));
    return double(axis.from) / 2 * (1 - adjustment) + halfPixel;
  }
  case Coordinates::TorchHalfPixel:
    return axis.to > 1 ? halfPixel : 0;
  case Coordinates::AlignCorners: {
    // Not rounded: what the reference implementation of ONNX does.
    double width = axis.scale * double(axis.from);
    return width == 1 ? 0 : x * last / (width - 1);
  }
  case Coordinates::Asymmetric:
    return x / axis.scale;
  case Coordinates::CropAndResize:
    return axis.to > 1 ? axis.start * last +
                             x * (axis.end - axis.start) * last / lastResult
                       : 0.5 * (axis.start + axis.end) * last;
  case Coordinates::HalfPixelForNearest:
    return (x + 0.5) / axis.scale;
  }
  return x;
}

static double roundPlace(Rounding rounding, double place) {
  switch (rounding) {
  case Rounding::PreferFloor:
    return std::ceil(place - 0.5);
  case Rounding::PreferCeil:
    return std::floor(place + 0.5);
  case Rounding::Floor:
    return std::floor(place);
  case Rounding::Ceil:
    return std::ceil(place);
  }
  return place;
}

/// The weight of an element at `distance`: a triangle, or Keys' cubic
/// convolution (IEEE Transactions on Acoustics, Speech, and Signal Processing
/// 29, 1981).
static double getWeight(Mode mode, double a, double distance) {
  double x = std::abs(distance);
  if (mode == Mode::Linear)
    return std::max(0.0, 1 - x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

/// The distance at which weights become 0, over elements of the operand.
static double getRadius(const ResampleParameters &parameters, double scale) {
  double stretch = parameters.antialias ? std::min(scale, 1.0) : 1.0;
  return (parameters.mode == Mode::Cubic ? 2 : 1) / stretch;
}

double
mlir::ccq::importer::getResampleTaps(const ResampleParameters &parameters,
                                     double scale) {
  if (parameters.mode == Mode::Nearest)
    return 1;
  return -2 * std::floor(-getRadius(parameters, scale));
}

ResampleTable
mlir::ccq::importer::buildResampleTable(const ResampleParameters &parameters,
                                        const ResampleAxis &axis) {
  ResampleTable table;
  double stretch = parameters.antialias ? std::min(axis.scale, 1.0) : 1.0;
  auto first = int64_t(std::floor(-getRadius(parameters, axis.scale))) + 1;
  bool isNearest = parameters.mode == Mode::Nearest;
  table.taps = int64_t(getResampleTaps(parameters, axis.scale));
  auto clamp = [&](double index) {
    return int64_t(std::clamp(index, 0.0, double(axis.from - 1)));
  };
  for (int64_t i = 0; i < axis.to; ++i) {
    double place = getPlace(parameters.coordinates, axis, double(i));
    bool isOutside = parameters.coordinates == Coordinates::CropAndResize &&
                     (place < 0 || place > double(axis.from - 1));
    if (isNearest || isOutside) {
      int64_t index =
          isOutside ? -1 : clamp(roundPlace(parameters.rounding, place));
      table.indices.insert(table.indices.end(), table.taps, index);
      table.weights.insert(table.weights.end(), table.taps, 1);
      continue;
    }
    double base = std::floor(place), sum = 0;
    size_t begin = table.weights.size();
    for (int64_t tap = first; tap < first + table.taps; ++tap) {
      double index = base + double(tap);
      double weight = getWeight(parameters.mode, parameters.cubicA,
                                (index - place) * stretch);
      bool isInside = index >= 0 && index < double(axis.from);
      if (parameters.excludesOutside && !isInside)
        weight = 0;
      sum += weight;
      table.indices.push_back(clamp(index));
      table.weights.push_back(weight);
    }
    if (parameters.excludesOutside || parameters.antialias)
      for (size_t at = begin; at < table.weights.size(); ++at)
        table.weights[at] /= sum;
  }
  return table;
}
