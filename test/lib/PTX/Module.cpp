//===- Module.cpp - Parsed and pre-decoded PTX modules ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Module.h"

using namespace ccq::ptx;

std::string_view ccq::ptx::getName(Space space) {
  constexpr std::string_view names[] = {"generic", "global", "const",
                                        "shared",  "local",  "param"};
  return names[static_cast<size_t>(space)];
}

const Kernel *Module::findKernel(std::string_view name) const {
  for (const Kernel &kernel : kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}

std::string ccq::ptx::formatDimensions(const Dim3 &dimensions) {
  return "(" + std::to_string(dimensions.x) + "," +
         std::to_string(dimensions.y) + "," + std::to_string(dimensions.z) +
         ")";
}
