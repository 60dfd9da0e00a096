//===- consumer.c - a program of an outside project ---------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <ccq-c/Runtime.h>

#include <stdio.h>

int main(int argc, char **argv) {
  ccq_module_t *module = NULL;
  if (argc != 2 || ccq_module_load(argv[1], NULL, &module) != CCQ_STATUS_OK) {
    printf("%s\n", ccq_get_last_error());
    return 1;
  }
  printf("%zu inputs\n", ccq_module_get_input_count(module));
  ccq_module_destroy(module);
  return 0;
}
