//===- compiler.c - every function of ccq-c/Compiler.h ------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq-c/Compiler.h"

#include <stdio.h>
#include <string.h>

static void print_finding(const ccq_diagnostic_t *diagnostic, void *user_data) {
  static const char *const names[] = {"error", "warning", "remark"};
  ++*(int *)user_data;
  printf("%s|%s|%s\n", names[diagnostic->severity], diagnostic->location,
         diagnostic->message);
  for (size_t i = 0; i < diagnostic->note_count; ++i)
    printf("note|%s\n", diagnostic->notes[i]);
}

/* Usage: compiler MODEL OUTPUT [OPTION=VALUE]... */
int main(int argc, char **argv) {
  if (argc < 3)
    return 2;
  ccq_build_options_t *options = ccq_build_options_create();
  ccq_build_options_set_threads(options, 1);
  for (int i = 3; i < argc; ++i) {
    char *value = strchr(argv[i], '=');
    *value++ = 0;
    if (strcmp(argv[i], "scheme") == 0)
      ccq_build_options_set_scheme(options, value);
    else if (strcmp(argv[i], "keep") == 0)
      ccq_build_options_add_tensor(options, value, "keep");
    else if (strcmp(argv[i], "target") == 0)
      ccq_build_options_add_target(options, value);
    else if (strcmp(argv[i], "dim") == 0)
      ccq_build_options_add_dimension(options, value);
    else if (strcmp(argv[i], "stats") == 0)
      ccq_build_options_set_statistics(options, value);
    else if (strcmp(argv[i], "cuda") == 0)
      ccq_build_options_set_cuda_path(options, value);
    else if (strcmp(argv[i], "force") == 0)
      ccq_build_options_set_overwrite(options, CCQ_OVERWRITE_REPLACE);
    else if (strcmp(argv[i], "fallback") == 0)
      ccq_build_options_set_fallback(options, CCQ_FALLBACK_KEEP);
  }
  int findings = 0;
  const char *output = *argv[2] ? argv[2] : NULL;
  ccq_status_t status =
      ccq_build(argv[1], output, options, print_finding, &findings);
  /* Without a callback the status is the same; the output is refused now. */
  if (status != CCQ_STATUS_OK &&
      ccq_build(argv[1], output, options, NULL, NULL) != status)
    return 1;
  ccq_build_options_destroy(options);
  ccq_build_options_destroy(NULL);
  printf("%s: status %d, %d findings\n",
         *ccq_get_compiler_version() ? "ccq" : "", status, findings);
  return 0;
}
