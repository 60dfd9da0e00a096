//===- Report.cpp - report.json of an artifact ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ccq;
namespace artifact = ::ccq::artifact;

std::vector<TargetReport>
mlir::ccq::describeTargets(const artifact::Plan &plan) {
  std::vector<TargetReport> reports;
  for (const artifact::PlanTarget &target : plan.targets) {
    TargetReport report{target.name, unsigned(target.kernels.size()), {}};
    for (size_t i = 0; i < plan.kernels.size(); ++i)
      if (!findCompiledKernel(target, unsigned(i)))
        report.missingKernels.push_back(plan.kernels[i].name);
    reports.push_back(std::move(report));
  }
  return reports;
}

static void printWeight(llvm::json::OStream &json, const WeightReport &weight) {
  json.object([&] {
    json.attribute("name", weight.name);
    json.attribute("scheme", weight.scheme);
    json.attributeArray("shape", [&] {
      for (int64_t extent : weight.shape)
        json.value(extent);
    });
    json.attribute("bytes", int64_t(weight.bytes));
    json.attribute("nominal_bits_per_weight", weight.nominalBits);
    json.attribute("actual_bits_per_weight", weight.actualBits());
    json.attribute("relative_mse", weight.relativeMse);
    json.attribute("calibrated", weight.calibration.has_value());
    if (weight.calibration)
      json.attributeObject("calibration", [&] {
        json.attribute("rows", int64_t(weight.calibration->rows));
        json.attribute("damping", weight.calibration->damping);
        json.attribute("weighted_relative_mse",
                       weight.calibration->relativeMse);
      });
    if (weight.allocation)
      json.attributeObject("allocation", [&] {
        json.attribute("measured_scheme", weight.allocation->measuredScheme);
        json.attribute("measured_loss", weight.allocation->measuredLoss);
        json.attribute("expected_loss", weight.allocation->expectedLoss);
      });
    if (weight.isMaterialized)
      json.attribute("materialized", true);
    json.attribute("seconds", weight.seconds);
  });
}

static void printTotals(llvm::json::OStream &json,
                        const ArtifactReport &report) {
  uint64_t weights = 0, codedWeights = 0, codedBytes = 0;
  for (const WeightReport &weight : report.weights) {
    bool isCoded = weight.scheme != "keep";
    weights += weight.weightCount;
    codedWeights += isCoded ? weight.weightCount : 0;
    codedBytes += isCoded ? weight.bytes : 0;
  }
  json.attribute("weights", int64_t(weights));
  json.attribute("coded_weights", int64_t(codedWeights));
  json.attribute("coded_bytes", int64_t(codedBytes));
  json.attribute("weight_file_bytes", int64_t(report.weightBytes));
  json.attribute("kernel_file_bytes", int64_t(report.kernelBytes));
  json.attribute("steps", int64_t(report.stepCount));
  json.attribute("seconds", report.seconds);
}

std::string mlir::ccq::printReport(
    const ArtifactReport &report,
    const std::vector<std::pair<std::string, std::string>> &provenance) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, /*IndentSize=*/2);
  json.object([&] {
    json.attributeArray("tensors", [&] {
      for (const WeightReport &weight : report.weights)
        printWeight(json, weight);
    });
    json.attributeObject("totals", [&] { printTotals(json, report); });
    json.attributeArray("targets", [&] {
      for (const TargetReport &target : report.targets)
        json.object([&] {
          json.attribute("name", target.name);
          json.attribute("kernels", int64_t(target.kernelCount));
          json.attributeArray("missing_kernels", [&] {
            for (const std::string &name : target.missingKernels)
              json.value(name);
          });
        });
    });
    json.attributeObject("provenance", [&] {
      for (const auto &[key, value] : provenance)
        json.attribute(key, value);
    });
  });
  stream << '\n';
  return text;
}
