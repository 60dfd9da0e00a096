//===- OutputLoss.cpp - what a change of weights does to outputs ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OutputLoss.h"

#include "ccq/Artifact/Compare.h"

#include <algorithm>
#include <cmath>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

static constexpr std::string_view logitsName = "logits";

std::string_view tool::getLossMeasureName(LossMeasure measure) {
  return measure == LossMeasure::KlDivergence ? "kl_divergence"
                                              : "relative_squared_error";
}

static bool isFloat(DataType type) {
  return type == DataType::F32 || type == DataType::F64 ||
         type == DataType::F16 || type == DataType::BF16;
}

/// Elements of one row: of the last dimension.
static uint64_t getRowElements(const TensorView &tensor) {
  return tensor.dims.empty() ? 1 : uint64_t(tensor.dims.back());
}

static uint64_t getElementCount(const TensorView &tensor) {
  return tensor.bytes.size() / getDataTypeBytes(tensor.type);
}

/// log of the sum of exponentials of a row.
static double computeLogSum(const TensorView &tensor, uint64_t first,
                            uint64_t count) {
  double largest = -INFINITY, sum = 0;
  for (uint64_t i = 0; i < count; ++i)
    largest = std::max(largest, getElement(tensor, first + i));
  for (uint64_t i = 0; i < count; ++i)
    sum += std::exp(getElement(tensor, first + i) - largest);
  return largest + std::log(sum);
}

/// Sum over rows of KL(softmax(want) || softmax(got)).
static double sumDivergence(const TensorView &want, const TensorView &got) {
  uint64_t row = getRowElements(want), count = getElementCount(want);
  double sum = 0;
  for (uint64_t first = 0; first + row <= count && row > 0; first += row) {
    double logWant = computeLogSum(want, first, row);
    double logGot = computeLogSum(got, first, row);
    for (uint64_t i = first; i < first + row; ++i) {
      double p = getElement(want, i) - logWant;
      double q = getElement(got, i) - logGot;
      sum += std::exp(p) * (p - q);
    }
  }
  return sum;
}

static double sumSquaredError(const TensorView &want, const TensorView &got) {
  double sum = 0;
  for (uint64_t i = 0; i < getElementCount(want); ++i)
    sum += std::pow(getElement(want, i) - getElement(got, i), 2);
  return sum;
}

static double sumSquares(const TensorView &tensor) {
  double sum = 0;
  for (uint64_t i = 0; i < getElementCount(tensor); ++i)
    sum += std::pow(getElement(tensor, i), 2);
  return sum;
}

Result<OutputLoss::Outputs> OutputLoss::run(runtime::Session &session,
                                            size_t item) const {
  Result<Outputs> outputs = session.run(items[item].inputs());
  if (!outputs)
    return Error{outputs.error().kind,
                 items[item].name() + ": " + outputs.error().message};
  std::erase_if(*outputs, [&](const runtime::OutputTensor &output) {
    return !isFloat(output.type) ||
           (kind == LossMeasure::KlDivergence && output.name != logitsName);
  });
  return outputs;
}

Result<OutputLoss> OutputLoss::tryCreate(runtime::Session &session,
                                         const Plan &plan,
                                         const ModelData &data,
                                         uint64_t rowLimit) {
  OutputLoss loss;
  bool hasFloat = false;
  for (unsigned output : plan.outputs) {
    const PlanBuffer &buffer = plan.buffers[output];
    hasFloat |= isFloat(buffer.type);
    if (buffer.name == logitsName && isFloat(buffer.type))
      loss.kind = LossMeasure::KlDivergence;
  }
  if (!hasFloat)
    return Error{ErrorKind::Usage,
                 "expected a model with a float output to measure what its "
                 "weights do to it"};
  for (size_t i = 0; i < data.size() && loss.rowCount < rowLimit; ++i) {
    Result<DataItem> item = data.load(i);
    if (!item)
      return item.takeError();
    loss.items.push_back(*std::move(item));
    Result<Outputs> outputs = loss.run(session, i);
    if (!outputs)
      return outputs.takeError();
    bool hasRows = loss.kind == LossMeasure::KlDivergence;
    TensorView first = outputs->front().view();
    loss.rowCount += hasRows ? getElementCount(first) /
                                   std::max<uint64_t>(1, getRowElements(first))
                             : 1;
    loss.references.push_back(*std::move(outputs));
  }
  return loss;
}

Result<double> OutputLoss::compute(runtime::Session &session) const {
  double lost = 0, norm = 0;
  for (size_t item = 0; item < items.size(); ++item) {
    Result<Outputs> outputs = run(session, item);
    if (!outputs)
      return outputs.takeError();
    for (size_t i = 0; i < outputs->size(); ++i) {
      TensorView want = references[item][i].view();
      TensorView got = (*outputs)[i].view();
      if (want.dims != got.dims)
        return Error{ErrorKind::Internal,
                     "output '" + (*outputs)[i].name + "' changed its shape"};
      bool isDivergence = kind == LossMeasure::KlDivergence;
      lost +=
          isDivergence ? sumDivergence(want, got) : sumSquaredError(want, got);
      norm += isDivergence ? 0 : sumSquares(want);
    }
  }
  if (kind == LossMeasure::KlDivergence)
    norm = double(rowCount);
  if (!std::isfinite(lost))
    return double(INFINITY);
  return norm > 0 ? std::max(0.0, lost / norm) : 0.0;
}
