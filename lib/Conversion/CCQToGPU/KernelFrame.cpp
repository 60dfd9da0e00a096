//===- KernelFrame.cpp - arguments and outputs of a kernel ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFrame.h"

#include "EpilogueEvaluator.h"
#include "ScalarExpression.h"
#include "ccq/Dialect/CCQ/IR/KernelAttributes.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;

void KernelFrame::mapArguments() {
  Type index = builder.getIndexType();
  func::FuncOp function = matmul.function;
  unsigned next = 0;
  for (BlockArgument argument : function.getArguments()) {
    if (argument.getType().isIndex())
      continue;
    auto coded = dyn_cast<CodedTensorType>(argument.getType());
    size_t count = coded ? coded.getComponentTypes().size() : 1;
    for (size_t i = 0; i < count; ++i, ++next)
      if (argument == matmul.weights)
        components.push_back(kernel.getArgument(next));
    if (!coded)
      arguments.map(Value(argument), kernel.getArgument(next - 1));
  }
  for (size_t i = 0; i < function.getNumResults(); ++i)
    results.push_back(kernel.getArgument(next++));
  for (BlockArgument argument : function.getArguments()) {
    if (!argument.getType().isIndex())
      continue;
    scalars.push_back(builder.create<arith::IndexCastUIOp>(
        index, kernel.getArgument(next++)));
    arguments.map(Value(argument), scalars.back());
  }
}

void KernelFrame::createPosition() {
  builder.setInsertionPointToStart(&kernel.getBody().front());
  mapArguments();
  auto getId = [&](Value id) {
    return builder.create<arith::IndexCastUIOp>(builder.getI32Type(), id);
  };
  thread = getId(builder.create<gpu::ThreadIdOp>(gpu::Dimension::x));
  // Tokens along x: y ends at 65535 blocks, and blocks that follow each other
  // then read the same weights.
  blockToken = builder.mul(
      getId(builder.create<gpu::BlockIdOp>(gpu::Dimension::x)), extents.tokens);
  blockChannel =
      builder.mul(getId(builder.create<gpu::BlockIdOp>(gpu::Dimension::y)),
                  extents.channels);
  warp = builder.apply<arith::ShRUIOp>(thread, llvm::Log2_64(kWarpSize));
  inWarp = builder.apply<arith::AndIOp>(thread, kWarpSize - 1);
  lane.row = builder.apply<arith::ShRUIOp>(inWarp, llvm::Log2_64(kLaneColumns));
  lane.column = builder.apply<arith::AndIOp>(inWarp, kLaneColumns - 1);
}

Value KernelFrame::getTokenCount() {
  return affine::expandAffineExpr(builder, builder.getLoc(), matmul.tokens,
                                  scalars, {});
}

Value KernelFrame::createActivationPointer() {
  Value pointer = arguments.lookup(Value(matmul.activations.argument));
  Value offset = affine::expandAffineExpr(
      builder, builder.getLoc(), matmul.activations.offset, scalars, {});
  return builder.getElement(pointer, builder.getF32Type(), offset);
}

Value KernelFrame::loadShared(Value position) {
  Value index =
      builder.create<arith::IndexCastUIOp>(builder.getIndexType(), position);
  return builder.create<memref::LoadOp>(getShared(), index);
}

void KernelFrame::storeShared(Value value, Value position) {
  Value index =
      builder.create<arith::IndexCastUIOp>(builder.getIndexType(), position);
  builder.create<memref::StoreOp>(value, getShared(), index);
}

Value KernelFrame::isBelow(Value value, Value limit) {
  return builder.create<arith::CmpIOp>(arith::CmpIPredicate::ult, value, limit);
}

LogicalResult KernelFrame::createResults(Value token, Value channel,
                                         Value product) {
  EpilogueInputs inputs;
  inputs.root = matmul.root;
  inputs.product = product;
  inputs.token = token;
  inputs.channel = channel;
  inputs.scalars = scalars;
  inputs.arguments = arguments;
  EpilogueEvaluator evaluator(builder, std::move(inputs));
  if (failed(evaluator.addInitialValue()))
    return failure();
  func::FuncOp function = matmul.function;
  Operation *terminator = function.getBody().front().getTerminator();
  Value row = builder.create<arith::MulIOp>(
      token, builder.create<arith::ConstantIndexOp>(matmul.weightsType.getN()));
  Value position = builder.create<arith::AddIOp>(row, channel);
  for (auto [result, pointer] :
       llvm::zip_equal(terminator->getOperands(), results)) {
    FailureOr<Value> value = evaluator.evaluateResult(result);
    if (failed(value))
      return failure();
    Value address = builder.getElement(pointer, value->getType(), position);
    builder.create<LLVM::StoreOp>(*value, address);
  }
  return success();
}

