//===- InputBuffer.h - module text or bytecode of an input ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_COMPILER_INPUTBUFFER_H
#define CCQ_COMPILER_INPUTBUFFER_H

#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir::ccq {

/// What mlir-opt can read: the content of `input` (`-` is standard input), or,
/// for a name that ends with `.onnx`, the bytecode of the imported model, whose
/// stores are relative to the model's directory. `dimensions` are `NAME=SIZE`
/// texts for an import; they are an error for any other input. Null after
/// printing the reasons to standard error.
std::unique_ptr<llvm::MemoryBuffer>
openInputBuffer(const std::string &input,
                const std::vector<std::string> &dimensions);

} // namespace mlir::ccq

#endif // CCQ_COMPILER_INPUTBUFFER_H
