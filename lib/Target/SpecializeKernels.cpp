//===- SpecializeKernels.cpp - kernels for one target -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/IR/KernelAttributes.h"
#include "ccq/Target/Cubin/CompileKernels.h"
#include "ccq/Target/PTX/EmitPTX.h"
#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/StringExtras.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_SPECIALIZEKERNELS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace artifact = ::ccq::artifact;

/// Bytes to which GPU kernels want rows of codes aligned: one ld.global.v4.
static constexpr unsigned kGpuRowPitchBytes = 16;

/// Whether the name is that of a CUDA target.
static bool isGpuTarget(StringRef target) {
  return isPTXChip(getCudaChip(target));
}

/// The target that `name` stands for, or nothing when there is none.
static std::optional<std::string> findTargetName(StringRef name) {
  if (isGpuTarget(name))
    return name.str();
  const artifact::CpuTarget *target =
      name == "cpu:native"
          ? artifact::findNativeCpuTarget()
          : artifact::findCpuTarget(std::string_view(name.data(), name.size()));
  if (!target)
    return std::nullopt;
  return std::string(target->name);
}

/// `cpu:x86-64-v3` to `cpu_x86_64_v3`.
static std::string getModuleName(StringRef target) {
  std::string name = target.str();
  for (char &character : name)
    if (!llvm::isAlnum(character))
      character = '_';
  return name;
}

/// Whether the kernel multiplies with coded weights.
static bool hasCodedMatmul(func::FuncOp kernel) {
  return kernel
      .walk([](linalg::MatmulOp matmul) {
        return matmul.getInputs()[1].getDefiningOp<DecodeOp>()
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Gives the coded arguments of a kernel the row-pitch layout.
static LogicalResult padCodedArguments(func::FuncOp kernel) {
  MLIRContext *context = kernel.getContext();
  SmallVector<Type> types(kernel.getArgumentTypes());
  for (auto [index, type] : llvm::enumerate(types)) {
    auto coded = dyn_cast<CodedTensorType>(type);
    // Rows of streams have one size for any N.
    if (!coded || findStreamFrame(coded.getScheme()))
      continue;
    BlockArgument argument = kernel.getArgument(index);
    for (Operation *user : argument.getUsers())
      if (!isa<DecodeOp>(user))
        return user->emitError() << "expected a kernel before tiling, in which "
                                    "only ccq.decode reads coded arguments";
    type = CodedTensorType::get(context, coded.getShape(),
                                coded.getElementType(), coded.getScheme(),
                                RowPitchAttr::get(context, kGpuRowPitchBytes));
    argument.setType(type);
  }
  kernel.setType(FunctionType::get(context, types, kernel.getResultTypes()));
  return success();
}

namespace {

struct SpecializeKernels
    : public ::mlir::ccq::impl::SpecializeKernelsBase<SpecializeKernels> {
  using SpecializeKernelsBase::SpecializeKernelsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::optional<std::string> name = findTargetName(target);
    if (!name) {
      emitError(module.getLoc())
          << "expected a target that `ccq targets` lists, got \""
          << StringRef(target) << "\"";
      return signalPassFailure();
    }
    for (const std::string &format : formats) {
      if (format == "ptx" || format == "cubin")
        continue;
      emitError(module.getLoc())
          << "expected formats ptx or cubin, got \"" << format << "\"";
      return signalPassFailure();
    }
    FailureOr<ModuleOp> nested = createTargetModule(*name);
    if (failed(nested))
      return signalPassFailure();
    OpBuilder builder = OpBuilder::atBlockBegin(nested->getBody());
    for (auto kernel : module.getOps<func::FuncOp>()) {
      if (!kernel->hasAttr(CCQDialect::kKernelAttr) ||
          (isGpuTarget(*name) && !hasCodedMatmul(kernel)))
        continue;
      auto clone = cast<func::FuncOp>(builder.clone(*kernel));
      if (isGpuTarget(*name) && failed(padCodedArguments(clone)))
        return signalPassFailure();
    }
  }

private:
  FailureOr<ModuleOp> createTargetModule(StringRef name) {
    ModuleOp module = getOperation();
    std::string symbol = getModuleName(name);
    if (Operation *existing = SymbolTable::lookupSymbolIn(module, symbol))
      return emitError(existing->getLoc())
             << "expected no module for target \"" << name << "\" yet";
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    auto nested = builder.create<ModuleOp>(module.getLoc(), symbol);
    nested->setAttr(CCQDialect::kTargetAttr, builder.getStringAttr(name));
    if (!formats.empty()) {
      SmallVector<StringRef> names(formats.begin(), formats.end());
      nested->setAttr(kFormatsAttr, builder.getStrArrayAttr(names));
    }
    return nested;
  }
};

} // namespace
