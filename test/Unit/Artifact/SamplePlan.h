//===- SamplePlan.h - a small plan for tests --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_UNIT_ARTIFACT_SAMPLEPLAN_H
#define CCQ_TEST_UNIT_ARTIFACT_SAMPLEPLAN_H

#include "ccq/Artifact/Plan.h"

namespace ccq::artifact {

/// y[batch, 3] = 2 * (x[batch, 3] + bias[3]) in two steps and a copy, with code
/// for a CPU and, of one kernel, for two GPU targets. Uses every part of the
/// format.
inline Plan createSamplePlan() {
  using Op = ExpressionOp;
  Expression batch = Expression::symbol(0);
  std::vector<Expression> shape = {batch, Expression::constant(3)};
  Expression rowBytes = Expression::binary(
      Op::Mul,
      Expression::binary(
          Op::CeilDiv,
          Expression::binary(Op::Mul, batch, Expression::constant(12)),
          Expression::constant(64)),
      Expression::constant(64));

  Plan plan;
  plan.dims = {"batch"};
  plan.buffers = {
      {BufferKind::Input, "x", DataType::F32, shape, std::nullopt},
      {BufferKind::Weight,
       "bias",
       DataType::F32,
       {Expression::constant(3)},
       std::nullopt},
      {BufferKind::Scratch, "", DataType::F32, shape, Expression()},
      {BufferKind::Scratch, "", DataType::F32, shape, rowBytes},
      {BufferKind::Output, "y", DataType::F32, shape, std::nullopt},
  };
  plan.inputs = {0};
  plan.outputs = {4};
  plan.kernels = {{"add", 2, 1, 1}, {"twice", 1, 1, 1}};
  plan.steps = {LaunchStep{0, {0, 1, 2}, {batch}},
                LaunchStep{1, {2, 3}, {batch}}, CopyStep{3, 4}};
  plan.arenaBytes =
      Expression::binary(Op::Mul, rowBytes, Expression::constant(2));

  std::string digest(64, '0');
  Expression rows = Expression::symbol(0);
  Expression one = Expression::constant(1);
  PlanTarget cpu{"cpu:x86-64",
                 {{0,
                   KernelFormat::SharedObject,
                   "kernels/cpu:x86-64/add.so",
                   digest,
                   "add",
                   {rows},
                   std::nullopt,
                   0,
                   {0, 4, 0}},
                  {1,
                   KernelFormat::SharedObject,
                   "kernels/cpu:x86-64/twice.so",
                   digest,
                   "twice",
                   {rows},
                   std::nullopt,
                   0,
                   {}}}};
  CompiledKernel ptx{
      0,     KernelFormat::Ptx, "kernels/ptx:sm_80/add.ptx", digest,
      "add", {rows, one, one},  BlockShape{128, 1, 1},       256,
      {}};
  CompiledKernel cubin = ptx;
  cubin.format = KernelFormat::Cubin;
  cubin.file = "kernels/cuda:sm_80/add.cubin";
  plan.targets = {cpu, {"ptx:sm_80", {ptx}}, {"cuda:sm_80", {cubin}}};
  return plan;
}

} // namespace ccq::artifact

#endif // CCQ_TEST_UNIT_ARTIFACT_SAMPLEPLAN_H
