//===- VariableParser.h - PTX declarations ----------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_VARIABLEPARSER_H
#define CCQ_TEST_PTX_VARIABLEPARSER_H

#include "PTX/Module.h"
#include "PTX/TokenStream.h"

#include <optional>

namespace ccq::ptx {

/// Whether a declaration of a .global .const .shared or .local variable
/// begins here, linkage included.
bool isVariableStart(const TokenStream &stream);

/// Takes a variable declaration up to its ';'. Nothing when it failed; the
/// stream holds the error.
std::optional<Variable> parseVariable(TokenStream &stream);

/// Takes one `.param` of a kernel's list, without the ',' after it.
std::optional<Parameter> parseParameter(TokenStream &stream);

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_VARIABLEPARSER_H
