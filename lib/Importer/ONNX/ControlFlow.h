//===- ControlFlow.h - If, Loop and Scan ------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_CONTROLFLOW_H
#define CCQ_LIB_IMPORTER_ONNX_CONTROLFLOW_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// The branch that is taken, when the import knows it. Otherwise both, and a
/// choice between their results, which have one shape then.
LogicalResult importIf(NodeImporter &node);
/// Loop and Scan as their bodies one after the other: the number of iterations
/// has to be known.
LogicalResult importLoop(NodeImporter &node);
LogicalResult importScan(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_CONTROLFLOW_H
