/*===- kernels.c - a kernel for a hand-written plan ---------------*- C -*-===*\
|*
|* Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
|* See LICENSE for license information.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/

#include <stdint.h>

/* sum[batch, 2] = a[batch, 2] + b[2]; one work item per row. */
void add(void *const *buffers, const int64_t *scalars, int64_t begin,
         int64_t end) {
  const float *a = buffers[0], *b = buffers[1];
  float *sum = buffers[2];
  (void)scalars;
  for (int64_t i = 2 * begin; i < 2 * end; ++i)
    sum[i] = a[i] + b[i % 2];
}
