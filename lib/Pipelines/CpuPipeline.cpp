//===- CpuPipeline.cpp - from quantized modules to CPU objects --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Pipelines/CpuPipeline.h"

#include "Planning.h"
#include "ccq/Conversion/Passes.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "ccq/Pipelines/Passes.h"
#include "ccq/Target/Passes.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::ccq;

/// Work items and the calling convention, still on tensors.
static void addKernelForm(OpPassManager &passes,
                          const CpuKernelPipelineOptions &options) {
  passes.addNestedPass<func::FuncOp>(createAbsorbReshapes());
  // One elementwise op after a contraction instead of many.
  passes.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  passes.addNestedPass<func::FuncOp>(createFuseElementwise());
  passes.addPass(createCanonicalizerPass());
  passes.addNestedPass<func::FuncOp>(createRotateActivations());
  FuseDecodeOptions fuse;
  fuse.tileM = options.tileM;
  fuse.tileN = options.tileN;
  fuse.tileK = options.tileK;
  passes.addNestedPass<func::FuncOp>(createFuseDecode(fuse));
  passes.addNestedPass<func::FuncOp>(createTileRows());
  passes.addPass(createCSEPass());
  ExpandStorageOptions expand;
  expand.vectorLanes = options.registerLanes;
  passes.addPass(createExpandStorage(expand));
  passes.addNestedPass<func::FuncOp>(createExpandRotations());
  passes.addNestedPass<func::FuncOp>(createDistributeItems());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addNestedPass<func::FuncOp>(createReuseInputs());
  passes.addNestedPass<func::FuncOp>(createBindBuffers());
}

/// To buffers: results in place in the outputs, bounded scratch on the stack.
static void addBufferization(OpPassManager &passes,
                             const CpuKernelPipelineOptions &options) {
  passes.addPass(bufferization::createEmptyTensorEliminationPass());
  passes.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  passes.addPass(bufferization::createOneShotBufferizePass());
  passes.addPass(createCSEPass());
  passes.addPass(createCanonicalizerPass());
  passes.addNestedPass<func::FuncOp>(createExpandCopies());
  passes.addNestedPass<func::FuncOp>(createPlaceScratch());
  VectorizeMatmulOptions vectorize;
  vectorize.registerLanes = options.registerLanes;
  passes.addNestedPass<func::FuncOp>(createVectorizeMatmul(vectorize));
  VectorizeProductsOptions products;
  products.registerLanes = options.registerLanes;
  passes.addNestedPass<func::FuncOp>(createVectorizeProducts(products));
  VectorizeRowsOptions rows;
  rows.registerLanes = options.registerLanes;
  passes.addNestedPass<func::FuncOp>(createVectorizeRows(rows));
  passes.addNestedPass<func::FuncOp>(createExpandVectorMath());
}

/// To the LLVM dialect.
static void addLowering(OpPassManager &passes,
                        const CpuKernelPipelineOptions &options) {
  passes.addPass(
      createConvertCCQToArith(ConvertCCQToArithOptions{options.byteShuffle}));
  passes.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  // Not earlier: the body of a matmul has to stay a multiplication and a sum.
  passes.addNestedPass<func::FuncOp>(
      createExpandHalf(ExpandHalfOptions{!options.expandHalf}));
  VectorTransferToSCFOptions unroll;
  unroll.enableFullUnroll();
  passes.addNestedPass<func::FuncOp>(createConvertVectorToSCFPass(unroll));
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createConvertSCFToCFPass());
  passes.addPass(memref::createExpandStridedMetadataPass());
  passes.addPass(createLowerAffinePass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createConvertMathToLLVMPass());
  passes.addPass(createConvertMathToLibmPass());
  arith::ArithExpandOpsPassOptions expandOps;
  expandOps.includeBf16 = true;
  passes.addPass(arith::createArithExpandOpsPass(expandOps));
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertIndexToLLVMPass());
  passes.addPass(createFinalizeMemRefToLLVMConversionPass());
  passes.addPass(createConvertFuncToLLVMPass());
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
}

void mlir::ccq::buildCpuKernelPipeline(
    OpPassManager &passes, const CpuKernelPipelineOptions &options) {
  addKernelForm(passes, options);
  addBufferization(passes, options);
  addLowering(passes, options);
}

void mlir::ccq::buildCpuPipeline(OpPassManager &passes,
                                 const CpuPipelineOptions &options) {
  addPlanning(passes);
  SpecializeKernelsOptions specialize;
  specialize.target = options.target;
  passes.addPass(createSpecializeKernels(specialize));
  passes.addPass(createLowerCpuKernels());
  SerializeKernelsOptions serialize;
  serialize.linker = options.linker;
  passes.addPass(createSerializeKernels(serialize));
}

void mlir::ccq::registerCpuPipelines() {
  PassPipelineRegistration<CpuPipelineOptions>(
      "ccq-cpu-pipeline",
      "from a quantized module to a plan with objects for one CPU target",
      buildCpuPipeline);
  PassPipelineRegistration<CpuKernelPipelineOptions>(
      "ccq-cpu-kernel-pipeline",
      "from kernels on tensors to the LLVM dialect for CPUs",
      buildCpuKernelPipeline);
}
