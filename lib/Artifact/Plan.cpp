//===- Plan.cpp - names and look-ups of a plan ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Plan.h"

using namespace ccq;
using namespace ccq::artifact;

std::string_view artifact::getBufferKindName(BufferKind kind) {
  switch (kind) {
  case BufferKind::Input:
    return "input";
  case BufferKind::Output:
    return "output";
  case BufferKind::Scratch:
    return "scratch";
  case BufferKind::Weight:
    return "weight";
  }
  return "";
}

std::string_view artifact::getSizeRelationName(SizeRelation relation) {
  return relation == SizeRelation::Equal ? "equal" : "at_most";
}

std::string_view artifact::getKernelFormatName(KernelFormat format) {
  switch (format) {
  case KernelFormat::SharedObject:
    return "so";
  case KernelFormat::Ptx:
    return "ptx";
  case KernelFormat::Cubin:
    return "cubin";
  }
  return "";
}

std::optional<KernelFormat> artifact::findKernelFormat(std::string_view name) {
  for (KernelFormat format :
       {KernelFormat::SharedObject, KernelFormat::Ptx, KernelFormat::Cubin})
    if (getKernelFormatName(format) == name)
      return format;
  return std::nullopt;
}

const PlanTarget *artifact::findTarget(const Plan &plan,
                                       std::string_view name) {
  for (const PlanTarget &target : plan.targets)
    if (target.name == name)
      return &target;
  return nullptr;
}

const CompiledKernel *artifact::findCompiledKernel(const PlanTarget &target,
                                                   unsigned kernel) {
  for (const CompiledKernel &compiled : target.kernels)
    if (compiled.kernel == kernel)
      return &compiled;
  return nullptr;
}

std::string artifact::printShape(const Plan &plan,
                                 std::span<const Expression> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + shape[i].print(plan.dims);
  return text + "]";
}
