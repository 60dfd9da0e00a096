//===- Report.h - report.json of an artifact --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_ARTIFACT_REPORT_H
#define CCQ_LIB_TARGET_ARTIFACT_REPORT_H

#include "ccq/Artifact/Plan.h"
#include "ccq/Target/Artifact/EmitArtifact.h"

#include <string>
#include <utility>
#include <vector>

namespace mlir::ccq {

/// Kernels that each target of a plan has and lacks.
std::vector<TargetReport> describeTargets(const ::ccq::artifact::Plan &plan);

/// Text of report.json: tensors, totals, targets, seconds and provenance.
/// docs/Artifact.md, "The report", describes it.
std::string
printReport(const ArtifactReport &report,
            const std::vector<std::pair<std::string, std::string>> &provenance);

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_ARTIFACT_REPORT_H
