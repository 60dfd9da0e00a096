//===- BlockPlacement.h - CenterCropPad and Col2Im --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_BLOCKPLACEMENT_H
#define CCQ_LIB_IMPORTER_ONNX_BLOCKPLACEMENT_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

LogicalResult importCenterCropPad(NodeImporter &node);
LogicalResult importCol2Im(NodeImporter &node);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_BLOCKPLACEMENT_H
