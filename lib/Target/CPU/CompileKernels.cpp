//===- CompileKernels.cpp - lowered kernels to shared objects ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/CPU/CompileKernels.h"

#include "SharedLinker.h"
#include "ccq/Dialect/CCQ/IR/KernelAttributes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using namespace mlir;
using namespace mlir::ccq;

/// A module of `kernel` and of everything it refers to.
static OwningOpRef<ModuleOp> extractKernel(ModuleOp kernels,
                                           LLVM::LLVMFuncOp kernel) {
  llvm::SetVector<Operation *> needed;
  needed.insert(kernel);
  for (size_t i = 0; i < needed.size(); ++i)
    if (auto uses = SymbolTable::getSymbolUses(needed[i]))
      for (SymbolTable::SymbolUse use : *uses)
        if (Operation *symbol = SymbolTable::lookupSymbolIn(
                kernels, use.getSymbolRef().getRootReference()))
          needed.insert(symbol);
  OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  for (Operation *op : needed) {
    Operation *clone = builder.clone(*op);
    // Only the kernel is visible to the loader.
    auto function = dyn_cast<LLVM::LLVMFuncOp>(clone);
    if (op != kernel && function && !function.isExternal())
      function.setLinkage(LLVM::Linkage::Internal);
  }
  return module;
}

/// Location information is not emitted, and the name is the same for all, so
/// that neither enters the bytes.
static std::unique_ptr<llvm::Module>
translateKernel(ModuleOp module, llvm::LLVMContext &context) {
  auto translated = translateModuleToLLVMIR(module, context, "kernel",
                                            /*disableVerification=*/false);
  if (!translated)
    return nullptr;
  for (llvm::Function &function : *translated)
    function.setDoesNotThrow();
  return translated;
}

static LogicalResult compileKernel(ModuleOp kernels, LLVM::LLVMFuncOp kernel,
                                   const ::ccq::artifact::CpuTarget &target,
                                   const SharedLinker &linker,
                                   CpuObject &object) {
  auto grid = kernel->getAttrOfType<AffineMapAttr>(kGridAttr);
  object.kernel = kernel.getName().str();
  object.grid = grid.getValue();
  OwningOpRef<ModuleOp> module = extractKernel(kernels, kernel);
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated = translateKernel(*module, context);
  if (!translated)
    return emitError(kernel.getLoc()) << "cannot translate kernel to LLVM IR";
  llvm::Expected<CpuCode> code = generateCpuCode(*translated, target);
  if (!code)
    return emitError(kernel.getLoc()) << llvm::toString(code.takeError());
  llvm::Expected<std::string> bytes = linker.link(*code);
  if (!bytes)
    return emitError(kernel.getLoc()) << llvm::toString(bytes.takeError());
  object.bytes = *std::move(bytes);
  return success();
}

FailureOr<SmallVector<CpuObject>>
mlir::ccq::compileCpuKernels(ModuleOp kernels,
                             const ::ccq::artifact::CpuTarget &target,
                             StringRef linkerPath) {
  llvm::Expected<SharedLinker> linker = SharedLinker::tryCreate(linkerPath);
  if (!linker)
    return emitError(kernels.getLoc()) << llvm::toString(linker.takeError());
  SmallVector<LLVM::LLVMFuncOp> functions;
  for (Operation &op : *kernels.getBody()) {
    auto function = dyn_cast<LLVM::LLVMFuncOp>(op);
    if (function && function->hasAttr(kGridAttr))
      functions.push_back(function);
    else if (!function && !isa<LLVM::GlobalOp>(op))
      return emitError(op.getLoc())
             << "expected kernels lowered to the LLVM dialect, "
                "got "
             << op.getName();
  }
  SmallVector<CpuObject> objects(functions.size());
  if (failed(failableParallelForEachN(
          kernels.getContext(), 0, functions.size(), [&](size_t i) {
            return compileKernel(kernels, functions[i], target, *linker,
                                 objects[i]);
          })))
    return failure();
  return objects;
}
