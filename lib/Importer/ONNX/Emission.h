//===- Emission.h - tensor operations that handlers share -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_EMISSION_H
#define CCQ_LIB_IMPORTER_ONNX_EMISSION_H

#include "NodeImporter.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ccq::importer {

/// Computes one element from one element of each operand.
using ScalarFunction =
    llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;

/// The type in which elements are computed: f32 for f16 and bf16, so that
/// functions of several steps round once.
Type getComputeType(Type elementType);

/// The numpy broadcast of the operands' shapes. Reports and fails when they do
/// not fit, or when two different symbolic sizes would have to be equal.
FailureOr<Shape> broadcastShapes(NodeImporter &node,
                                 ArrayRef<ImportedTensor *> operands);

/// One linalg.generic over the broadcast of the operands. Operands of one known
/// element become constants in its body. Operands and results of 16-bit float
/// types are converted to and from f32.
FailureOr<ImportedTensor> emitElementwise(NodeImporter &node,
                                          ArrayRef<ImportedTensor *> operands,
                                          ElementType resultType,
                                          ScalarFunction compute);

/// `compute` on integers that are known at import, element by element with
/// broadcasting, or nothing when one is not known or `compute` gives null.
std::optional<ImportedTensor>
foldElementwise(NodeImporter &node, ArrayRef<ImportedTensor *> operands,
                ElementType resultType,
                llvm::function_ref<Size(ArrayRef<Size>)> compute);

/// The same elements in row-major order with another shape of as many elements.
/// Constants and known integers stay so; otherwise tensor.collapse_shape and
/// tensor.expand_shape.
ImportedTensor emitReshape(NodeImporter &node, ImportedTensor &tensor,
                           Shape shape);

/// Dimension i of the result is dimension permutation[i] of the operand. A
/// constant matrix becomes a transposed source.
ImportedTensor emitTranspose(NodeImporter &node, ImportedTensor &tensor,
                             ArrayRef<int64_t> permutation);

/// The tensor reduced over `axes` (ascending, not negative), which the result
/// does not have any more. `combine` gets an element, in the type of `init`,
/// and the value so far. One linalg.generic on a filled tensor.
ImportedTensor emitReduction(NodeImporter &node, ImportedTensor &tensor,
                             ArrayRef<int64_t> axes,
                             ElementType accumulatorType, TypedAttr init,
                             ScalarFunction combine);

/// From a shape of `rank` dimensions to those that are not in `axes`.
AffineMap getKeptMap(NodeImporter &node, int64_t rank, ArrayRef<int64_t> axes);

/// An operand of emitGeneric: a tensor and how the result's indices address it.
struct MappedOperand {
  Value value;
  AffineMap map;
};

/// A parallel linalg.generic with the given operand maps. 16-bit floats are
/// computed in f32, as by emitElementwise.
ImportedTensor emitGeneric(NodeImporter &node, ArrayRef<MappedOperand> operands,
                           ArrayRef<Size> shape, ElementType resultType,
                           ScalarFunction compute);

/// The tensor repeated along dimensions of size 1 and new leading dimensions.
/// `shape` is a broadcast of the tensor's shape.
ImportedTensor emitBroadcast(NodeImporter &node, ImportedTensor &tensor,
                             ArrayRef<Size> shape);

/// The slice of known integers, with strides of either sign; nothing when they
/// or the slice are not known.
std::optional<ImportedTensor>
foldSlice(NodeImporter &node, ImportedTensor &tensor, ArrayRef<Size> offsets,
          ArrayRef<Size> sizes, ArrayRef<int64_t> strides);

/// The elements offsets[i], offsets[i] + strides[i], ... of each dimension.
/// Strides are positive.
ImportedTensor emitSlice(NodeImporter &node, ImportedTensor &tensor,
                         ArrayRef<Size> offsets, ArrayRef<Size> sizes,
                         ArrayRef<int64_t> strides);

/// The indices into a tensor for one element of the result, from the element's
/// position and the elements of the operands.
using IndexFunction = llvm::function_ref<SmallVector<Value>(
    ImplicitLocOpBuilder &, ValueRange position, ValueRange elements)>;

/// A tensor of `shape` whose elements are looked up in `tensor`.
ImportedTensor emitIndexed(NodeImporter &node, ImportedTensor &tensor,
                           ArrayRef<MappedOperand> operands,
                           ArrayRef<Size> shape, IndexFunction getIndices);

Value emitEmpty(NodeImporter &node, Type elementType, ArrayRef<Size> shape);
/// A tensor of `shape` with every element `value` (an attribute of the element
/// type).
Value emitFill(NodeImporter &node, TypedAttr value, ArrayRef<Size> shape);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_EMISSION_H
