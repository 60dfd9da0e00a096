//===- ExpertLayer.h - one linear layer of all experts ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_EXPERTLAYER_H
#define CCQ_LIB_IMPORTER_ONNX_EXPERTLAYER_H

#include "TensorMath.h"

namespace mlir::ccq::importer {

/// Numbers of a layer's inputs. A plain layer has no scales and no zero points.
struct ExpertInputs {
  size_t weights = 0;
  size_t bias = 0;
  std::optional<size_t> scales;
  std::optional<size_t> zeros;
};

/// One of the linear layers of com.microsoft.MoE or QMoE: a matrix N x K and
/// maybe a bias of N for each of the experts. The matrix of an expert is a
/// weight of its own, `<name>.<expert>`, that can be coded like any other.
class ExpertLayer {
public:
  /// `name` is fc1, fc2 or fc3, as in the names of attributes.
  ExpertLayer(NodeImporter &node, StringRef name, ExpertInputs inputs)
      : node(node), name(name), inputs(inputs) {}

  bool exists() const { return node.hasInput(inputs.weights); }
  /// Reads and checks the shapes; `type` is that of the node's input.
  LogicalResult check(ElementType type);

  int64_t getExperts() const { return experts; }
  int64_t getN() const { return n; }
  int64_t getK() const { return k; }

  /// Rows x K times the matrix of `expert`: rows x N, in float32 for 16-bit
  /// floats and quantized weights.
  ImportedTensor emitProduct(ImportedTensor &rows, int64_t expert);
  /// The bias of `expert` for each of the columns of emitProduct; nothing where
  /// there is none.
  SmallVector<MappedOperand> emitBias(int64_t expert);

private:
  LogicalResult checkBits();
  LogicalResult checkScales();
  LogicalResult checkZeros();
  const ConstantTensor *getPart(size_t input, int64_t expert);
  const ConstantTensor *getZeros(int64_t expert);
  ImportedTensor emitWeight(int64_t expert);

  NodeImporter &node;
  StringRef name;
  ExpertInputs inputs;
  int64_t experts = 0, n = 0, k = 0;
  /// Of quantized weights; a block of 0 is a whole row.
  int64_t bits = 0, block = 0;
};

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_EXPERTLAYER_H
