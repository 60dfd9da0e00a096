//===- Status.h - how calls of the C interfaces end ---------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_C_STATUS_H
#define CCQ_C_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/// How a call ended: one class per answer that a caller needs. The values are
/// the exit codes of the programs `ccq` and `ccq-run`; none is ever reused.
typedef enum ccq_status {
  CCQ_STATUS_OK = 0,
  /// The compiler refused the model and said why.
  CCQ_STATUS_COMPILE_ERROR = 1,
  /// The call is wrong: an unknown name, an index without meaning, a missing
  /// input, a null pointer.
  CCQ_STATUS_USAGE = 2,
  /// A file or tensor is missing, damaged, or not as its format says.
  CCQ_STATUS_MALFORMED_INPUT = 3,
  /// The input is valid and uses what this release does not handle, for example
  /// a newer version of the artifact.
  CCQ_STATUS_UNSUPPORTED = 4,
  /// Memory cannot be allocated, or a budget would be exceeded.
  CCQ_STATUS_BUDGET = 5,
  CCQ_STATUS_QUALITY_GATE = 6,
  CCQ_STATUS_MISMATCH = 7,
  /// A program, device or processor feature is not on this machine.
  CCQ_STATUS_MISSING_TOOL = 8,
  /// An output exists already or cannot be written.
  CCQ_STATUS_OUTPUT = 9,
  /// CCQ broke one of its own invariants.
  CCQ_STATUS_INTERNAL = 70
} ccq_status_t;

#ifdef __cplusplus
}
#endif

#endif /* CCQ_C_STATUS_H */
