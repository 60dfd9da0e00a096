//===- InputBinding.h - from tensors to sizes of dimensions -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_RUNTIME_INPUTBINDING_H
#define CCQ_LIB_RUNTIME_INPUTBINDING_H

#include "ccq/Artifact/Plan.h"
#include "ccq/Runtime/Session.h"

#include <span>
#include <vector>

namespace ccq::runtime {

/// Inputs in the order of the plan and the dimensions that they fix.
struct BoundInputs {
  /// One per plan input; they refer to the caller's tensors.
  std::vector<const artifact::TensorView *> tensors;
  /// One size per symbolic dimension of the plan.
  std::vector<int64_t> dims;
};

/// Matches tensors to the plan's inputs. Errors: see Session::run.
Result<BoundInputs> bindInputs(const artifact::Plan &plan,
                               std::span<const NamedTensor> inputs);

} // namespace ccq::runtime

#endif // CCQ_LIB_RUNTIME_INPUTBINDING_H
