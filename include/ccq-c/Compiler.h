//===- Compiler.h - builds artifacts from C -----------------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_C_COMPILER_H
#define CCQ_C_COMPILER_H

/// The library libccq_compiler: what `ccq build` does, as a function. It links
/// LLVM and MLIR; programs that only run artifacts need libccq_runtime.
///
/// Nothing is printed and no exception leaves the library. Builds with options
/// of their own may run in several threads at once; an options object is for
/// one thread at a time.

#include "ccq-c/Status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How a model is to be built. Starts with the defaults of `ccq build`.
typedef struct ccq_build_options ccq_build_options_t;

/// How bad a finding is.
typedef enum ccq_severity {
  CCQ_SEVERITY_ERROR = 0,
  CCQ_SEVERITY_WARNING = 1,
  CCQ_SEVERITY_REMARK = 2
} ccq_severity_t;

/// One finding about a build. Later releases may add members at the end.
typedef struct ccq_diagnostic {
  ccq_severity_t severity;
  /// A file, or a node of the model; empty when it is about neither.
  const char *location;
  /// Lower case, without full stop.
  const char *message;
  /// What would work, or other places involved.
  size_t note_count;
  const char *const *notes;
} ccq_diagnostic_t;

/// Called with each finding, on the thread of ccq_build and before it returns.
/// The diagnostic is valid during the call.
typedef void (*ccq_diagnostic_callback_t)(const ccq_diagnostic_t *diagnostic,
                                          void *user_data);

/// Version of the library, for example `0.1.0`. Never fails; any thread.
const char *ccq_get_compiler_version(void);

/// Makes options; ccq_build_options_destroy, which takes NULL as well, frees
/// them. Never fails.
ccq_build_options_t *ccq_build_options_create(void);
void ccq_build_options_destroy(ccq_build_options_t *options);

/// The setters below copy their text. They cannot fail: ccq_build refuses what
/// it does not know.

/// Scheme of weights that no ccq_build_options_add_tensor names; `ccq schemes`
/// lists them. Default `w2.5`.
void ccq_build_options_set_scheme(ccq_build_options_t *options,
                                  const char *scheme);

/// Scheme of the weights whose name matches a regular expression; the last
/// match decides.
void ccq_build_options_add_tensor(ccq_build_options_t *options,
                                  const char *regex, const char *scheme);

/// Something to compile for; `ccq targets` lists them. Default, when none is
/// added, `cpu:native`.
void ccq_build_options_add_target(ccq_build_options_t *options,
                                  const char *target);

/// Fixes a symbolic dimension, `NAME=SIZE`.
void ccq_build_options_add_dimension(ccq_build_options_t *options,
                                     const char *dimension);

/// Activation statistics of `ccq calibrate` that weigh errors of coding.
void ccq_build_options_set_statistics(ccq_build_options_t *options,
                                      const char *path);

/// CUDA toolkit or ptxas program for `cuda:` targets. Default: ptxas on PATH.
void ccq_build_options_set_cuda_path(ccq_build_options_t *options,
                                     const char *path);

/// Threads of the build; 0, the default, is one per processor. The files do not
/// depend on it.
void ccq_build_options_set_threads(ccq_build_options_t *options,
                                   unsigned thread_count);

/// What happens when the output exists. Default: it is refused.
typedef enum ccq_overwrite {
  CCQ_OVERWRITE_REFUSE = 0,
  /// An artifact is replaced in one step; anything else is refused still.
  CCQ_OVERWRITE_REPLACE = 1
} ccq_overwrite_t;
void ccq_build_options_set_overwrite(ccq_build_options_t *options,
                                     ccq_overwrite_t overwrite);

/// Weights that cannot be coded as asked. Default: an error.
typedef enum ccq_fallback {
  CCQ_FALLBACK_REFUSE = 0,
  /// They stay as in the model, with a finding each.
  CCQ_FALLBACK_KEEP = 1
} ccq_fallback_t;
void ccq_build_options_set_fallback(ccq_build_options_t *options,
                                    ccq_fallback_t fallback);

/// Builds the ONNX file `model` to the artifact directory `output`, which
/// appears whole or not at all. NULL for the options is the defaults; NULL for
/// the callback drops the findings.
/// Errors, each with at least one finding of severity error: COMPILE_ERROR for
/// what the compiler refuses, USAGE for unknown names of schemes, targets and
/// dimensions and for null pointers, MALFORMED_INPUT for a model that is
/// missing or damaged, UNSUPPORTED for operators that CCQ does not handle,
/// MISSING_TOOL without ptxas for `cuda:` targets, OUTPUT when the output
/// exists or cannot be written.
ccq_status_t ccq_build(const char *model, const char *output,
                       const ccq_build_options_t *options,
                       ccq_diagnostic_callback_t callback, void *user_data);

#ifdef __cplusplus
}
#endif

#endif /* CCQ_C_COMPILER_H */
