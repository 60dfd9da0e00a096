//===- BindBuffers.cpp - kernels to the CPU calling convention --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelExtents.h"
#include "ccq/Dialect/CCQ/IR/KernelAttributes.h"
#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_BINDBUFFERS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// Makes memrefs and scalars out of what a caller passes.
class ArgumentReader {
public:
  ArgumentReader(OpBuilder &builder, Location loc, Value buffers, Value scalars)
      : builder(builder), loc(loc), buffers(buffers), scalars(scalars) {}

  /// The next scalar as an index.
  Value readScalar() {
    Type i64 = builder.getI64Type();
    Value slot = builder.create<LLVM::GEPOp>(
        loc, scalars.getType(), i64, scalars,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(nextScalar++)});
    Value value = builder.create<LLVM::LoadOp>(loc, i64, slot);
    return builder.create<arith::IndexCastOp>(loc, builder.getIndexType(),
                                              value);
  }

  /// The next buffer as a row-major memref of `type` with the given extents
  /// for its dynamic dimensions.
  Value readBuffer(RankedTensorType type, ValueRange dynamicSizes) {
    Type pointer = buffers.getType();
    Value slot = builder.create<LLVM::GEPOp>(
        loc, pointer, pointer, buffers,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(nextBuffer++)});
    Value data = builder.create<LLVM::LoadOp>(loc, pointer, slot);
    return createMemRef(type, data, dynamicSizes);
  }

private:
  Value createI64(int64_t value) {
    return builder.create<LLVM::ConstantOp>(loc, builder.getI64Type(),
                                            builder.getI64IntegerAttr(value));
  }

  /// A memref descriptor in the layout of MLIR's LLVM conversion: allocated
  /// and aligned pointer, offset, sizes, strides.
  Value createMemRef(RankedTensorType type, Value data,
                     ValueRange dynamicSizes) {
    int64_t rank = type.getRank();
    SmallVector<Value> sizes;
    for (int64_t extent : type.getShape()) {
      if (!ShapedType::isDynamic(extent)) {
        sizes.push_back(createI64(extent));
        continue;
      }
      sizes.push_back(builder.create<arith::IndexCastOp>(
          loc, builder.getI64Type(), dynamicSizes.front()));
      dynamicSizes = dynamicSizes.drop_front();
    }
    Type pointer = data.getType(), i64 = builder.getI64Type();
    SmallVector<Type> fields{pointer, pointer, i64};
    if (rank > 0)
      fields.append(2, LLVM::LLVMArrayType::get(i64, rank));
    auto structType =
        LLVM::LLVMStructType::getLiteral(builder.getContext(), fields);
    Value descriptor = builder.create<LLVM::UndefOp>(loc, structType);
    auto insert = [&](Value value, ArrayRef<int64_t> position) {
      descriptor =
          builder.create<LLVM::InsertValueOp>(loc, descriptor, value, position);
    };
    insert(data, 0);
    insert(data, 1);
    insert(createI64(0), 2);
    Value stride = createI64(1);
    for (int64_t dim = rank - 1; dim >= 0; --dim) {
      insert(sizes[dim], {3, dim});
      insert(stride, {4, dim});
      if (dim > 0)
        stride = builder.create<LLVM::MulOp>(loc, stride, sizes[dim]);
    }
    auto memref = MemRefType::get(type.getShape(), type.getElementType());
    return builder.create<UnrealizedConversionCastOp>(loc, memref, descriptor)
        .getResult(0);
  }

  OpBuilder &builder;
  Location loc;
  Value buffers, scalars;
  unsigned nextBuffer = 0, nextScalar = 0;
};

struct BindBuffers : public ::mlir::ccq::impl::BindBuffersBase<BindBuffers> {
  using BindBuffersBase::BindBuffersBase;

  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (kernel.isExternal())
      return;
    if (!kernel->hasAttr(kGridAttr)) {
      kernel.emitError()
          << "expected work items; run ccq-distribute-items first";
      return signalPassFailure();
    }
    SmallVector<SmallVector<Value>> extents;
    if (failed(resolveArgumentDims(kernel)) ||
        failed(findExtents(kernel, extents)))
      return signalPassFailure();
    bind(kernel, extents);
  }

