//===- SerializeKernels.cpp - compile lowered kernels -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/IR/KernelAttributes.h"
#include "ccq/Target/CPU/CompileKernels.h"
#include "ccq/Target/Cubin/AssemblePTX.h"
#include "ccq/Target/Cubin/CompileKernels.h"
#include "ccq/Target/PTX/EmitPTX.h"
#include "ccq/Target/Passes.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_SERIALIZEKERNELS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace artifact = ::ccq::artifact;

/// Adds the objects of a CPU target's kernels after `kernels`.
static LogicalResult serializeForCpu(ModuleOp kernels,
                                     const artifact::CpuTarget &target,
                                     StringRef linker) {
  FailureOr<SmallVector<CpuObject>> objects =
      compileCpuKernels(kernels, target, linker);
  if (failed(objects))
    return failure();
  OpBuilder builder(kernels->getContext());
  builder.setInsertionPointToEnd(kernels->getBlock());
  for (const CpuObject &object : *objects)
    builder.create<ObjectOp>(
        kernels.getLoc(), object.kernel + "_" + kernels.getName()->str(),
        StringRef(target.name.data(), target.name.size()), object.kernel,
        ObjectFormat::SharedObject, object.kernel, object.grid,
        /*block=*/DenseI64ArrayAttr(), /*shared_bytes=*/0, object.bytes);
  return success();
}

/// Whether the nested module of a CUDA target wants a format; without the
/// attribute, what the target's name says.
static bool wantsFormat(ModuleOp kernels, StringRef target, StringRef format) {
  auto formats = kernels->getAttrOfType<ArrayAttr>(kFormatsAttr);
  if (!formats)
    return target.starts_with("ptx:") == (format == "ptx");
  return llvm::any_of(formats.getAsRange<StringAttr>(),
                      [&](StringAttr wanted) { return wanted == format; });
}

/// Adds the objects of a CUDA target's kernels after `kernels`, per kernel the
/// PTX before the cubin.
static LogicalResult serializeForCuda(ModuleOp kernels, StringRef target,
                                      StringRef cudaPath) {
  bool wantsPtx = wantsFormat(kernels, target, "ptx");
  std::string ptxas;
  if (wantsFormat(kernels, target, "cubin")) {
    ::ccq::Result<std::string> found = findPtxas(cudaPath);
    if (!found)
      return emitError(kernels.getLoc()) << found.error().message;
    ptxas = *std::move(found);
  }
  FailureOr<SmallVector<CudaObject>> objects = compileCudaKernels(
      kernels, getCudaChip(target),
      ptxas.empty() ? std::nullopt : std::optional<StringRef>(ptxas));
  if (failed(objects))
    return failure();
  OpBuilder builder(kernels->getContext());
  builder.setInsertionPointToEnd(kernels->getBlock());
  auto addObject = [&](const CudaObject &object, ObjectFormat format,
                       StringRef suffix, StringRef data) {
    builder.create<ObjectOp>(
        kernels.getLoc(),
        (object.kernel + "_" + kernels.getName()->str() + suffix).str(), target,
        object.kernel, format, object.kernel, object.grid,
        builder.getDenseI64ArrayAttr(object.block), /*shared_bytes=*/0, data);
  };
  for (const CudaObject &object : *objects) {
    if (wantsPtx)
      addObject(object, ObjectFormat::PTX, "_ptx", object.ptx);
    if (!ptxas.empty())
      addObject(object, ObjectFormat::Cubin, "_cubin", object.cubin);
  }
  return success();
}

namespace {

struct SerializeKernels
    : public ::mlir::ccq::impl::SerializeKernelsBase<SerializeKernels> {
  using SerializeKernelsBase::SerializeKernelsBase;

  void runOnOperation() override {
    SmallVector<ModuleOp> modules;
    for (auto nested : getOperation().getOps<ModuleOp>())
      if (nested->hasAttr(CCQDialect::kTargetAttr))
        modules.push_back(nested);
    for (ModuleOp nested : modules) {
      if (failed(serialize(nested)))
        return signalPassFailure();
      nested.erase();
    }
  }

private:
  LogicalResult serialize(ModuleOp nested) {
    auto name =
        nested->getAttrOfType<StringAttr>(CCQDialect::kTargetAttr).getValue();
    if (const artifact::CpuTarget *target =
            artifact::findCpuTarget(std::string_view(name.data(), name.size())))
      return serializeForCpu(nested, *target, linker);
    if (isPTXChip(getCudaChip(name)))
      return serializeForCuda(nested, name, cudaPath);
    return emitError(nested.getLoc())
           << "expected a target that `ccq targets` lists, got \"" << name
           << "\"";
  }
};

} // namespace
