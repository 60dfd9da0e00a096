//===- PassArguments.h - check pass options before parsing ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_COMPILER_PASSARGUMENTS_H
#define CCQ_COMPILER_PASSARGUMENTS_H

#include "mlir/Support/LLVM.h"

#include <optional>
#include <string>

namespace mlir::ccq {

/// What is wrong with the options of passes on a command line, or nothing. MLIR
/// 19 looks for the partner of every `{`, `(`, `[`, `"` and `'` in them and
/// never ends when there is none, so that has to be found before. Looks at the
/// arguments `--name=options`, where `name` is a registered pass or pipeline,
/// and at `--pass-pipeline`; passes have to be registered.
std::optional<std::string> checkPassArguments(ArrayRef<const char *> arguments);

} // namespace mlir::ccq

#endif // CCQ_COMPILER_PASSARGUMENTS_H
