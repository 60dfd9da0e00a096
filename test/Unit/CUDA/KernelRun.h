//===- KernelRun.h - executions of kernels on data --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_UNIT_CUDA_KERNELRUN_H
#define CCQ_TEST_UNIT_CUDA_KERNELRUN_H

#include "CompiledKernel.h"

namespace ccq::cuda_test {

/// Inputs of a kernel: random codes (every bit pattern is valid), scales, bias
/// and activations.
struct KernelData {
  codec::CodedMatrix weights;
  std::vector<float> activations;
  std::vector<float> bias;
  int64_t tokens = 0;
};

KernelData createKernelData(const KernelSpec &spec, int64_t tokens,
                            uint64_t seed);

/// Bytes of the component tensors with the row pitch of 16 bytes, in order;
/// those of streams as they are.
std::vector<std::vector<std::byte>>
getPitchedComponents(const codec::CodedMatrix &weights);

/// Executes a kernel in the PTX interpreter on read-only buffers, one output
/// buffer of f32 and u32 scalars. Adds a test failure and returns an empty
/// vector when it faults, or leaves an output unwritten. The grid is that of
/// `gridTokens` tokens.
std::vector<float>
launchKernel(const CompiledKernel &kernel, int64_t gridTokens,
             const std::vector<std::vector<std::byte>> &inputs,
             int64_t outputElements, const std::vector<uint32_t> &scalars);

/// Executes the kernel on the data, as launchKernel does.
std::vector<float> runKernel(const CompiledKernel &kernel,
                             const KernelData &data);

/// Error bound of one element of a product, docs/Rationale/CudaKernels.md,
/// "Error bound".
class ErrorSum {
public:
  /// For a kernel whose activations share a power of two per `groupSize`
  /// consecutive k and whose products are rounded `roundings` times in a group.
  explicit ErrorSum(int64_t groupSize = 64, int64_t roundings = 48)
      : groupSize(groupSize), roundings(roundings) {}

  /// Accounts for weight `weight` and an activation of magnitude `activation`
  /// at position `k`; positions ascend.
  void add(int64_t k, double weight, double activation);

  /// Sum of |w| |x|.
  double getMagnitude() const { return magnitude; }
  /// How far the kernel's element may be from the exact one.
  double getBound() const;

private:
  /// Sums of |w| |x|, and of sum |w| times max |x| over finished groups.
  double magnitude = 0, finished = 0;
  /// Sum of |w| and largest |x| of the group at hand.
  double groupWeight = 0, groupPeak = 0;
  int64_t groups = 0, groupSize, roundings;
};

/// The contraction in double on the decoded weights, and how far the kernel may
/// be from it.
struct Expectation {
  std::vector<double> values;
  /// ErrorSum::getBound of each.
  std::vector<double> bounds;
};

/// Bounds are of the products in the basis that the weights are coded in.
Expectation computeExpectation(const KernelData &data);

/// Largest |got - want| / bound; infinite where a value is not finite.
double getLargestRatio(const std::vector<float> &got,
                       const Expectation &expectation);

} // namespace ccq::cuda_test

#endif // CCQ_TEST_UNIT_CUDA_KERNELRUN_H
