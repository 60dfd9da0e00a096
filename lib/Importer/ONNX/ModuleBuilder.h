//===- ModuleBuilder.h - graph to module ------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_MODULEBUILDER_H
#define CCQ_LIB_IMPORTER_ONNX_MODULEBUILDER_H

#include "ImportState.h"

namespace mlir::ccq::importer {

/// Translates the nodes of `graph`, in order, into `@main` of a new module and
/// verifies it. Check the sink of `state` for errors; after one of them the
/// module is not complete.
OwningOpRef<ModuleOp> buildModule(const Graph &graph, ImportState &state);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_MODULEBUILDER_H
