//===- Window.h - windows that move over spatial dimensions -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_WINDOW_H
#define CCQ_LIB_IMPORTER_ONNX_WINDOW_H

#include "Emission.h"

namespace mlir::ccq::importer {

/// How a window moves along one spatial dimension.
struct WindowDimension {
  int64_t extent = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t padBefore = 0;
  int64_t padAfter = 0;
  /// Beyond padAfter, what the last position of a rounded-up number needs.
  int64_t overhang = 0;
  /// Number of positions.
  Size positions;

  /// Elements from the first to the last one under the window.
  int64_t getReach() const { return dilation * (extent - 1) + 1; }
};

/// Whether positions that reach beyond the padding count.
enum class PositionRounding { Down, Up };

/// The window of input 0, batch x channels x spatial dimensions, as the
/// attributes strides, dilations, pads and auto_pad say; `extents` has one
/// entry per spatial dimension. Reports and fails when they do not fit.
FailureOr<SmallVector<WindowDimension>> readWindow(NodeImporter &node,
                                                   ArrayRef<int64_t> extents,
                                                   PositionRounding rounding);

/// Input 0 between elements of `value`, as the window needs it.
ImportedTensor emitPadded(NodeImporter &node, ImportedTensor &x,
                          ArrayRef<WindowDimension> windows, TypedAttr value);

/// Where the window's elements lie in the padded input: the loops of the
/// positions and of the window start at the given numbers.
SmallVector<AffineExpr> getWindowExprs(NodeImporter &node,
                                       ArrayRef<WindowDimension> windows,
                                       unsigned positions, unsigned window);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_WINDOW_H
