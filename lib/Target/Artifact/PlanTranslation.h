//===- PlanTranslation.h - from ccq.plan to the artifact's plan -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_ARTIFACT_PLANTRANSLATION_H
#define CCQ_LIB_TARGET_ARTIFACT_PLANTRANSLATION_H

#include "WeightTable.h"
#include "ccq/Artifact/Plan.h"
#include "ccq/Support/Result.h"
#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace mlir::ccq {

/// A plan as data, and where its contents come from.
struct TranslatedPlan {
  ::ccq::artifact::Plan plan;
  WeightTable weights;
  /// Content of each kernel file of the plan, by its path. The texts belong to
  /// the module's attributes.
  std::map<std::string, StringRef> kernelFiles;
};

/// Translates the module's one `ccq.plan` and its `ccq.object` ops. Buffers
/// keep their order, weights follow in the order of their first use, kernels
/// are in the order of their first launch and targets sorted by name, so that
/// neither canonicalization nor the order of objects changes the result.
///
/// A coded matrix stands for its component tensors. GPU kernels take them with
/// rows padded to 16 bytes of codes (`#ccq.row_pitch<16>`), CPU kernels as the
/// type of the launch's operand says.
///
/// Errors are emitted at the op that they concern, and returned: CompileError
/// for a module that has not exactly one plan or whose plan breaks a constraint
/// of docs/Artifact.md; Unsupported for element types and object formats that
/// artifacts lack; those of WeightTable::add.
::ccq::Result<TranslatedPlan> translatePlan(ModuleOp module);

/// Emits an error at an op and returns it.
::ccq::Error emitResultError(Operation *op, ::ccq::Error error);

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_ARTIFACT_PLANTRANSLATION_H
