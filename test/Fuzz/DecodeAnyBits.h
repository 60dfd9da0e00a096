//===- DecodeAnyBits.h - bytes as a scheme, a shape and codes ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_FUZZ_DECODEANYBITS_H
#define CCQ_TEST_FUZZ_DECODEANYBITS_H

#include "ccq/Codec/Decode.h"

#include <cstring>
#include <span>
#include <vector>

namespace ccq::test {

/// Reads bytes as the number of a scheme, K, N, a tile, and the bits of the
/// components, repeated as often as needed, and decodes the tile. Every
/// component is a heap block of its exact size, so that sanitizers see any
/// read outside. Returns the number of weights decoded.
inline size_t decodeAnyBits(std::span<const uint8_t> bytes) {
  static const char *const names[] = {
      "w2",
      "w2.5",
      "w2.75",
      "i4",
      "i8",
      "i8:channel",
      "t2",
      "t2.0625",
      "t2.3125:L=12,tile=32,rotate=none",
      "t2.8125:L=20,scale=channel4",
      "t3:scale=tensor,tile=64",
      "t2:code=hash,L=12",
      "t2.6875:code=hash,levels=64,tile=32",
      "t3:code=hash,L=14,rotate=none,scale=channel4",
      "t1:code=hash,L=12,tile=32",
      "t3.8125:code=hash,rotate=none"};
  size_t at = 0;
  auto next = [&] { return at < bytes.size() ? bytes[at++] : uint8_t(0); };
  Result<codec::SchemeChoice> choice =
      codec::parseSchemeName(names[next() % std::size(names)]);
  codec::Scheme scheme = **choice;
  if (auto *stream = std::get_if<codec::StreamScheme>(&scheme))
    stream->start = codec::StreamStart(next() % 3);
  if (auto *hash = std::get_if<codec::HashScheme>(&scheme))
    hash->start = codec::StreamStart(next() % 2);
  MatrixShape shape = {next(), next() % 64};
  codec::CodedMatrix matrix = codec::CodedMatrix::createZeroed(scheme, shape);
  std::span<const uint8_t> bits = bytes.subspan(at < 8 ? at : 8);
  size_t bit = 0;
  for (codec::Component &component : matrix.components)
    for (std::byte &byte : component.bytes)
      byte = bits.empty() ? std::byte(0) : std::byte(bits[bit++ % bits.size()]);
  MatrixTile tile;
  tile.k0 = shape.k > 0 ? next() % shape.k : 0;
  tile.n0 = shape.n > 0 ? next() % shape.n : 0;
  tile.extent = {shape.k - tile.k0, shape.n - tile.n0};
  std::vector<float> out(size_t(tile.extent.k * tile.extent.n));
  (void)codec::decodeTile(matrix.view(), tile,
                          MatrixView<float>(out.data(), tile.extent));
  return out.size();
}

} // namespace ccq::test

#endif // CCQ_TEST_FUZZ_DECODEANYBITS_H
