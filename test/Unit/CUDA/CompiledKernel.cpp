//===- CompiledKernel.cpp - kernels compiled to PTX for tests ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledKernel.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Pipelines/CudaPipeline.h"
#include "ccq/Target/PTX/EmitPTX.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::cuda_test;

ptx::Dim3 CompiledKernel::getGrid(int64_t tokens) const {
  llvm::SmallVector<int64_t> scalars(grid.getNumDims(), tokens);
  llvm::SmallVector<int64_t, 4> blocks = grid.compose(scalars);
  return {uint32_t(blocks[0]), uint32_t(blocks[1]), uint32_t(blocks[2])};
}

codec::Scheme KernelSpec::getScheme() const {
  return scheme.starts_with('#') ? *codec::parseScheme(scheme)
                                 : **codec::parseSchemeName(scheme);
}

std::string cuda_test::printKernelFunction(const KernelSpec &spec) {
  std::string k = std::to_string(spec.shape.k),
              n = std::to_string(spec.shape.n);
  std::string m = spec.tokens ? std::to_string(*spec.tokens) : "?";
  std::string scheme = codec::printScheme(spec.getScheme());
  bool isStream =
      scheme.starts_with("#ccq.stream") || scheme.starts_with("#ccq.hash");
  std::string coded = "!ccq.tensor<" + k + "x" + n + "xf32, " + scheme +
                      (isStream ? ">" : ", #ccq.row_pitch<16>>");
  std::string x = "tensor<" + m + "x" + k + "xf32>";
  std::string y = "tensor<" + m + "x" + n + "xf32>";
  std::string bias = "tensor<" + n + "xf32>";
  std::string text = "func.func @dispatch_0(%x: " + x + ", %w: " + coded;
  if (!spec.epilogue.empty())
    text += ", %bias: " + bias;
  if (!spec.tokens)
    text += ", %tokens: index";
  text += ") -> " + y + " attributes {ccq.kernel";
  if (!spec.strategy.empty())
    text += ", ccq.strategy = " + spec.strategy;
  text += "} {\n  %zero = arith.constant 0.0 : f32\n";
  text += "  %decoded = ccq.decode %w : " + coded + " -> tensor<" + k + "x" +
          n + "xf32>\n";
  std::string empty =
      spec.tokens ? "tensor.empty() : " : "tensor.empty(%tokens) : ";
  text += "  %empty = " + empty + y + "\n";
  text +=
      "  %fill = linalg.fill ins(%zero : f32) outs(%empty : " + y + ") -> " + y;
  text += "\n  %product = linalg.matmul ins(%x, %decoded : " + x + ", tensor<" +
          k + "x" + n + "xf32>) outs(%fill : " + y + ") -> " + y + "\n";
  if (spec.epilogue.empty())
    return text + "  return %product : " + y + "\n}\n";
  text += "  %destination = " + empty + y + "\n";
  text +=
      "  %result = linalg.generic {indexing_maps = ["
      "affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, "
      "affine_map<(d0, d1) -> (d0, d1)>], "
      "iterator_types = [\"parallel\", \"parallel\"]} ins(%product, %bias : " +
      y + ", " + bias + ") outs(%destination : " + y +
      ") {\n  ^bb0(%p: f32, %b: f32, %out: f32):\n" + spec.epilogue +
      "\n    linalg.yield %r : f32\n  } -> " + y + "\n  return %result : " + y +
      "\n}\n";
  return text;
}

static mlir::DialectRegistry createRegistry() {
  mlir::DialectRegistry registry;
  registry.insert<mlir::ccq::CCQDialect, mlir::arith::ArithDialect,
                  mlir::func::FuncDialect, mlir::linalg::LinalgDialect,
                  mlir::math::MathDialect, mlir::tensor::TensorDialect>();
  mlir::ccq::registerPTXTranslations(registry);
  return registry;
}

CompiledKernel cuda_test::compileFunction(const std::string &function,
                                          const std::string &chip) {
  CompiledKernel kernel;
  kernel.context = std::make_shared<mlir::MLIRContext>(
      createRegistry(), mlir::MLIRContext::Threading::DISABLED);
  auto module =
      mlir::parseSourceString<mlir::ModuleOp>(function, kernel.context.get());
  mlir::PassManager passes(kernel.context.get());
  mlir::ccq::buildCudaKernelPipeline(passes);
  if (!module || failed(passes.run(*module))) {
    ADD_FAILURE() << "no kernel for " << function;
    return kernel;
  }
  auto gpuModule = *module->getOps<mlir::gpu::GPUModuleOp>().begin();
  auto text = mlir::ccq::emitPTX(gpuModule, chip);
  if (failed(text)) {
    ADD_FAILURE() << "no PTX for " << function;
    return kernel;
  }
  kernel.text = *text;
  auto threads = gpuModule->getAttrOfType<mlir::DenseI64ArrayAttr>("ccq.block");
  kernel.block.x = uint32_t(threads[0]);
  kernel.grid =
      gpuModule->getAttrOfType<mlir::AffineMapAttr>("ccq.grid").getValue();
  return kernel;
}

CompiledKernel cuda_test::compileKernel(const KernelSpec &spec,
                                        const std::string &chip) {
  CompiledKernel kernel = compileFunction(printKernelFunction(spec), chip);
  kernel.spec = spec;
  return kernel;
}
