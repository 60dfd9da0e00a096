//===- Library.cpp - versions, messages, types and threads of the C interface
//===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handles.h"

using namespace ccq;
using namespace ccq::artifact;

static_assert(int(CCQ_BOOL) == int(DataType::Bool) &&
                  int(CCQ_F16) == int(DataType::F16) &&
                  int(CCQ_F64) == int(DataType::F64),
              "the element types of C and C++ have the same values");

/// As ccq_pool_create documents.
static constexpr unsigned maxThreads = 1024;

static thread_local std::string lastError;

ccq_status_t capi::fail(const Error &error) {
  lastError = error.message;
  return ccq_status_t(getExitCode(error.kind));
}

ccq_status_t capi::failUsage(const std::string &message) {
  return fail({ErrorKind::Usage, message});
}

static bool isElementType(ccq_element_type_t type) {
  return int(type) >= int(CCQ_BOOL) && int(type) <= int(CCQ_F64);
}

const char *ccq_get_runtime_version(void) { return CCQ_VERSION; }

int ccq_get_newest_plan_version(void) { return int(planVersion); }

const char *ccq_get_last_error(void) { return lastError.c_str(); }

size_t ccq_get_element_bytes(ccq_element_type_t type) {
  return isElementType(type) ? getDataTypeBytes(DataType(type)) : 0;
}

const char *ccq_get_element_name(ccq_element_type_t type) {
  // The names are literals, which end in a zero byte.
  return isElementType(type) ? getSafetensorsName(DataType(type)).data()
                             : nullptr;
}

ccq_status_t ccq_pool_create(unsigned thread_count, ccq_pool_t **pool) {
  if (!pool)
    return capi::failUsage("expected a place for the pool, got NULL");
  if (thread_count > maxThreads)
    return capi::failUsage("expected at most " + std::to_string(maxThreads) +
                           " threads, got " + std::to_string(thread_count));
  *pool = new ccq_pool{std::make_shared<ThreadPool>(thread_count)};
  return CCQ_STATUS_OK;
}

void ccq_pool_destroy(ccq_pool_t *pool) { delete pool; }

unsigned ccq_pool_get_thread_count(const ccq_pool_t *pool) {
  return pool->threads->threadCount();
}
