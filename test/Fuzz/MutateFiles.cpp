//===- MutateFiles.cpp - mutations of a corpus through a fuzz target ------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The `main` of the fuzz targets where libFuzzer is not at hand: no coverage
// guides it, but the same target runs, on the same inputs each time.
//
//   FUZZER [-runs=N] [-seed=N] [-max_len=BYTES] FILE|FOLDER...
//
// Files above BYTES (65536) are left out. Prints the input's origin before a
// run that takes more than 10 s ends the program with status 1.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;

constexpr std::chrono::seconds slowest{10};

struct Options {
  uint64_t runs = 1000;
  uint64_t seed = 1;
  uint64_t maxLength = 65536;
  std::vector<std::filesystem::path> paths;
};

/// Sets `value` from `argument` if that begins with `name`.
bool readNumber(const std::string &argument, const std::string &name,
                uint64_t &value) {
  if (argument.rfind(name, 0) != 0)
    return false;
  value = std::strtoull(argument.c_str() + name.size(), nullptr, 10);
  return true;
}

Options parseOptions(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i)
    if (std::string argument = argv[i];
        !readNumber(argument, "-runs=", options.runs) &&
        !readNumber(argument, "-seed=", options.seed) &&
        !readNumber(argument, "-max_len=", options.maxLength))
      options.paths.emplace_back(argument);
  return options;
}

/// The files, sorted by name, so that every machine takes the same ones.
std::vector<Bytes> readCorpus(const Options &options) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path &path : options.paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(path))
      if (entry.is_regular_file())
        files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Bytes> corpus;
  for (const std::filesystem::path &file : files) {
    std::ifstream stream(file, std::ios::binary);
    Bytes bytes{std::istreambuf_iterator<char>(stream), {}};
    if (stream && !bytes.empty() && bytes.size() <= options.maxLength)
      corpus.push_back(std::move(bytes));
  }
  return corpus;
}

/// Changes to bytes: what breaks readers of lengths, tags and counts.
class Mutator {
public:
  explicit Mutator(uint64_t seed) : random(seed) {}

  Bytes mutate(const std::vector<Bytes> &corpus) {
    Bytes bytes = corpus[below(corpus.size())];
    for (uint64_t i = 0, changes = 1 + below(4); i < changes; ++i)
      change(bytes, corpus[below(corpus.size())]);
    return bytes;
  }

private:
  uint64_t below(uint64_t bound) { return random() % bound; }

  void change(Bytes &bytes, const Bytes &other) {
    static constexpr uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a};
    if (bytes.empty()) {
      bytes = other;
      return;
    }
    size_t at = below(bytes.size());
    size_t length = 1 + below(std::min<size_t>(bytes.size() - at, 16));
    auto place = bytes.begin() + std::ptrdiff_t(at);
    switch (below(6)) {
    case 0:
      bytes[at] ^= uint8_t(1 << below(8));
      break;
    case 1:
      bytes[at] = edges[below(std::size(edges))];
      break;
    case 2:
      bytes.erase(place, place + std::ptrdiff_t(length));
      break;
    case 3: {
      Bytes copy(place, place + std::ptrdiff_t(length));
      bytes.insert(bytes.begin() + std::ptrdiff_t(below(bytes.size())),
                   copy.begin(), copy.end());
      break;
    }
    case 4:
      bytes[at] = uint8_t(bytes[at] + below(9) - 4);
      break;
    default: {
      size_t from = below(other.size());
      size_t count = std::min(length, other.size() - from);
      bytes.insert(place, other.begin() + std::ptrdiff_t(from),
                   other.begin() + std::ptrdiff_t(from + count));
    }
    }
  }

  std::mt19937_64 random;
};

/// False when the target took too long.
bool runTarget(const Bytes &bytes) {
  auto start = std::chrono::steady_clock::now();
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return std::chrono::steady_clock::now() - start <= slowest;
}

} // namespace

int main(int argc, char **argv) {
  Options options = parseOptions(argc, argv);
  std::vector<Bytes> corpus = readCorpus(options);
  if (corpus.empty()) {
    std::cerr << "expected files of at most " << options.maxLength
              << " bytes, got none\n";
    return 2;
  }
  Mutator mutator(options.seed);
  for (uint64_t i = 0; i < corpus.size() + options.runs; ++i) {
    bool isMutated = i >= corpus.size();
    if (!runTarget(isMutated ? mutator.mutate(corpus) : corpus[i])) {
      std::cerr << (isMutated ? "mutation " : "file ") << i
                << ": expected an end within " << slowest.count() << " s\n";
      return 1;
    }
  }
  std::cout << "ran " << corpus.size() << " files and " << options.runs
            << " mutations\n";
}
