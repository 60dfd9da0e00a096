//===- Interruption.h - ends long work where it can go on -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_INTERRUPTION_H
#define CCQ_TOOLS_CCQ_INTERRUPTION_H

namespace ccq::tool {

/// From now on the first SIGINT or SIGTERM only makes isInterrupted true; the
/// next one ends the process.
void deferInterruption();

/// Whether the user wants the work to end.
bool isInterrupted();

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_INTERRUPTION_H
