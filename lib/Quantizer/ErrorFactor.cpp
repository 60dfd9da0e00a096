//===- ErrorFactor.cpp - what errors cost, in coding order ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ErrorFactor.h"

#include "ccq/Codec/Stream.h"

#include <algorithm>
#include <cmath>
#include <string>

using namespace ccq;
using namespace ccq::quantizer;

namespace {
/// A dense symmetric matrix.
struct Square {
  int64_t depth;
  std::vector<double> values;

  explicit Square(int64_t depth)
      : depth(depth), values(size_t(depth * depth)) {}
  double *row(int64_t k) { return values.data() + size_t(k * depth); }
};
} // namespace

static Error makeHessianError(const std::string &what, int64_t k, int64_t j) {
  return {ErrorKind::CompileError, "hessian at k = " + std::to_string(k) +
                                       ", j = " + std::to_string(j) +
                                       ": expected " + what};
}

static Result<void> loadHessian(const MatrixView<const double> &view,
                                Square &hessian) {
  int64_t depth = hessian.depth;
  if (view.shape() != MatrixShape{depth, depth})
    return Error{ErrorKind::CompileError,
                 "expected a hessian of " + std::to_string(depth) + " x " +
                     std::to_string(depth) + ", got " +
                     std::to_string(view.shape().k) + " x " +
                     std::to_string(view.shape().n)};
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t j = 0; j <= k; ++j) {
      double value = view(k, j), other = view(j, k);
      if (!std::isfinite(value) || (j == k && value < 0))
        return makeHessianError("finite numbers, not negative on the diagonal",
                                k, j);
      if (std::fabs(value - other) >
          1e-6 * (std::fabs(value) + std::fabs(other)))
        return makeHessianError("a symmetric matrix", k, j);
      hessian.row(k)[j] = hessian.row(j)[k] = value;
    }
  return {};
}

static Result<void> loadImportance(std::span<const double> importance,
                                   Square &hessian) {
  if (int64_t(importance.size()) != hessian.depth)
    return Error{ErrorKind::CompileError,
                 "expected an importance of " + std::to_string(hessian.depth) +
                     " rows, got " + std::to_string(importance.size())};
  for (int64_t k = 0; k < hessian.depth; ++k) {
    double value = importance[size_t(k)];
    if (!std::isfinite(value) || value < 0)
      return makeHessianError("a finite importance of at least 0", k, k);
    hessian.row(k)[k] = value;
  }
  return {};
}

/// H' = R H R^T for the rotation R of the frame. Sums of integers times the
/// entries, so that a multiple of the identity stays one.
static void rotate(const codec::StreamFrame &frame, Square &hessian) {
  int64_t depth = hessian.depth;
  std::vector<double> factors(static_cast<size_t>(depth));
  auto rotateRows = [&] {
    for (int64_t k = 0; k < depth; ++k) {
      double *row = hessian.row(k);
      for (int64_t j = 0; j < depth;) {
        codec::RotationBlock block =
            codec::getRotationBlock(*frame.rotation, depth, j);
        for (int64_t i = j; i < j + block.rows; ++i) {
          factors[size_t(i)] = double(block.rows);
          row[i] = codec::isRowNegated(frame.seed, i) ? -row[i] : row[i];
        }
        codec::transformHadamard(row + j, block.rows);
        j += block.rows;
      }
    }
  };
  auto transpose = [&] {
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t j = 0; j < k; ++j)
        std::swap(hessian.row(k)[j], hessian.row(j)[k]);
  };
  rotateRows();
  transpose();
  rotateRows();
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t j = 0; j < depth; ++j) {
      double a = factors[size_t(k)], b = factors[size_t(j)];
      hessian.row(k)[j] /= a == b ? a : std::sqrt(a * b);
    }
}

static bool isDiagonal(Square &hessian) {
  for (int64_t k = 0; k < hessian.depth; ++k)
    for (int64_t j = 0; j < k; ++j)
      if (hessian.row(k)[j] != 0)
        return false;
  return true;
}

