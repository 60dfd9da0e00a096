//===- DepthToSpace.h - blocks of pixels as channels and back ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_DEPTHTOSPACE_H
#define CCQ_LIB_IMPORTER_ONNX_DEPTHTOSPACE_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// Channels become blocks of blocksize x blocksize pixels.
LogicalResult importDepthToSpace(NodeImporter &node);
/// The inverse, for columns before rows before channels.
LogicalResult importSpaceToDepth(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_DEPTHTOSPACE_H
