//===- Recurrent.h - LSTM, GRU and RNN --------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_RECURRENT_H
#define CCQ_LIB_IMPORTER_ONNX_RECURRENT_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// One step after the other: the number of steps has to be known. The weights
/// of the inputs multiply all steps at once.
LogicalResult importRecurrent(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_RECURRENT_H
