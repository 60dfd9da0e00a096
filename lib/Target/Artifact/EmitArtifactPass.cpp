//===- EmitArtifactPass.cpp - ccq-emit-artifact ---------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Artifact/EmitArtifact.h"
#include "ccq/Target/Passes.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_EMITARTIFACT
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {
struct EmitArtifactPass : mlir::ccq::impl::EmitArtifactBase<EmitArtifactPass> {
  using EmitArtifactBase::EmitArtifactBase;

  void runOnOperation() override {
    if (path.empty()) {
      getOperation().emitError("expected the option path=<directory>");
      return signalPassFailure();
    }
    ::ccq::ThreadPool pool(threads);
    ArtifactOptions options;
    options.path = path.getValue();
    options.policy = force ? ::ccq::OverwritePolicy::Replace
                           : ::ccq::OverwritePolicy::Refuse;
    options.threads = &pool;
    if (!emitArtifact(getOperation(), options))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
