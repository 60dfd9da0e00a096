//===- Sha256.h - SHA-256 digests -------------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_SHA256_H
#define CCQ_SUPPORT_SHA256_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace ccq {

/// The 32 bytes of a SHA-256 digest (FIPS 180-4).
using Sha256Digest = std::array<uint8_t, 32>;

/// Incremental SHA-256, computed by libcrypto.
class Sha256 {
public:
  Sha256();
  ~Sha256();

  Sha256(const Sha256 &) = delete;
  Sha256 &operator=(const Sha256 &) = delete;

  void update(std::span<const std::byte> bytes);

  /// Digest of everything given so far. Starts a new, empty message.
  Sha256Digest finish();

private:
  struct State;
  std::unique_ptr<State> state;
};

/// Digest of one buffer.
Sha256Digest computeSha256(std::span<const std::byte> bytes);

/// 64 lower-case hexadecimal digits.
std::string formatHex(const Sha256Digest &digest);

} // namespace ccq

#endif // CCQ_SUPPORT_SHA256_H
