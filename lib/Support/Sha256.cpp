//===- Sha256.cpp - SHA-256 digests ---------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/Sha256.h"

#include <openssl/evp.h>

using namespace ccq;

struct Sha256::State {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
  void restart() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
};

Sha256::Sha256() : state(std::make_unique<State>()) { state->restart(); }
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state->context, bytes.data(), bytes.size());
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  EVP_DigestFinal_ex(state->context, digest.data(), nullptr);
  state->restart();
  return digest;
}

Sha256Digest ccq::computeSha256(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string ccq::formatHex(const Sha256Digest &digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (uint8_t byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}