static double getMeanDiagonal(Square &hessian) {
  double sum = 0;
  for (int64_t k = 0; k < hessian.depth; ++k)
    sum += hessian.row(k)[k];
  return sum / double(hessian.depth);
}

/// Rows that are eliminated at a time.
static constexpr int64_t panelRows = 64;

/// Leaves M below the diagonal and D on it; from the last row up.
static void eliminate(Square &hessian, ThreadPool *threads) {
  auto subtract = [&](int64_t k, int64_t begin, int64_t end, int64_t columns) {
    double *row = hessian.row(k);
    for (int64_t source = begin; source < end; ++source) {
      const double *other = hessian.row(source);
      double factor = other[k] * other[source];
      for (int64_t j = 0; j < columns; ++j)
        row[j] -= factor * other[j];
    }
  };
  for (int64_t end = hessian.depth; end > 0;) {
    int64_t begin = std::max<int64_t>(0, end - panelRows);
    for (int64_t k = end - 1; k >= begin; --k) {
      subtract(k, k + 1, end, k + 1);
      double *row = hessian.row(k);
      double inverse = row[k] > 0 ? 1 / row[k] : 0;
      for (int64_t j = 0; j < k; ++j)
        row[j] *= inverse;
    }
    auto update = [&](int64_t first, int64_t last) {
      for (int64_t k = first; k < last; ++k)
        subtract(k, begin, end, k + 1);
    };
    if (threads)
      threads->parallelFor(begin, 16, update);
    else
      update(0, begin);
    end = begin;
  }
}

/// Divides the diagonal by its largest entry.
static void setDiagonal(Square &hessian, ErrorFactor &factor) {
  double largest = 0;
  for (int64_t k = 0; k < hessian.depth; ++k)
    largest = std::max(largest, hessian.row(k)[k]);
  factor.unit = largest;
  bool isUniform = true;
  for (int64_t k = 0; k < hessian.depth; ++k)
    isUniform &= hessian.row(k)[k] == largest;
  if (isUniform || largest <= 0)
    return;
  for (int64_t k = 0; k < hessian.depth; ++k)
    factor.diagonal.push_back(std::max(hessian.row(k)[k], 0.0) / largest);
}

Result<ErrorFactor>
quantizer::tryFactorErrors(const EncodeOptions &options, int64_t depth,
                           const codec::StreamFrame *frame) {
  ErrorFactor factor;
  factor.depth = depth;
  if ((!options.hessian && options.importance.empty()) || depth == 0)
    return factor;
  Square hessian(depth);
  Result<void> loaded = options.hessian
                            ? loadHessian(*options.hessian, hessian)
                            : loadImportance(options.importance, hessian);
  if (!loaded)
    return loaded.takeError();
  if (frame && frame->rotation)
    rotate(*frame, hessian);
  if (isDiagonal(hessian)) {
    setDiagonal(hessian, factor);
    return factor;
  }
  double damping = options.damping * getMeanDiagonal(hessian);
  for (int64_t k = 0; k < depth; ++k)
    hessian.row(k)[k] += damping;
  eliminate(hessian, options.threads);
  setDiagonal(hessian, factor);
  factor.lower.resize(size_t(depth * depth));
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t j = 0; j < k; ++j)
      factor.lower[size_t(k * depth + j)] = float(hessian.row(k)[j]);
  return factor;
}

std::vector<float> quantizer::getRowCosts(const ErrorFactor &factors,
                                          int64_t kBegin, int64_t kEnd) {
  double largest = 0;
  for (int64_t k = kBegin; k < kEnd; ++k)
    largest = std::max(largest, factors.quality(k));
  std::vector<float> costs;
  for (int64_t k = kBegin; k < kEnd; ++k)
    costs.push_back(largest > 0
                        ? float(std::max(factors.quality(k) / largest, 0x1p-20))
                        : 1.0f);
  return costs;
}
