//===- ResampleTable.h - elements and weights of a resized axis -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_RESAMPLETABLE_H
#define CCQ_LIB_IMPORTER_ONNX_RESAMPLETABLE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlir::ccq::importer {

/// Attributes of ai.onnx Resize.
struct ResampleParameters {
  enum class Mode { Nearest, Linear, Cubic };
  enum class Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    TorchHalfPixel,
    AlignCorners,
    Asymmetric,
    CropAndResize,
    HalfPixelForNearest
  };
  enum class Rounding { PreferFloor, PreferCeil, Floor, Ceil };

  Mode mode = Mode::Nearest;
  Coordinates coordinates = Coordinates::HalfPixel;
  Rounding rounding = Rounding::PreferFloor;
  double cubicA = -0.75;
  bool excludesOutside = false;
  bool antialias = false;
};

/// One axis.
struct ResampleAxis {
  int64_t from = 0;
  int64_t to = 0;
  double scale = 1;
  /// Of CropAndResize, as parts of the axis.
  double start = 0;
  double end = 1;
};

/// Element i of the result is the sum over its `taps` elements of
/// weights[i * taps + t] times element indices[i * taps + t], which is in
/// 0 .. from - 1, or -1 where the result is the extrapolation value.
struct ResampleTable {
  int64_t taps = 1;
  std::vector<int64_t> indices;
  std::vector<double> weights;
};

/// Elements that one element of the result is computed from; 2^53 and more
/// where there are too many to count.
double getResampleTaps(const ResampleParameters &parameters, double scale);

/// The table as the specification of Resize defines it, in double precision.
ResampleTable buildResampleTable(const ResampleParameters &parameters,
                                 const ResampleAxis &axis);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_RESAMPLETABLE_H
