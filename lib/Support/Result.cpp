//===- Result.cpp - exit code of each kind of error -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/Result.h"

int ccq::getExitCode(ErrorKind kind) {
  switch (kind) {
  case ErrorKind::CompileError:
    return 1;
  case ErrorKind::Usage:
    return 2;
  case ErrorKind::MalformedInput:
    return 3;
  case ErrorKind::Unsupported:
    return 4;
  case ErrorKind::Budget:
    return 5;
  case ErrorKind::QualityGate:
    return 6;
  case ErrorKind::Mismatch:
    return 7;
  case ErrorKind::MissingTool:
    return 8;
  case ErrorKind::Output:
    return 9;
  case ErrorKind::Internal:
    return 70;
  }
  return 70;
}
