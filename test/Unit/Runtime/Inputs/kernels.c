/*===- kernels.c - kernels for hand-written plans -----------------*- C -*-===*\
|*
|* Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
|* See LICENSE for license information.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===----------------------------------------------------------------------===*/

#include <stdint.h>

/* out[batch, 3] = x[batch, 3] + bias[3]; one work item per row. */
void add_bias(void *const *buffers, const int64_t *scalars, int64_t begin,
              int64_t end) {
  const float *x = buffers[0], *bias = buffers[1];
  float *out = buffers[2];
  (void)scalars;
  for (int64_t row = begin; row < end; ++row)
    for (int column = 0; column < 3; ++column)
      out[row * 3 + column] = x[row * 3 + column] + bias[column];
}

/* out[batch, 3] = 2 * x[batch, 3]; work items 0 .. scalars[0] - 1. */
void twice(void *const *buffers, const int64_t *scalars, int64_t begin,
           int64_t end) {
  const float *x = buffers[0];
  float *out = buffers[1];
  if (end > scalars[0])
    end = scalars[0];
  for (int64_t i = begin * 3; i < end * 3; ++i)
    out[i] = 2.0f * x[i];
}

/* out[rows, 4] = table[rows, 4], where the plan's table has 3 columns and the
 * object asks for padded rows; one work item. */
void copy_padded(void *const *buffers, const int64_t *scalars, int64_t begin,
                 int64_t end) {
  const uint16_t *table = buffers[0];
  uint16_t *out = buffers[1];
  if (begin < end)
    for (int64_t i = 0; i < scalars[0] * 4; ++i)
      out[i] = table[i];
}
