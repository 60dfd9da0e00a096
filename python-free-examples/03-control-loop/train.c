//===- train.c - trains the policy, prints it as textproto --------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CartPole.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A perceptron 4 - 64 - 64 - 1 with tanh learns, from random states, what a
   linear feedback with a limited force does there. Adam on batches, squared
   error; everything from one seed.

   Usage: train > model.textproto
   then: protoc --encode=onnx.ModelProto onnx/onnx.proto */

enum { layer_count = 3, largest_width = 64, batch_size = 64 };
static const int widths[layer_count + 1] = {4, 64, 64, 1};
static const char *const names[layer_count] = {"observe", "think", "act"};
static const float largest_force = 10;

typedef struct layer {
  float weight[largest_width][largest_width], bias[largest_width];
} layer_t;
static layer_t parameters[layer_count], gradients[layer_count],
    means[layer_count], squares[layer_count];

static uint64_t random_state = 1;
/* Uniform in [-1, 1): SplitMix64. */
static float draw(void) {
  uint64_t z = random_state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (float)((z ^ (z >> 31)) >> 40) / 8388608.0f - 1;
}

/* The teacher: force over the largest one. */
static float teach(const float *state) {
  float force =
      1.2f * state[0] + 2.2f * state[1] + 30 * state[2] + 6.5f * state[3];
  return fmaxf(-1, fminf(1, force / largest_force));
}

static void run_layers(float values[layer_count + 1][largest_width]) {
  for (int l = 0; l < layer_count; ++l)
    for (int n = 0; n < widths[l + 1]; ++n) {
      float sum = parameters[l].bias[n];
      for (int k = 0; k < widths[l]; ++k)
        sum += values[l][k] * parameters[l].weight[k][n];
      values[l + 1][n] = tanhf(sum);
    }
}

/* Adds the gradient of one example; returns its squared error. */
static float learn_example(void) {
  static const float ranges[4] = {2.4f, 2, 0.5f, 2};
  float values[layer_count + 1][largest_width];
  float errors[largest_width], below[largest_width];
  for (int k = 0; k < widths[0]; ++k)
    values[0][k] = ranges[k] * draw();
  run_layers(values);
  float difference = values[layer_count][0] - teach(values[0]);
  errors[0] = difference;
  for (int l = layer_count - 1; l >= 0; --l) {
    memset(below, 0, sizeof(below));
    for (int n = 0; n < widths[l + 1]; ++n) {
      float slope = errors[n] * (1 - values[l + 1][n] * values[l + 1][n]);
      gradients[l].bias[n] += slope;
      for (int k = 0; k < widths[l]; ++k) {
        gradients[l].weight[k][n] += slope * values[l][k];
        below[k] += slope * parameters[l].weight[k][n];
      }
    }
    memcpy(errors, below, sizeof(errors));
  }
  return difference * difference;
}

static void adapt(int step, float rate) {
  float *values = (float *)parameters, *gradient = (float *)gradients;
  float *mean = (float *)means, *square = (float *)squares;
  float mean_scale = 1 - powf(0.9f, (float)step);
  float square_scale = 1 - powf(0.999f, (float)step);
  for (size_t i = 0; i < sizeof(parameters) / (sizeof(float)); ++i) {
    float g = gradient[i] / batch_size;
    mean[i] = 0.9f * mean[i] + 0.1f * g;
    square[i] = 0.999f * square[i] + 0.001f * g * g;
    values[i] -= rate * (mean[i] / mean_scale) /
                 (sqrtf(square[i] / square_scale) + 1e-8f);
    gradient[i] = 0;
  }
}

static void print_bytes(float value) {
  unsigned char bytes[sizeof(value)];
  memcpy(bytes, &value, sizeof(value));
  for (size_t i = 0; i < sizeof(bytes); ++i)
    printf("\\%03o", bytes[i]);
}

static void print_layer(int l) {
  printf("  initializer { name: \"%s.weight\" data_type: 1 dims: %d dims: %d "
         "raw_data: \"",
         names[l], widths[l], widths[l + 1]);
  for (int k = 0; k < widths[l]; ++k)
    for (int n = 0; n < widths[l + 1]; ++n)
      print_bytes(parameters[l].weight[k][n]);
  printf("\" }\n  initializer { name: \"%s.bias\" data_type: 1 dims: %d "
         "raw_data: \"",
         names[l], widths[l + 1]);
  for (int n = 0; n < widths[l + 1]; ++n)
    print_bytes(parameters[l].bias[n]);
  printf("\" }\n  node { name: \"/%s/Gemm\" op_type: \"Gemm\" input: \"%s\" "
         "input: \"%s.weight\" input: \"%s.bias\" output: \"/%s/sum\" }\n",
         names[l], l == 0 ? "state" : names[l - 1], names[l], names[l],
         names[l]);
  printf("  node { name: \"/%s/Tanh\" op_type: \"Tanh\" input: \"/%s/sum\" "
         "output: \"%s\" }\n",
         names[l], names[l], names[l]);
}

static void print_port(const char *kind, const char *name, int width) {
  printf("  %s { name: \"%s\" type { tensor_type { elem_type: 1 shape { dim { "
         "dim_param: \"batch\" } dim { dim_value: %d } } } } }\n",
         kind, name, width);
}

int main(void) {
  for (int l = 0; l < layer_count; ++l)
    for (int k = 0; k < widths[l]; ++k)
      for (int n = 0; n < widths[l + 1]; ++n)
        parameters[l].weight[k][n] = draw() * sqrtf(3.0f / (float)widths[l]);
  const int step_count = 20000;
  float error = 0;
  for (int step = 1; step <= step_count; ++step) {
    for (int i = 0; i < batch_size; ++i)
      error += learn_example() / batch_size;
    adapt(step, 2e-3f * (1 - (float)step / (float)(step_count + 1)));
    if (step % 2000 == 0) {
      fprintf(stderr, "step %d: mean squared error %.5f\n", step, error / 2000);
      error = 0;
    }
  }
  printf("ir_version: 8 producer_name: \"cart-pole-recipe\"\n"
         "opset_import { version: 17 }\ngraph {\n  name: \"cart-pole\"\n");
  for (int l = 0; l < layer_count; ++l)
    print_layer(l);
  printf("  initializer { name: \"largest_force\" data_type: 1 raw_data: \"");
  print_bytes(largest_force);
  printf("\" }\n  node { name: \"/scale/Mul\" op_type: \"Mul\" input: \"%s\" "
         "input: \"largest_force\" output: \"force\" }\n",
         names[layer_count - 1]);
  print_port("input", "state", widths[0]);
  print_port("output", "force", widths[layer_count]);
  puts("}");
  return 0;
}
