//===- Build.cpp - builds in the C interface ------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq-c/Compiler.h"
#include "ccq/Compiler/Compiler.h"

using ::ccq::ErrorKind;
using ::ccq::OverwritePolicy;
using mlir::ccq::BuildDiagnostic;
using mlir::ccq::BuildResult;
using mlir::ccq::BuildSeverity;

static_assert(int(CCQ_SEVERITY_ERROR) == int(BuildSeverity::Error) &&
                  int(CCQ_SEVERITY_WARNING) == int(BuildSeverity::Warning) &&
                  int(CCQ_SEVERITY_REMARK) == int(BuildSeverity::Remark),
              "the severities of C and C++ have the same values");

struct ccq_build_options {
  mlir::ccq::BuildOptions build;
  /// Replace the default when there are any.
  std::vector<std::string> targets;
};

const char *ccq_get_compiler_version(void) { return CCQ_VERSION; }

ccq_build_options_t *ccq_build_options_create(void) {
  return new ccq_build_options;
}

void ccq_build_options_destroy(ccq_build_options_t *options) { delete options; }

void ccq_build_options_set_scheme(ccq_build_options_t *options,
                                  const char *scheme) {
  options->build.scheme = scheme;
}

void ccq_build_options_add_tensor(ccq_build_options_t *options,
                                  const char *regex, const char *scheme) {
  options->build.tensorSchemes.push_back(std::string(regex) + "=" + scheme);
}

void ccq_build_options_add_target(ccq_build_options_t *options,
                                  const char *target) {
  options->targets.push_back(target);
}

void ccq_build_options_add_dimension(ccq_build_options_t *options,
                                     const char *dimension) {
  options->build.dimensions.push_back(dimension);
}

void ccq_build_options_set_statistics(ccq_build_options_t *options,
                                      const char *path) {
  options->build.statistics = path;
}

void ccq_build_options_set_cuda_path(ccq_build_options_t *options,
                                     const char *path) {
  options->build.cudaPath = path;
}

void ccq_build_options_set_threads(ccq_build_options_t *options,
                                   unsigned thread_count) {
  options->build.threads = thread_count;
}

void ccq_build_options_set_overwrite(ccq_build_options_t *options,
                                     ccq_overwrite_t overwrite) {
  options->build.policy = overwrite == CCQ_OVERWRITE_REPLACE
                              ? OverwritePolicy::Replace
                              : OverwritePolicy::Refuse;
}

void ccq_build_options_set_fallback(ccq_build_options_t *options,
                                    ccq_fallback_t fallback) {
  options->build.allowFallback = fallback == CCQ_FALLBACK_KEEP;
}

static void report(const BuildDiagnostic &diagnostic,
                   ccq_diagnostic_callback_t callback, void *userData) {
  if (!callback)
    return;
  std::vector<const char *> notes;
  for (const std::string &note : diagnostic.notes)
    notes.push_back(note.c_str());
  ccq_diagnostic_t shown = {
      ccq_severity_t(diagnostic.severity), diagnostic.location.c_str(),
      diagnostic.message.c_str(), notes.size(), notes.data()};
  callback(&shown, userData);
}

ccq_status_t ccq_build(const char *model, const char *output,
                       const ccq_build_options_t *options,
                       ccq_diagnostic_callback_t callback, void *user_data) {
  if (!model || !output) {
    report({BuildSeverity::Error,
            "",
            "expected a model and an output, got NULL",
            {}},
           callback, user_data);
    return CCQ_STATUS_USAGE;
  }
  mlir::ccq::BuildOptions build;
  if (options) {
    build = options->build;
    if (!options->targets.empty())
      build.targets = options->targets;
  }
  build.input = model;
  build.output = output;
  BuildResult result = mlir::ccq::buildArtifact(build);
  for (const BuildDiagnostic &diagnostic : result.diagnostics)
    report(diagnostic, callback, user_data);
  return result.report ? CCQ_STATUS_OK
                       : ccq_status_t(::ccq::getExitCode(result.kind));
}
