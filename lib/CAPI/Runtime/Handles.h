//===- Handles.h - what the handles of the C interface hold -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CAPI_RUNTIME_HANDLES_H
#define CCQ_LIB_CAPI_RUNTIME_HANDLES_H

#include "ccq-c/Runtime.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"

#include <memory>
#include <string>
#include <vector>

namespace ccq::capi {

/// Keeps the message for ccq_get_last_error and returns the status of its kind.
ccq_status_t fail(const Error &error);
ccq_status_t failUsage(const std::string &message);

/// A port with the memory that it points into. Does not move.
struct PortText {
  PortText(const artifact::Plan &plan, const artifact::PlanBuffer &buffer);
  PortText(const PortText &) = delete;
  PortText &operator=(const PortText &) = delete;

  std::vector<std::string> texts;
  std::vector<ccq_extent_t> extents;
  ccq_port_t port;
};

} // namespace ccq::capi

struct ccq_pool {
  std::shared_ptr<ccq::ThreadPool> threads;
};

struct ccq_module {
  explicit ccq_module(ccq::runtime::Model model);

  ccq::runtime::Model model;
  std::string target;
  std::vector<std::unique_ptr<ccq::capi::PortText>> inputs;
  std::vector<std::unique_ptr<ccq::capi::PortText>> outputs;
};

#endif // CCQ_LIB_CAPI_RUNTIME_HANDLES_H
