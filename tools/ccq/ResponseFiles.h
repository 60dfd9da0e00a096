//===- ResponseFiles.h - arguments that stand in a file ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_RESPONSEFILES_H
#define CCQ_TOOLS_CCQ_RESPONSEFILES_H

#include "ccq/Support/Result.h"

#include <string>
#include <vector>

namespace ccq::tool {

/// Replaces every argument `@FILE` by the arguments in FILE, which blanks and
/// line ends separate. Single or double quotes keep blanks; a backslash takes
/// the next character as it is, except in single quotes. Files may name
/// further files, 16 deep. Fails with MalformedInput, naming the file.
Result<std::vector<std::string>>
expandResponseFiles(const std::vector<std::string> &arguments);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_RESPONSEFILES_H
