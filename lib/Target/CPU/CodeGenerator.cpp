//===- CodeGenerator.cpp - LLVM IR to x86-64 objects ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeGenerator.h"

#include "ccq/Target/OptimizeModule.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

#include <algorithm>
#include <mutex>

// Only the x86 code generator is needed, and LLVM's header for this names the
// host's.
extern "C" {
void LLVMInitializeX86TargetInfo();
void LLVMInitializeX86Target();
void LLVMInitializeX86TargetMC();
void LLVMInitializeX86AsmPrinter();
}

using namespace mlir::ccq;

/// CPU kernels run on 64-bit Linux.
static constexpr const char *kTriple = "x86_64-unknown-linux-gnu";

static llvm::StringRef toStringRef(std::string_view text) {
  return {text.data(), text.size()};
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const ::ccq::artifact::CpuTarget &target) {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
  std::string message;
  const llvm::Target *machine =
      llvm::TargetRegistry::lookupTarget(kTriple, message);
  if (!machine)
    return llvm::createStringError(message);
  return std::unique_ptr<llvm::TargetMachine>(machine->createTargetMachine(
      kTriple, toStringRef(target.llvmCpu), toStringRef(target.llvmFeatures),
      llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

/// Names of the undefined functions of an object, sorted.
static llvm::Expected<std::vector<std::string>>
findUndefined(llvm::StringRef bytes) {
  auto object = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(bytes, "kernel"));
  if (!object)
    return object.takeError();
  std::vector<std::string> names;
  for (const llvm::object::SymbolRef &symbol : (*object)->symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    llvm::Expected<llvm::StringRef> name = symbol.getName();
    if (!flags || !name)
      return llvm::joinErrors(flags.takeError(), name.takeError());
    if ((*flags & llvm::object::SymbolRef::SF_Undefined) && !name->empty())
      names.push_back(name->str());
  }
  std::sort(names.begin(), names.end());
  return names;
}

llvm::Expected<CpuCode>
mlir::ccq::generateCpuCode(llvm::Module &module,
                           const ::ccq::artifact::CpuTarget &target) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return machine.takeError();
  module.setTargetTriple(kTriple);
  module.setDataLayout((*machine)->createDataLayout());
  optimizeModule(module, **machine);
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr,
                                      llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("LLVM cannot emit objects for " +
                                   std::string(kTriple));
  passes.run(module);
  auto undefined = findUndefined(bytes);
  if (!undefined)
    return undefined.takeError();
  return CpuCode{std::string(bytes), *std::move(undefined)};
}
