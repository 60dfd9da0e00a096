//===- LaneMap.h - Scalar functions on lanes --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_LANEMAP_H
#define CCQ_TEST_PTX_LANEMAP_H

#include "PTX/Rounding.h"
#include "PTX/Warp.h"

#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace ccq::ptx {

/// A lane value as the type that an instruction gives it.
template <typename T> T fromCell(uint64_t cell) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(cell);
  else if constexpr (sizeof(T) == 8)
    return std::bit_cast<T>(cell);
  else if constexpr (sizeof(T) == 4)
    return std::bit_cast<T>(static_cast<uint32_t>(cell));
  else
    return T{static_cast<uint16_t>(cell)};
}

/// A value as it is kept in a register: zero-extended to 64 bits.
template <typename T> uint64_t toCell(T value) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<std::make_unsigned_t<T>>(value);
  else if constexpr (sizeof(T) == 8)
    return std::bit_cast<uint64_t>(value);
  else if constexpr (sizeof(T) == 4)
    return std::bit_cast<uint32_t>(value);
  else
    return value.bits;
}

/// Calls function(lane) for every lane of the mask.
template <typename Function>
void forEachLane(LaneMask active, Function function) {
  if (active == allLanes) {
    for (unsigned lane = 0; lane < lanesPerWarp; ++lane)
      function(lane);
    return;
  }
  for (LaneMask rest = active; rest; rest &= rest - 1)
    function(static_cast<unsigned>(std::countr_zero(rest)));
}

/// Handler of an instruction d = function(a, b, ...) on single lanes.
template <auto function> struct LaneMap;

template <typename R, typename... A, R (*function)(A...)>
struct LaneMap<function> {
  static void run(Warp &warp, const Instruction &instruction, LaneMask active) {
    apply(warp, instruction, active, std::index_sequence_for<A...>());
  }

private:
  template <size_t... i>
  static void apply(Warp &warp, const Instruction &instruction, LaneMask active,
                    std::index_sequence<i...>) {
    uint64_t *result = warp.getLanes(instruction.operands[0]);
    const uint64_t *sources[] = {warp.getLanes(instruction.operands[i + 1])...};
    forEachLane(active, [&](unsigned lane) {
      result[lane] = toCell<R>(function(fromCell<A>(sources[i][lane])...));
    });
  }
};

/// Handler of an instruction p = function(a, b, ...) with a predicate result.
template <auto function> struct LaneTest;

template <typename... A, bool (*function)(A...)> struct LaneTest<function> {
  static LaneMask compute(Warp &warp, const Instruction &instruction,
                          LaneMask active, unsigned firstSource) {
    return apply(warp, instruction, active, firstSource,
                 std::index_sequence_for<A...>());
  }

private:
  template <size_t... i>
  static LaneMask apply(Warp &warp, const Instruction &instruction,
                        LaneMask active, unsigned firstSource,
                        std::index_sequence<i...>) {
    const uint64_t *sources[] = {
        warp.getLanes(instruction.operands[firstSource + i])...};
    LaneMask mask = 0;
    forEachLane(active, [&](unsigned lane) {
      mask |= LaneMask(function(fromCell<A>(sources[i][lane])...)) << lane;
    });
    return mask;
  }
};

/// Picks the instantiation of a class template's static `run` by the integer
/// type that `type` names; bit types count as unsigned.
template <template <typename> typename Op> Handler selectInteger(Type type) {
  switch (type) {
  case Type::U8:
  case Type::B8:
    return Op<uint8_t>::run;
  case Type::S8:
    return Op<int8_t>::run;
  case Type::B16:
  case Type::U16:
    return Op<uint16_t>::run;
  case Type::S16:
    return Op<int16_t>::run;
  case Type::B32:
  case Type::U32:
    return Op<uint32_t>::run;
  case Type::S32:
    return Op<int32_t>::run;
  case Type::B64:
  case Type::U64:
    return Op<uint64_t>::run;
  case Type::S64:
    return Op<int64_t>::run;
  default:
    return nullptr;
  }
}

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_LANEMAP_H
