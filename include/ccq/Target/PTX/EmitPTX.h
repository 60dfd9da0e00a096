//===- EmitPTX.h - PTX text of GPU modules ----------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_PTX_EMITPTX_H
#define CCQ_TARGET_PTX_EMITPTX_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

#include <string>

namespace mlir::ccq {

/// PTX version of every module: the oldest that has all chips of isPTXChip.
/// Source: PTX ISA, "Target ISA Notes" of `.target`; sm_90a is the newest.
inline constexpr llvm::StringLiteral kPTXFeature = "+ptx80";

/// Whether code can be generated for `chip`, e.g. "sm_80": the kernels need
/// mma.sync on f16, so sm_80 and what this LLVM knows after it, up to sm_90a.
bool isPTXChip(StringRef chip);

/// Whether PTX for `chip` runs on that chip only (`sm_90a`); other PTX runs on
/// later chips too. Source: PTX ISA, `.target`, "architecture-specific".
bool isArchitectureSpecific(StringRef chip);

/// The chips of isPTXChip, oldest first.
ArrayRef<llvm::StringLiteral> getPTXChips();

/// The chips of isPTXChip, separated by ", ", for messages.
std::string getPTXChipList();

/// Registers what translation to LLVM IR needs from the dialects involved.
void registerPTXTranslations(DialectRegistry &registry);

/// PTX text of the kernels of a module in the LLVM and NVVM dialects, with
/// optimization level 3 and PTX ISA 8.0. Reports an error at the module when it
/// cannot be translated, when the chip is unknown, or when the code calls a
/// function that is not part of it. The text is a function of the module and
/// the chip. Thread safe for different contexts.
FailureOr<std::string> emitPTX(gpu::GPUModuleOp module, StringRef chip);

} // namespace mlir::ccq

#endif // CCQ_TARGET_PTX_EMITPTX_H
