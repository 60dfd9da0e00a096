//===- KernelFrame.h - arguments and outputs of a kernel --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_KERNELFRAME_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_KERNELFRAME_H

#include "CodedMatmul.h"
#include "KernelBuilder.h"
#include "WeightReader.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::ccq {

/// Static shared memory that every architecture has.
inline constexpr int64_t kSharedBytes = 48 << 10;
/// Lanes of a warp.
inline constexpr int64_t kWarpSize = 32;

/// What one block computes, and with what. `channels` is a power of two.
struct BlockExtents {
  int64_t threads = 0, channels = 0, tokens = 0;
  /// f32 in shared memory.
  int64_t sharedElements = 0;
};

/// What the kernels of all coded matmuls have in common: parameters, the place
/// of a block, and the outputs behind the product.
class KernelFrame {
public:
  KernelFrame(const CodedMatmul &matmul, const BlockExtents &extents,
              gpu::GPUFuncOp kernel, KernelBuilder &builder)
      : matmul(matmul), extents(extents), kernel(kernel), builder(builder) {}

  /// Emits the values below, at the start of the kernel.
  void createPosition();

  /// M, of type index.
  Value getTokenCount();
  /// Pointer to the first row of the activations.
  Value createActivationPointer();
  Value getShared() { return kernel.getWorkgroupAttributions().front(); }
  Value loadShared(Value position);
  void storeShared(Value value, Value position);

  /// Emits the stores of all results. `createProduct` emits the element of the
  /// product at a token and channel of the block (words), inside the matrix.
  LogicalResult
  createOutputs(llvm::function_ref<FailureOr<Value>(Value token, Value channel)>
                    createProduct);

  /// Pointers of the coded argument's components, in order.
  SmallVector<Value> components;
  /// Words: number of the thread, first channel and token of the block.
  Value thread, blockChannel, blockToken;
  /// Words: number of the warp in the block, and of the thread in the warp.
  Value warp, inWarp;
  /// Row and column of the thread in the warp; the channel is the kernel's to
  /// choose.
  LanePosition lane;

private:
  void mapArguments();
  LogicalResult createResults(Value token, Value channel, Value product);
  Value isBelow(Value value, Value limit);

  const CodedMatmul &matmul;
  BlockExtents extents;
  gpu::GPUFuncOp kernel;
  KernelBuilder &builder;
  IRMapping arguments;
  SmallVector<Value> results, scalars;
};

/// Emits, after the function, a gpu.module of the same name with one kernel,
/// whose body `emitBody` emits. `ccq.grid` and `ccq.block` say how to launch
/// it; parameters are as createMmaKernel has them.
FailureOr<gpu::GPUModuleOp> createKernelModule(
    const CodedMatmul &matmul, const BlockExtents &extents,
    llvm::function_ref<LogicalResult(gpu::GPUFuncOp kernel)> emitBody);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_KERNELFRAME_H
