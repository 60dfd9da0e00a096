//===- Result.h - value-or-error return type --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_RESULT_H
#define CCQ_SUPPORT_RESULT_H

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace ccq {

/// What went wrong, by the class of answer that a user needs. Every kind has
/// exactly one process exit code; see getExitCode.
enum class ErrorKind {
  /// A compile or quantize step refused its input and said why.
  CompileError,
  /// The command line is wrong: unknown flag, scheme or target.
  Usage,
  /// An input is missing, truncated or breaks its file format.
  MalformedInput,
  /// The input is valid but uses something that CCQ does not handle.
  Unsupported,
  /// A memory, size or time budget would be exceeded.
  Budget,
  /// A quality gate that the user set was not met.
  QualityGate,
  /// Two things that should be equal are not (expect, diff, verify).
  Mismatch,
  /// A program or device that the request needs is not on this machine.
  MissingTool,
  /// An output exists already or cannot be written.
  Output,
  /// CCQ broke one of its own invariants.
  Internal,
};

/// Exit code of `ccq` and `ccq-run` for a failure of this kind.
int getExitCode(ErrorKind kind);

/// A failure: its class and a message in lower case without a full stop, which
/// states what was expected, then what was found.
struct Error {
  ErrorKind kind = ErrorKind::Internal;
  std::string message;
};

/// Either a value or an Error. The core neither throws nor prints; every
/// operation that can fail returns one of these.
///
/// Accessing the value of a failed Result, or the error of a successful one,
/// is a programming error with undefined results; test with operator bool.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : storage(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : storage(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return storage.index() == 0; }

  T &operator*() & { return *std::get_if<0>(&storage); }
  const T &operator*() const & { return *std::get_if<0>(&storage); }
  T &&operator*() && { return std::move(*std::get_if<0>(&storage)); }
  T *operator->() { return std::get_if<0>(&storage); }
  const T *operator->() const { return std::get_if<0>(&storage); }

  const Error &error() const { return *std::get_if<1>(&storage); }
  Error takeError() { return std::move(*std::get_if<1>(&storage)); }

private:
  std::variant<T, Error> storage;
};

/// Success without a value, or an Error.
template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : failed(true), failure(std::move(error)) {}

  explicit operator bool() const { return !failed; }
  const Error &error() const { return failure; }
  Error takeError() { return std::move(failure); }

private:
  bool failed = false;
  Error failure;
};

} // namespace ccq

#endif // CCQ_SUPPORT_RESULT_H
