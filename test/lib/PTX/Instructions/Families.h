//===- Families.h - Tables of the instruction families ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_INSTRUCTIONS_FAMILIES_H
#define CCQ_TEST_PTX_INSTRUCTIONS_FAMILIES_H

#include "PTX/Decoder.h"

namespace ccq::ptx {

std::span<const OpcodeEntry> getMoveOpcodes();
std::span<const OpcodeEntry> getIntegerOpcodes();
std::span<const OpcodeEntry> getBitOpcodes();
std::span<const OpcodeEntry> getFloatOpcodes();
std::span<const OpcodeEntry> getApproximateOpcodes();
std::span<const OpcodeEntry> getHalfOpcodes();
std::span<const OpcodeEntry> getComparisonOpcodes();
std::span<const OpcodeEntry> getConversionOpcodes();
std::span<const OpcodeEntry> getMemoryOpcodes();
std::span<const OpcodeEntry> getAtomicOpcodes();
std::span<const OpcodeEntry> getAsyncCopyOpcodes();
std::span<const OpcodeEntry> getControlOpcodes();
std::span<const OpcodeEntry> getShuffleOpcodes();
std::span<const OpcodeEntry> getMatrixOpcodes();
std::span<const OpcodeEntry> getMatrixMemoryOpcodes();

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_INSTRUCTIONS_FAMILIES_H
