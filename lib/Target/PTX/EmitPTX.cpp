//===- EmitPTX.cpp - PTX text of GPU modules --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/PTX/EmitPTX.h"

#include "ccq/Target/OptimizeModule.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

using namespace mlir;
using namespace mlir::ccq;

static constexpr llvm::StringLiteral kTriple = "nvptx64-nvidia-cuda";
static constexpr llvm::StringLiteral kChips[] = {"sm_80", "sm_86", "sm_87",
                                                 "sm_89", "sm_90", "sm_90a"};

ArrayRef<llvm::StringLiteral> mlir::ccq::getPTXChips() { return kChips; }

bool mlir::ccq::isPTXChip(StringRef chip) {
  return llvm::is_contained(kChips, chip);
}

bool mlir::ccq::isArchitectureSpecific(StringRef chip) {
  return chip.ends_with("a");
}

std::string mlir::ccq::getPTXChipList() {
  return llvm::join(ArrayRef(kChips), ", ");
}

void mlir::ccq::registerPTXTranslations(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}

static std::unique_ptr<llvm::TargetMachine> createMachine(StringRef chip) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  std::string message;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(kTriple.str(), message);
  if (!target)
    return nullptr;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      kTriple, chip, kPTXFeature, llvm::TargetOptions(), std::nullopt,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

static FailureOr<std::string> generate(llvm::Module &module,
                                       llvm::TargetMachine &machine,
                                       Operation *source) {
  optimizeModule(module, machine);
  for (const llvm::Function &function : module)
    if (function.isDeclaration() && !function.isIntrinsic() &&
        !function.use_empty())
      return emitError(source->getLoc())
             << "expected code without calls, got a call of "
             << StringRef(function.getName());
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr,
                                  llvm::CodeGenFileType::AssemblyFile))
    return emitError(source->getLoc())
           << "expected a backend that emits PTX text";
  passes.run(module);
  return std::string(text);
}

FailureOr<std::string> mlir::ccq::emitPTX(gpu::GPUModuleOp module,
                                          StringRef chip) {
  if (!isPTXChip(chip))
    return emitError(module.getLoc())
           << "expected one of " << getPTXChipList() << ", got " << chip;
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(chip);
  if (!machine)
    return emitError(module.getLoc())
           << "expected an LLVM with the NVPTX target";
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(module, context, "ccq");
  if (!translated)
    return emitError(module.getLoc())
           << "expected a module in the LLVM dialect";
  translated->setTargetTriple(kTriple);
  translated->setDataLayout(machine->createDataLayout());
  return generate(*translated, *machine, module);
}
