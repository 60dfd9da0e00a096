//===- RunWeightJob.h - from a weight's source to its tensors ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_ARTIFACT_RUNWEIGHTJOB_H
#define CCQ_LIB_TARGET_ARTIFACT_RUNWEIGHTJOB_H

#include "StoreFiles.h"
#include "WeightTable.h"
#include "ccq/Artifact/Safetensors.h"
#include "ccq/Support/Result.h"
#include "ccq/Support/ThreadPool.h"
#include "ccq/Target/Artifact/EmitArtifact.h"

namespace mlir::ccq {

/// Reads the source of a job, codes it if the job says so, and writes its
/// tensors. Memory: what the job stores, plus a float32 copy of the source
/// where it is coded and not already float32 at an aligned address. Errors:
/// those of StoreFiles::tryRead, quantizer::encodeMatrix and
/// SafetensorsWriter::write.
::ccq::Result<WeightReport>
runWeightJob(const WeightJob &job, StoreFiles &stores,
             ::ccq::ThreadPool *threads,
             ::ccq::artifact::SafetensorsWriter &to);

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_ARTIFACT_RUNWEIGHTJOB_H
