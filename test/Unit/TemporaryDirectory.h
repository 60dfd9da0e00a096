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
#include <string_view>

namespace ccq {

/// A new directory that is deleted with everything in it.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string pattern =
        std::filesystem::temp_directory_path() / "ccq-test-XXXXXX";
    folder = std::filesystem::canonical(::mkdtemp(pattern.data()));
  }
  ~TemporaryDirectory() {
    std::error_code code;
    std::filesystem::remove_all(folder, code);
  }
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  const std::filesystem::path &path() const { return folder; }
  std::filesystem::path operator/(const std::string &name) const {
    return folder / name;
  }

  /// Writes a file, with its folders. A file of that name is replaced, not
  /// rewritten: it may be mapped.
  void write(const std::filesystem::path &name, std::string_view text) const {
    std::filesystem::create_directories((folder / name).parent_path());
    std::filesystem::remove(folder / name);
    std::ofstream(folder / name, std::ios::binary) << text;
  }

  /// Number of entries, hidden ones included.
  size_t countEntries() const {
    auto entries = std::filesystem::directory_iterator(folder);
    return size_t(std::distance(begin(entries), end(entries)));
  }

private:
  std::filesystem::path folder;
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
