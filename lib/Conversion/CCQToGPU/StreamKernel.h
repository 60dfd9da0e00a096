//===- StreamKernel.h - the tensor-core kernel of a stream ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_STREAMKERNEL_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_STREAMKERNEL_H

#include "CodedMatmul.h"
#include "ccq/Dialect/CCQ/IR/CCQAttrs.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::ccq {

/// Chooses the warps of a block: as many, at most eight, as there are blocks
/// of K.
MmaStrategyAttr chooseStreamStrategy(const CodedMatmul &matmul);

/// createMmaKernel for weights in a stream scheme. The strategy has one token
/// tile. Reports an error at the function when its tiles have more than 256
/// rows, or less than the blocks of the rotation.
FailureOr<gpu::GPUModuleOp> createStreamKernel(const CodedMatmul &matmul,
                                               MmaStrategyAttr strategy);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_STREAMKERNEL_H
