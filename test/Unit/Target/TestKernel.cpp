//===- TestKernel.cpp - compile a kernel and call it ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Codec/Scheme.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/InitDialects.h"
#include "ccq/Pipelines/Passes.h"
#include "ccq/Target/Passes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <random>

using namespace ccq;
using namespace ccq::test;

struct TestKernel::Grid {
  mlir::MLIRContext context;
  mlir::AffineMap map;
};

TestKernel::~TestKernel() {
  if (library)
    ::dlclose(library);
}

/// Compiles the module's only kernel in place.
static mlir::ccq::ObjectOp compileModule(mlir::ModuleOp module,
                                         const std::string &target) {
  mlir::PassManager passes(module.getContext());
  mlir::ccq::SpecializeKernelsOptions specialize;
  specialize.target = target;
  passes.addPass(mlir::ccq::createSpecializeKernels(specialize));
  passes.addPass(mlir::ccq::createLowerCpuKernels());
  passes.addPass(mlir::ccq::createSerializeKernels());
  if (mlir::failed(passes.run(module)))
    return {};
  auto objects = module.getOps<mlir::ccq::ObjectOp>();
  return objects.empty() ? mlir::ccq::ObjectOp() : *objects.begin();
}

std::unique_ptr<TestKernel> TestKernel::compile(const std::string &text,
                                                const std::string &target) {
  std::unique_ptr<TestKernel> kernel(new TestKernel);
  kernel->grid = std::make_unique<Grid>();
  mlir::MLIRContext &context = kernel->grid->context;
  mlir::DialectRegistry registry;
  mlir::ccq::registerCompilerDialects(registry);
  context.appendDialectRegistry(registry);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  mlir::ccq::ObjectOp object =
      module ? compileModule(*module, target) : mlir::ccq::ObjectOp();
  if (!object) {
    ADD_FAILURE() << "cannot compile\n" << text;
    return nullptr;
  }
  kernel->object = object.getData().str();
  kernel->grid->map = object.getGrid();
  kernel->directory.write("kernel.so", kernel->object);
  std::string path = (kernel->directory / "kernel.so").string();
  kernel->library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!kernel->library) {
    ADD_FAILURE() << ::dlerror();
    return nullptr;
  }
  kernel->function = reinterpret_cast<Function>(
      ::dlsym(kernel->library, object.getEntry().str().c_str()));
  if (!kernel->function) {
    ADD_FAILURE() << "no symbol " << object.getEntry().str();
    return nullptr;
  }
  return kernel;
}

int64_t TestKernel::countItems(std::span<const int64_t> scalars) const {
  mlir::Builder builder(&grid->context);
  llvm::SmallVector<mlir::Attribute> operands;
  for (int64_t scalar : scalars)
    operands.push_back(builder.getIndexAttr(scalar));
  llvm::SmallVector<mlir::Attribute> results;
  if (mlir::failed(grid->map.constantFold(operands, results)))
    return -1;
  return mlir::cast<mlir::IntegerAttr>(results[0]).getInt();
}

void TestKernel::run(std::span<void *const> buffers,
                     std::span<const int64_t> scalars,
                     int64_t itemsPerCall) const {
  for (int64_t end = countItems(scalars); end > 0; end -= itemsPerCall)
    function(buffers.data(), scalars.data(),
             std::max<int64_t>(0, end - itemsPerCall), end);
}

std::string test::getNativeTarget() {
  return std::string(artifact::findNativeCpuTarget()->name);
}

std::string test::getSchemeText(const char *name) {
  return codec::printScheme(**codec::parseSchemeName(name));
}

codec::CodedMatrix test::createRandomMatrix(const char *scheme,
                                            MatrixShape shape, unsigned seed) {
  codec::CodedMatrix matrix =
      codec::CodedMatrix::createZeroed(**codec::parseSchemeName(scheme), shape);
  std::mt19937 random(seed);
  // Exponents from -6 to -1 and any mantissa, in each of the formats; two local
  // scales of four bits are any byte.
  auto createScale = [&](codec::ElementType type) -> uint32_t {
    uint32_t exponent = random() % 6;
    if (type == codec::ElementType::F32)
      return (exponent + 127 - 6) << 23 | (random() & 0x7fffff);
    if (type == codec::ElementType::BF16)
      return (exponent + 127 - 6) << 7 | (random() & 0x7f);
    if (type == codec::ElementType::U8)
      return uint32_t(random());
    return (exponent + 15 - 6) << 10 | (random() & 0x3ff);
  };
  for (codec::Component &component : matrix.components) {
    unsigned size = codec::getElementBytes(component.spec.type);
    for (size_t i = 0; i < component.bytes.size(); i += size) {
      bool isBits = component.spec.role == codec::ComponentRole::Codes ||
                    component.spec.role == codec::ComponentRole::Extra;
      uint32_t value =
          isBits ? uint32_t(random()) : createScale(component.spec.type);
      std::memcpy(component.bytes.data() + i, &value, size);
    }
  }
  return matrix;
}
