//===- CartPole.h - a pole on a cart ------------------------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CART_POLE_H
#define CART_POLE_H

/// Position in m and speed in m/s of the cart, angle in rad from upright and
/// its speed in rad/s.
typedef struct state {
  float position, speed, angle, turning;
} state_t;

/// Advances by one period of 20 ms under a force on the cart in N. Cart 1 kg,
/// pole 0.1 kg and 1 m long, without friction; semi-implicit Euler.
/// Source: Barto, Sutton, Anderson, "Neuronlike adaptive elements that can
/// solve difficult learning control problems", 1983, appendix.
state_t advance(state_t state, float force);

#endif
