//===- DispatchGroups.h - which ops share a dispatch -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_DISPATCHGROUPS_H
#define CCQ_DIALECT_CCQ_TRANSFORMS_DISPATCHGROUPS_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::ccq {

/// Ops of one dispatch, in block order: a root and consumers of it. Only
/// results of the last op have users outside of the group, so that the whole
/// group can stand where its last op stands.
using DispatchGroup = SmallVector<Operation *>;

/// Whether the two products of attention share a dispatch.
enum class AttentionPolicy { Separate, Fuse };

/// Distributes the computed ops (Placement::Computed) of `block` over groups:
/// contractions take their elementwise consumers first; of the rest, ops that
/// agree in their leading rows (elementwise chains, a softmax) and chains of
/// insertions into one tensor, with the elementwise ops of the parts, belong
/// together. A group ends where a value is
/// also read elsewhere, unless its readers all join. AttentionPolicy::Fuse lets
/// a contraction and one that mixes by its rows share a group. Groups are in
/// the order of their last ops. Cost: linear in the uses, times the length of a
/// group.
SmallVector<DispatchGroup> formDispatchGroups(Block &block,
                                              AttentionPolicy attention);

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_DISPATCHGROUPS_H
