//===- CompileMatmul.cpp - the kernel of one matmul -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Compiler/CompileMatmul.h"

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/InitDialects.h"
#include "ccq/Pipelines/Passes.h"
#include "ccq/Target/Passes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::Result;
namespace codec = ::ccq::codec;

/// The dispatch, as outlining leaves it.
static std::string getDispatchText(const MatmulProblem &problem) {
  std::string k = std::to_string(problem.shape.k);
  std::string n = std::to_string(problem.shape.n);
  std::string plain = "tensor<" + k + "x" + n + "xf32>";
  std::string x = "tensor<?x" + k + "xf32>", y = "tensor<?x" + n + "xf32>";
  std::string stored = plain, weights = "%w", decode;
  if (problem.scheme) {
    stored = "!ccq.tensor<" + k + "x" + n + "xf32, " +
             codec::printScheme(*problem.scheme) + ">";
    weights = "%d";
    decode = "  %d = ccq.decode %w : " + stored + " -> " + plain + "\n";
  }
  std::string rows = " {ccq.extents = array<i64: 0>}";
  return "func.func private @matmul(%x: " + x + rows + ", %w: " + stored +
         ", %m: index) -> (" + y + rows + ") attributes {ccq.kernel} {\n" +
         "  %zero = arith.constant 0.0 : f32\n" + decode +
         "  %empty = tensor.empty(%m) : " + y + "\n" +
         "  %fill = linalg.fill ins(%zero : f32) outs(%empty : " + y + ") -> " +
         y + "\n" + "  %y = linalg.matmul ins(%x, " + weights + " : " + x +
         ", " + plain + ") outs(%fill : " + y + ") -> " + y +
         "\n  return %y : " + y + "\n}\n";
}

/// The work items of `object` for `rows`, or nothing.
static std::optional<int64_t> countWorkItems(ObjectOp object, int64_t rows) {
  SmallVector<Attribute> operands{
      Builder(object.getContext()).getIndexAttr(rows)};
  SmallVector<Attribute> results;
  if (failed(object.getGrid().constantFold(operands, results)))
    return std::nullopt;
  return cast<IntegerAttr>(results[0]).getInt();
}

Result<MatmulKernel> mlir::ccq::compileMatmul(const MatmulProblem &problem) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string findings;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    findings += (findings.empty() ? "" : "; ") + diagnostic.str();
  });
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(getDispatchText(problem), &context);
  PassManager passes(&context);
  SpecializeKernelsOptions specialize;
  specialize.target = problem.target;
  passes.addPass(createSpecializeKernels(specialize));
  passes.addPass(createLowerCpuKernels());
  passes.addPass(createSerializeKernels());
  if (!module || failed(passes.run(*module)))
    return Error{ErrorKind::Internal, findings};
  for (ObjectOp object : module->getOps<ObjectOp>())
    if (std::optional<int64_t> items = countWorkItems(object, problem.rows))
      return MatmulKernel{object.getData().str(), object.getEntry().str(),
                          *items};
  return Error{ErrorKind::Internal, "the matmul has no kernel"};
}
