//===- control.c - a coded policy in a control loop ---------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CartPole.h"
#include "ccq-c/Runtime.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Periods of 20 ms, and those between two lines of output. */
enum { period_count = 1000, periods_per_line = 100 };
/* The pole is pushed here, by this much in rad/s. */
enum { push_period = 500 };
static const float push = 0.8f;
/* The loop has failed beyond these. */
static const float largest_angle = 0.5f, largest_position = 2.4f;

static void check(ccq_status_t status) {
  if (status == CCQ_STATUS_OK)
    return;
  fprintf(stderr, "control: error: %s\n", ccq_get_last_error());
  exit(status);
}

/* To one decimal, and never -0.0. */
static double round_value(float value) { return round(10 * value) / 10 + 0.0; }

static double get_microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: control ARTIFACT\n");
    return 2;
  }
  ccq_module_t *module = NULL;
  ccq_session_t *session = NULL;
  check(ccq_module_load(argv[1], NULL, &module));
  /* No pool: the loop's own thread does the work. */
  check(ccq_session_create(module, NULL, &session));
  size_t input, output;
  check(ccq_module_find_input(module, "state", &input));
  check(ccq_module_find_output(module, "force", &output));

  /* The policy reads the state and writes the force where they are; all memory
     is there before the loop starts. */
  state_t state = {0.5f, 0, 0.1f, 0};
  float force = 0;
  const int64_t extents[] = {1, 4};
  check(ccq_session_bind_input(session, input, CCQ_F32, &state, extents, 2));
  check(ccq_session_bind_output(session, output, &force, sizeof(force)));
  check(ccq_session_prepare(session));

  double longest = 0;
  int failed = 0;
  for (int period = 0; period <= period_count && !failed; ++period) {
    double start = get_microseconds();
    check(ccq_session_run(session));
    longest = fmax(longest, get_microseconds() - start);
    if (period % periods_per_line == 0)
      printf("%4.1f s: position %5.1f m, angle %5.1f degrees\n", 0.02 * period,
             round_value(state.position), round_value(state.angle * 57.29578f));
    if (period == push_period) {
      puts("        push");
      state.turning += push;
    }
    state = advance(state, force);
    failed = fabsf(state.angle) > largest_angle ||
             fabsf(state.position) > largest_position;
  }
  puts(failed ? "the pole fell" : "the pole stands");
  fprintf(stderr, "longest decision: %.1f microseconds\n", longest);
  ccq_session_destroy(session);
  ccq_module_destroy(module);
  return failed;
}