private:
  /// The scalars that are the dynamic extents of every argument, then of every
  /// result.
  LogicalResult findExtents(func::FuncOp kernel,
                            SmallVectorImpl<SmallVector<Value>> &extents) {
    for (auto [index, type] : llvm::enumerate(kernel.getArgumentTypes())) {
      if (!isa<RankedTensorType>(type) && !type.isIndex())
        return kernel.emitError() << "expected tensors and index values as "
                                     "arguments of a kernel, got "
                                  << type;
      FailureOr<SmallVector<Value>> found = getArgumentExtents(kernel, index);
      if (failed(found))
        return failure();
      extents.push_back(*std::move(found));
    }
    for (unsigned index = 0; index < kernel.getNumResults(); ++index) {
      FailureOr<SmallVector<Value>> found = getResultExtents(kernel, index);
      if (failed(found))
        return failure();
      extents.push_back(*std::move(found));
    }
    return success();
  }

  void bind(func::FuncOp kernel, ArrayRef<SmallVector<Value>> extents) {
    Location loc = kernel.getLoc();
    Block &body = kernel.getBody().front();
    SmallVector<BlockArgument> arguments(body.getArguments());
    OpBuilder builder(&getContext());
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    Type index = builder.getIndexType();
    Value buffers = body.addArgument(pointer, loc);
    Value scalars = body.addArgument(pointer, loc);
    Value begin = body.addArgument(index, loc);
    Value end = body.addArgument(index, loc);
    builder.setInsertionPointToStart(&body);
    ArgumentReader reader(builder, loc, buffers, scalars);
    IRMapping bound;
    for (BlockArgument argument : ArrayRef(arguments).drop_back(2))
      if (argument.getType().isIndex())
        bound.map(argument, reader.readScalar());
    bound.map(arguments[arguments.size() - 2], begin);
    bound.map(arguments.back(), end);
    auto readTensor = [&](Type type, ArrayRef<Value> argumentExtents) {
      SmallVector<Value> sizes;
      for (Value extent : argumentExtents)
        sizes.push_back(extent
                            ? bound.lookup(extent)
                            : builder.create<arith::ConstantIndexOp>(loc, 1));
      return reader.readBuffer(cast<RankedTensorType>(type), sizes);
    };
    for (auto [argument, argumentExtents] : llvm::zip(arguments, extents))
      if (!argument.getType().isIndex())
        bound.map(argument,
                  builder.create<bufferization::ToTensorOp>(
                      loc, readTensor(argument.getType(), argumentExtents),
                      /*restrict=*/true, /*writable=*/false));
    SmallVector<Value> outputs;
    for (auto [result, resultExtents] :
         llvm::zip(body.getTerminator()->getOperands(),
                   extents.drop_front(arguments.size())))
      outputs.push_back(readTensor(result.getType(), resultExtents));
    for (BlockArgument argument : arguments)
      argument.replaceAllUsesWith(bound.lookup(argument));
    storeResults(body.getTerminator(), outputs);
    body.eraseArguments(0, arguments.size());
    kernel.setType(
        builder.getFunctionType({pointer, pointer, index, index}, {}));
    kernel.removeArgAttrsAttr();
    kernel.removeResAttrsAttr();
    kernel.setPublic();
  }

  /// Writes what the kernel returned into its output buffers.
  static void storeResults(Operation *terminator, ArrayRef<Value> outputs) {
    OpBuilder builder(terminator);
    for (auto [result, output] :
         llvm::zip(terminator->getOperands(), outputs)) {
      auto [value, buffer] = peelReshapes(builder, result, output);
      auto store = builder.create<bufferization::MaterializeInDestinationOp>(
          terminator->getLoc(), value, buffer);
      store.setRestrict(true);
      store.setWritable(true);
    }
    terminator->eraseOperands(0, terminator->getNumOperands());
  }

  /// Storing a reshaped value is storing the value in the reshaped buffer.
  static std::pair<Value, Value> peelReshapes(OpBuilder &builder, Value value,
                                              Value buffer) {
    while (Operation *op = value.getDefiningOp()) {
      if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
        buffer = builder.create<memref::CollapseShapeOp>(
            op->getLoc(), buffer, expand.getReassociationIndices());
        value = expand.getSrc();
        continue;
      }
      auto collapse = dyn_cast<tensor::CollapseShapeOp>(op);
      if (!collapse)
        break;
      RankedTensorType type = collapse.getSrcType();
      buffer = builder.create<memref::ExpandShapeOp>(
          op->getLoc(), MemRefType::get(type.getShape(), type.getElementType()),
          buffer, collapse.getReassociationIndices(),
          tensor::getMixedSizes(builder, op->getLoc(), collapse.getSrc()));
      value = collapse.getSrc();
    }
    return {value, buffer};
  }
};

} // namespace