LogicalResult KernelFrame::createOutputs(
    llvm::function_ref<FailureOr<Value>(Value token, Value channel)>
        createProduct) {
  auto loop = builder.create<scf::ForOp>(
      thread, builder.word(extents.channels * extents.tokens),
      builder.word(extents.threads));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value element = loop.getInductionVar();
  Value channel = builder.apply<arith::AndIOp>(element, extents.channels - 1);
  Value token =
      builder.apply<arith::ShRUIOp>(element, llvm::Log2_64(extents.channels));
  Type index = builder.getIndexType();
  Value outputChannel = builder.add(blockChannel, channel);
  Value outputToken = builder.create<arith::IndexCastUIOp>(
      index, builder.add(blockToken, token));
  Value isInside = builder.create<arith::AndIOp>(
      isBelow(outputChannel, builder.word(matmul.weightsType.getN())),
      isBelow(outputToken, getTokenCount()));
  auto branch = builder.create<scf::IfOp>(isInside, /*withElse=*/false);
  builder.setInsertionPointToStart(branch.thenBlock());
  FailureOr<Value> product = createProduct(token, channel);
  if (failed(product))
    return failure();
  return createResults(
      outputToken, builder.create<arith::IndexCastUIOp>(index, outputChannel),
      *product);
}

/// The kernel's signature: pointers, then u32.
static SmallVector<Type> getParameterTypes(func::FuncOp function) {
  MLIRContext *context = function.getContext();
  Type pointer = LLVM::LLVMPointerType::get(context, NVVM::kGlobalMemorySpace);
  SmallVector<Type> types;
  for (Type type : function.getArgumentTypes())
    if (!type.isIndex()) {
      auto coded = dyn_cast<CodedTensorType>(type);
      types.append(coded ? coded.getComponentTypes().size() : 1, pointer);
    }
  types.append(function.getNumResults(), pointer);
  types.append(getScalarCount(function.getArguments()),
               IntegerType::get(context, 32));
  return types;
}

FailureOr<gpu::GPUModuleOp> mlir::ccq::createKernelModule(
    const CodedMatmul &matmul, const BlockExtents &extents,
    llvm::function_ref<LogicalResult(gpu::GPUFuncOp kernel)> emitBody) {
  func::FuncOp function = matmul.function;
  MLIRContext *context = function.getContext();
  OpBuilder builder(context);
  builder.setInsertionPointAfter(function);
  auto module = builder.create<gpu::GPUModuleOp>(function.getLoc(),
                                                 function.getSymName());
  builder.setInsertionPointToStart(module.getBody());
  auto space =
      gpu::AddressSpaceAttr::get(context, gpu::AddressSpace::Workgroup);
  auto shared = MemRefType::get({extents.sharedElements}, builder.getF32Type(),
                                MemRefLayoutAttrInterface(), space);
  auto kernel = builder.create<gpu::GPUFuncOp>(
      function.getLoc(), function.getSymName(),
      builder.getFunctionType(getParameterTypes(function), {}),
      TypeRange{shared});
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(),
                  builder.getUnitAttr());
  kernel.setKnownBlockSizeAttr(
      builder.getDenseI32ArrayAttr({int32_t(extents.threads), 1, 1}));
  AffineExpr blocks = matmul.tokens.ceilDiv(extents.tokens);
  int64_t channelBlocks =
      llvm::divideCeil(matmul.weightsType.getN(), extents.channels);
  auto grid =
      AffineMap::get(getScalarCount(function.getArguments()), 0,
                     {blocks, builder.getAffineConstantExpr(channelBlocks),
                      builder.getAffineConstantExpr(1)},
                     context);
  module->setAttr(kGridAttr, AffineMapAttr::get(grid));
  module->setAttr(kBlockAttr,
                  builder.getDenseI64ArrayAttr({extents.threads, 1, 1}));
  if (failed(emitBody(kernel))) {
    module.erase();
    return failure();
  }
  return module;
}
