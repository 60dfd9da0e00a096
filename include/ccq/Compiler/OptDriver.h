//===- OptDriver.h - what ccq-opt adds to mlir-opt --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_COMPILER_OPTDRIVER_H
#define CCQ_COMPILER_OPTDRIVER_H

#include "mlir/Tools/mlir-opt/MlirOptMain.h"

#include <string>
#include <vector>

namespace mlir::ccq {

/// What ccq-opt writes.
enum class Emission {
  /// The module after the passes.
  Mlir,
  /// Data of the module's serialized kernels (pass ccq-emit-objects).
  Ptx,
  Cubin,
  Object,
  /// An artifact (pass ccq-emit-artifact); the output is a directory, and an
  /// artifact that is there is replaced.
  Artifact,
};

/// Where a module comes from and where it goes.
struct OptDriverFiles {
  /// `.onnx`, `.mlir`, `.mlirbc` or `-`.
  std::string input;
  /// A file or `-`.
  std::string output;
  /// `NAME=SIZE` for symbolic dimensions of an `.onnx` input.
  std::vector<std::string> dimensions;
  Emission emission = Emission::Mlir;
};

/// Runs MlirOptMain with the paths of `ccq.store` kept right: stores are
/// resolved against the input's directory, and rebased after the last pass when
/// the output lies elsewhere. Standard input and output count as files in the
/// working directory, so that pipes compose. Overwrites `output`. For emissions
/// other than Mlir the pass that writes follows the other passes, and `output`
/// is its path. Errors are printed to standard error as mlir-opt does.
LogicalResult runOptDriver(const OptDriverFiles &files,
                           DialectRegistry &registry, MlirOptMainConfig config);

} // namespace mlir::ccq

#endif // CCQ_COMPILER_OPTDRIVER_H
