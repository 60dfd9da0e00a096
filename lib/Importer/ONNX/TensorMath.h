//===- TensorMath.h - composed operations on whole tensors ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_TENSORMATH_H
#define CCQ_LIB_IMPORTER_ONNX_TENSORMATH_H

#include "Emission.h"

namespace mlir::ccq::importer {

// What handlers of whole layers (attention, normalization, convolution) are
// made of, beside Emission.h. All of it is emitted as ordinary linalg
// operations, which later passes group into dispatches.

/// Float32 for 16-bit floats, which are accumulated in it; else `type`.
ElementType getAccumulatorType(ElementType type);

/// linalg.matmul of two matrices; the result has the accumulator's type.
ImportedTensor emitMatrixProduct(NodeImporter &node, ImportedTensor &a,
                                 ImportedTensor &b);

/// The rows of a matrix plus the vector at `biasInput`, where there is one of
/// as many elements, in `type`.
ImportedTensor emitWithBias(NodeImporter &node, ImportedTensor &rows,
                            size_t biasInput, ElementType type);

/// `batch` products of matrices, the last two dimensions of the operands, whose
/// other dimensions multiply to `batch`: linalg.batch_matmul. The result is
/// batch x M x N in the accumulator's type.
ImportedTensor emitBatchProduct(NodeImporter &node, ImportedTensor &a,
                                ImportedTensor &b, Size batch);

/// What softmax makes of a row of -inf.
enum class EmptyRows { AreNaN, AreZero };

/// exp(x - max) / sum over one axis, or x - max - log(sum) for LogSoftmax
/// nodes. Computed in f32 for 16-bit floats; the result has the type of `x`.
ImportedTensor emitSoftmax(NodeImporter &node, ImportedTensor &x, int64_t axis,
                           EmptyRows emptyRows = EmptyRows::AreNaN);

/// tensor[index]: a tensor of the other dimensions. Part of a constant is a
/// constant in the same file.
ImportedTensor emitPart(NodeImporter &node, ImportedTensor &tensor,
                        int64_t index);

/// The tensors one after the other along `axis`; `shape` is the result's.
ImportedTensor emitConcat(NodeImporter &node,
                          ArrayRef<ImportedTensor *> operands, int64_t axis,
                          const Shape &shape);

/// The elements of `data` at `indices` (int32 or int64, any values: negative
/// ones count from the end, and all are clamped) along `axis`.
ImportedTensor emitGather(NodeImporter &node, ImportedTensor &data,
                          ImportedTensor &indices, int64_t axis);

/// The integer `element`, counted from the end where it is negative, as an
/// index into a dimension of `size` elements, to which it is clamped.
Value buildIndex(ImplicitLocOpBuilder &b, Value element, Value size);

/// `tensor` in another float type, rounded to nearest even.
ImportedTensor emitConversion(NodeImporter &node, ImportedTensor &tensor,
                              ElementType type);

/// A map from the indices of a result of `rank` dimensions to an operand that
/// broadcasts to its last dimensions: dimensions of size 1 are read at 0.
AffineMap getTrailingMap(NodeImporter &node, ArrayRef<Size> operand,
                         int64_t rank);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_TENSORMATH_H
