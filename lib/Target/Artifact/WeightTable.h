//===- WeightTable.h - the weights of a plan as jobs ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_ARTIFACT_WEIGHTTABLE_H
#define CCQ_LIB_TARGET_ARTIFACT_WEIGHTTABLE_H

#include "ccq/Artifact/Safetensors.h"
#include "ccq/Codec/Scheme.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Support/Result.h"
#include "mlir/IR/Value.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlir::ccq {

/// What turns a source into stored tensors.
enum class WeightJobKind {
  /// The elements as they are.
  Keep,
  /// The component tensors of the coded matrix.
  Encode,
  /// The float32 matrix that the coded one decodes to.
  Materialize,
};

/// One weight to store.
struct WeightJob {
  WeightJobKind kind = WeightJobKind::Keep;
  /// `ccq.source`, `ccq.dequantize` of such, or `arith.constant`.
  Operation *source = nullptr;
  /// The op that asks for the job, for diagnostics.
  Operation *origin = nullptr;
  /// Unique among the jobs.
  std::string name;
  /// Encode and Materialize.
  std::optional<::ccq::codec::Scheme> scheme;
  /// Encode and Materialize: the op, which may name statistics.
  EncodeOp encode;
  /// What the job stores, in the order in which kernels take it.
  std::vector<::ccq::artifact::TensorSpec> tensors;
};

/// The jobs of a plan, in the order in which its steps first use them. Values
/// that mean the same bits, whether or not they are the same SSA value, are one
/// job, so that canonicalization does not change what is stored.
class WeightTable {
public:
  /// Index of the job of a weight: a `ccq.source`, an `arith.constant`, a
  /// `ccq.encode` of one, or a materialized `ccq.decode` of that. Fails with
  /// CompileError for other values and with Unsupported for element types that
  /// files do not have.
  ::ccq::Result<size_t> add(Value weight);

  const std::vector<WeightJob> &jobs() const { return list; }

private:
  ::ccq::Result<WeightJob> describe(Value weight);
  void name(WeightJob &job, StringRef wanted);

  std::vector<WeightJob> list;
  std::map<std::string, size_t> indexOfKey;
  std::set<std::string> tensorNames;
  unsigned unnamedCount = 0;
};

/// File type of an MLIR element type; no value for types that files lack.
/// Signless integers are signed, except i1.
std::optional<::ccq::artifact::DataType> findDataType(Type elementType);

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_ARTIFACT_WEIGHTTABLE_H
