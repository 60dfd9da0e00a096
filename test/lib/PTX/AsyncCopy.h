//===- AsyncCopy.h - Completion of cp.async copies --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_ASYNCCOPY_H
#define CCQ_TEST_PTX_ASYNCCOPY_H

#include "PTX/Warp.h"

namespace ccq::ptx {

/// Performs the copies of a lane's oldest committed groups until at most
/// `remainingGroups` committed ones are left.
void completeCopies(Warp &warp, unsigned lane, size_t remainingGroups);

/// Performs all copies of a lane, committed or not.
void completeAllCopies(Warp &warp, unsigned lane);

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_ASYNCCOPY_H
