//===- TemporaryDirectory.h - scratch directory of a test -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_UNIT_TEMPORARYDIRECTORY_H
#define CCQ_TEST_UNIT_TEMPORARYDIRECTORY_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace ccq {

/// A fresh directory, deleted with everything in it on destruction.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string name =
        (std::filesystem::temp_directory_path() / "ccq-test-XXXXXX").string();
    root = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(root); }

  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  std::filesystem::path path() const { return root; }
  std::filesystem::path operator/(const std::string &name) const {
    return root / name;
  }

  /// Number of entries, hidden ones included.
  size_t countEntries() const {
    auto entries = std::filesystem::directory_iterator(root);
    return size_t(std::distance(begin(entries), end(entries)));
  }

private:
  std::filesystem::path root;
};

/// Whole content of a file.
inline std::string readText(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void writeText(const std::filesystem::path &path,
                      const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
}

} // namespace ccq

#endif // CCQ_TEST_UNIT_TEMPORARYDIRECTORY_H
