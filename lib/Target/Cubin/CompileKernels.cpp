//===- CompileKernels.cpp - PTX and cubins of GPU modules -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Cubin/CompileKernels.h"

#include "ccq/Dialect/CCQ/IR/KernelAttributes.h"
#include "ccq/Target/Cubin/AssemblePTX.h"
#include "ccq/Target/PTX/EmitPTX.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Threading.h"

using namespace mlir;
using namespace mlir::ccq;

StringRef mlir::ccq::getCudaChip(StringRef target) {
  if (target.consume_front("cuda:") || target.consume_front("ptx:"))
    return target;
  return "";
}

static FailureOr<CudaObject> describeKernel(gpu::GPUModuleOp module) {
  auto grid = module->getAttrOfType<AffineMapAttr>(kGridAttr);
  auto block = module->getAttrOfType<DenseI64ArrayAttr>(kBlockAttr);
  if (!grid || !block)
    return emitError(module.getLoc())
           << "expected the attributes " << kGridAttr << " and " << kBlockAttr;
  CudaObject object;
  object.kernel = module.getName().str();
  object.grid = grid.getValue();
  object.block.assign(block.asArrayRef().begin(), block.asArrayRef().end());
  return object;
}

FailureOr<SmallVector<CudaObject>>
mlir::ccq::compileCudaKernels(ModuleOp kernels, StringRef chip,
                              std::optional<StringRef> ptxas) {
  SmallVector<gpu::GPUModuleOp> modules;
  SmallVector<CudaObject> objects;
  for (Operation &op : *kernels.getBody()) {
    auto module = dyn_cast<gpu::GPUModuleOp>(op);
    if (!module)
      return emitError(op.getLoc())
             << "expected kernels lowered to GPU modules, got " << op.getName();
    FailureOr<CudaObject> object = describeKernel(module);
    if (failed(object))
      return failure();
    FailureOr<std::string> text = emitPTX(module, chip);
    if (failed(text))
      return failure();
    object->ptx = *std::move(text);
    modules.push_back(module);
    objects.push_back(*std::move(object));
  }
  if (!ptxas)
    return objects;
  auto assemble = [&](size_t i) -> LogicalResult {
    ::ccq::Result<std::string> bytes =
        assemblePTX(objects[i].ptx, chip, *ptxas);
    if (!bytes)
      return emitError(modules[i].getLoc()) << bytes.error().message;
    objects[i].cubin = *std::move(bytes);
    return success();
  };
  if (failed(failableParallelForEachN(kernels.getContext(), 0, objects.size(),
                                      assemble)))
    return failure();
  return objects;
}
