//===- EpilogueEvaluator.h - elementwise code behind a matmul ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_EPILOGUEEVALUATOR_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_EPILOGUEEVALUATOR_H

#include "KernelBuilder.h"
#include "ReshapeIndices.h"
#include "StridedView.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::ccq {

/// Values that the evaluation of one output element starts from.
struct EpilogueInputs {
  /// The contraction, and its element at (token, channel) as f32.
  linalg::MatmulOp root;
  Value product;
  /// Row and column of the element, of type index.
  Value token, channel;
  /// Scalar arguments of the kernel in order, of type index.
  SmallVector<Value> scalars;
  /// Pointers of the plain tensor arguments, and the index values of the
  /// scalar arguments.
  IRMapping arguments;
};

/// Emits the value of single elements of tensors: elementwise linalg ops are
/// evaluated recursively from the matmul's element, loads from arguments, and
/// constants.
///
/// Element indices are affine over (token, channel, scalars...). Anything that
/// is not such a computation is an error at its op.
class EpilogueEvaluator {
public:
  EpilogueEvaluator(KernelBuilder &builder, EpilogueInputs inputs);

  /// Adds what the matmul accumulates onto, unless that is zero. Call it before
  /// evaluateResult.
  LogicalResult addInitialValue();

  /// The element of a result of the kernel that belongs to (token, channel);
  /// reshapes keep the row-major position.
  FailureOr<Value> evaluateResult(Value tensor);

private:
  FailureOr<Value> evaluate(Value tensor, const ElementIndices &indices);
  FailureOr<Value> evaluateRoot(const ElementIndices &indices);
  FailureOr<Value> evaluateArgument(BlockArgument argument,
                                    const ElementIndices &indices);
  FailureOr<Value> evaluateConstant(Operation *op);
  FailureOr<Value> evaluateExpanded(tensor::ExpandShapeOp op,
                                    const ElementIndices &indices);
  FailureOr<Value> evaluateCollapsed(tensor::CollapseShapeOp op,
                                     const ElementIndices &indices);
  FailureOr<Value> evaluateSlice(tensor::ExtractSliceOp op,
                                 const ElementIndices &indices);
  FailureOr<Value> evaluateElementwise(linalg::LinalgOp op, OpResult result,
                                       const ElementIndices &indices);
  FailureOr<Value> evaluateBody(linalg::LinalgOp op, IRMapping &mapping,
                                unsigned resultNumber,
                                const ElementIndices &loops);
  Value loadElement(const StridedView &view, const ElementIndices &indices);
  LogicalResult mapCapture(Value value, IRMapping &mapping);
  Value materialize(AffineExpr expr);

  KernelBuilder &builder;
  EpilogueInputs inputs;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_EPILOGUEEVALUATOR_H
