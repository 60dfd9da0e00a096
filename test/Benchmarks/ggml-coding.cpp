//===- ggml-coding.cpp - ggml's quantizers on the same matrices -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Draws the weights that `ccq bench encode --seed 1` draws and prints what
// ggml makes of them. Built by hand against ggml's source; docs/Benchmarks.md
// has the command. Usage: ggml-coding [K] [N]

#include "ggml.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

static std::vector<float> drawWeights(const std::string &source, size_t count) {
  std::mt19937_64 random(1);
  std::vector<float> weights(count);
  std::normal_distribution<float> gauss;
  std::exponential_distribution<float> exponential;
  std::student_t_distribution<float> student(5.0f);
  for (float &weight : weights) {
    if (source == "gauss")
      weight = gauss(random);
    else if (source == "laplace")
      weight = exponential(random) - exponential(random);
    else
      weight = student(random);
  }
  return weights;
}

int main(int count, char **arguments) {
  int64_t depth = count > 1 ? std::atoll(arguments[1]) : 1024;
  int64_t channels = count > 2 ? std::atoll(arguments[2]) : 1024;
  const ggml_type types[] = {
      GGML_TYPE_IQ2_XXS, GGML_TYPE_IQ2_XS, GGML_TYPE_IQ2_S, GGML_TYPE_Q2_K,
      GGML_TYPE_IQ3_XXS, GGML_TYPE_Q3_K,   GGML_TYPE_Q4_0,  GGML_TYPE_Q4_K};
  // Some types insist on importance; all rows are equally important.
  std::vector<float> importance(size_t(depth), 1.0f);
  std::printf("| type | bits per weight | gauss | laplace | student5 | million "
              "weights per CPU second |\n|---|---|---|---|---|---|\n");
  for (ggml_type type : types) {
    double errors[3], speed = 0, bits = 0;
    const char *const sources[] = {"gauss", "laplace", "student5"};
    for (int s = 0; s < 3; ++s) {
      std::vector<float> weights =
          drawWeights(sources[s], size_t(depth * channels));
      // Rows of ggml run along K.
      std::vector<float> rows(weights.size()), decoded(weights.size());
      for (int64_t k = 0; k < depth; ++k)
        for (int64_t n = 0; n < channels; ++n)
          rows[size_t(n * depth + k)] = weights[size_t(k * channels + n)];
      std::vector<char> coded(ggml_row_size(type, depth) * size_t(channels));
      ggml_quantize_init(type);
      std::clock_t start = std::clock();
      ggml_quantize_chunk(type, rows.data(), coded.data(), 0, channels, depth,
                          importance.data());
      double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
      ggml_get_type_traits(type)->to_float(coded.data(), decoded.data(),
                                           depth * channels);
      double error = 0, norm = 0;
      for (size_t i = 0; i < rows.size(); ++i) {
        double difference = double(rows[i]) - decoded[i];
        error += difference * difference;
        norm += double(rows[i]) * rows[i];
      }
      errors[s] = error / norm;
      bits = 8.0 * double(coded.size()) / double(rows.size());
      speed = s == 0 ? double(rows.size()) / seconds / 1e6 : speed;
    }
    std::printf("| %s | %.4f | %.4f | %.4f | %.4f | %.3g |\n",
                ggml_type_name(type), bits, errors[0], errors[1], errors[2],
                speed);
    std::fflush(stdout);
  }
}
