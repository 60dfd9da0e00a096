//===- RecurrentCell.h - one step of LSTM, GRU and RNN ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_RECURRENTCELL_H
#define CCQ_LIB_IMPORTER_ONNX_RECURRENTCELL_H

#include "Emission.h"

namespace mlir::ccq::importer {

class ScalarMath;

/// Matrices of batch x hidden.
struct CellState {
  ImportedTensor output;
  /// Of LSTM only.
  ImportedTensor memory;
};

/// Computes the next state. What an optional input leaves out is not valid.
class RecurrentCell {
public:
  using Activation = Value (*)(ScalarMath &, Value);

  /// Reads the activations of `direction`; reports and fails when one is not
  /// supported.
  static FailureOr<RecurrentCell> create(NodeImporter &node, int64_t direction);

  /// `product`: the inputs of the step times their weights.
  CellState advance(ImportedTensor &product, CellState &state);

  int64_t hidden = 0;
  /// hidden x (gates * hidden).
  ImportedTensor weights;
  /// Of the inputs, then of the outputs: 2 * gates * hidden.
  ImportedTensor bias;
  /// 3 * hidden.
  ImportedTensor peepholes;

private:
  explicit RecurrentCell(NodeImporter &node) : node(node) {}

  CellState advanceLSTM(ImportedTensor &product, CellState &state);
  CellState advanceGRU(ImportedTensor &product, CellState &state);
  CellState advanceRNN(ImportedTensor &product, CellState &state);
  MappedOperand getGate(ImportedTensor &matrix, int64_t gate);
  MappedOperand getVector(ImportedTensor &vector, int64_t part);
  ImportedTensor emitStep(ArrayRef<MappedOperand> operands,
                          ArrayRef<Size> shape, ScalarFunction compute);

  NodeImporter &node;
  SmallVector<Activation, 3> activations;
};

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_RECURRENTCELL_H
