//===- CartPole.c - a pole on a cart ------------------------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CartPole.h"

#include <math.h>

static const float gravity = 9.8f, cart_mass = 1, pole_mass = 0.1f,
                   half_length = 0.5f, period = 0.02f;

state_t advance(state_t state, float force) {
  float sine = sinf(state.angle), cosine = cosf(state.angle);
  float mass = cart_mass + pole_mass;
  float push =
      (force + pole_mass * half_length * state.turning * state.turning * sine) /
      mass;
  float turning_rate =
      (gravity * sine - cosine * push) /
      (half_length * (4.0f / 3 - pole_mass * cosine * cosine / mass));
  float acceleration =
      push - pole_mass * half_length * turning_rate * cosine / mass;
  state.speed += period * acceleration;
  state.position += period * state.speed;
  state.turning += period * turning_rate;
  state.angle += period * state.turning;
  return state;
}
