//===- DispatchGroups.cpp - which ops share a dispatch -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DispatchGroups.h"

#include "OpPlacement.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

#include <set>

using namespace mlir;
using namespace mlir::ccq;

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Number of leading results of `map` that are loops 0, 1, ...
static int64_t countLeadingLoops(AffineMap map) {
  int64_t count = 0;
  for (AffineExpr expr : map.getResults()) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop || loop.getPosition() != count)
      break;
    ++count;
  }
  return count;
}

/// Number of leading loops of `op` that are parallel and index its results
/// alike: each combination of them, a row, is computed independently.
static int64_t countRows(linalg::LinalgOp op) {
  auto iterators = op.getIteratorTypesArray();
  int64_t rows = llvm::find_if_not(iterators, linalg::isParallelIterator) -
                 iterators.begin();
  for (OpOperand &init : op.getDpsInitsMutable())
    rows = std::min(rows, countLeadingLoops(op.getMatchingIndexingMap(&init)));
  return rows;
}

static bool isContraction(linalg::LinalgOp op) {
  return linalg::isaContractionOpInterface(op) ||
         isa<linalg::ConvolutionOpInterface>(op.getOperation());
}

//===----------------------------------------------------------------------===//
// Growth of one group
//===----------------------------------------------------------------------===//

namespace {

/// Block order.
struct ComesBefore {
  bool operator()(Operation *a, Operation *b) const {
    return a != b && a->isBeforeInBlock(b);
  }
};

/// Grows a group from its root.
class GroupBuilder {
public:
  GroupBuilder(Operation *root, const llvm::DenseSet<Operation *> &taken);

  /// The root and as many consumers as can join.
  DispatchGroup build();

private:
  bool tryJoin(Operation *op);
  bool tryJoinRows(linalg::LinalgOp op);
  bool readsMemberInBody(Operation *op) const;
  void enqueueUsers(Operation *op);
  bool hasOneWayOut() const;

  const llvm::DenseSet<Operation *> &taken;
  llvm::SetVector<Operation *> members;
  /// Users of members that are not members, the earliest first.
  std::set<Operation *, ComesBefore> users;
  /// Independent leading loops that all members share; none for other ops.
  std::optional<int64_t> rows;
  bool hasReduction = false;
  bool isContractionGroup = false;
};

} // namespace

GroupBuilder::GroupBuilder(Operation *root,
                           const llvm::DenseSet<Operation *> &taken)
    : taken(taken) {
  members.insert(root);
  if (auto op = dyn_cast<linalg::LinalgOp>(root)) {
    rows = countRows(op);
    isContractionGroup = isContraction(op);
    hasReduction = op.getNumReductionLoops() > 0;
  }
}

/// Whether the body of `op` reads a member as a whole, at computed positions.
bool GroupBuilder::readsMemberInBody(Operation *op) const {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  return llvm::any_of(captured, [&](Value value) {
    return members.contains(value.getDefiningOp());
  });
}

bool GroupBuilder::tryJoinRows(linalg::LinalgOp op) {
  if (!rows || isContraction(op) || !op.hasPureTensorSemantics())
    return false;
  bool reduces = op.getNumReductionLoops() > 0;
  int64_t shared = countRows(op);
  for (OpOperand &operand : op->getOpOperands()) {
    if (!members.contains(operand.get().getDefiningOp()))
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (isContractionGroup && !map.isIdentity())
      return false;
    shared = std::min(shared, countLeadingLoops(map));
  }
  if (isContractionGroup) {
    // Elementwise on the whole result.
    return shared == int64_t(op.getNumLoops());
  }
  if (*rows == 0) {
    if (op.getNumLoops() != 0)
      return false;
  } else if (shared != *rows) {
    // Only a reduction is worth fewer independent rows.
    if (!(reduces || hasReduction) || shared == 0)
      return false;
    shared = std::min(shared, *rows);
  }
  rows = shared;
  hasReduction |= reduces;
  return true;
}

bool GroupBuilder::tryJoin(Operation *op) {
  if (taken.contains(op) || getPlacement(op) != Placement::Computed ||
      readsMemberInBody(op))
    return false;
  if (auto consumer = dyn_cast<linalg::LinalgOp>(op))
    return tryJoinRows(consumer);
  auto insertion = dyn_cast<tensor::InsertSliceOp>(op);
  return insertion &&
         llvm::all_of(members, llvm::IsaPred<tensor::InsertSliceOp>) &&
         !members.contains(insertion.getSource().getDefiningOp());
}

void GroupBuilder::enqueueUsers(Operation *op) {
  for (Operation *user : op->getUsers()) {
    Operation *topLevel = op->getBlock()->findAncestorOpInBlock(*user);
    if (!members.contains(topLevel))
      users.insert(topLevel);
  }
}

/// Whether only the last member has users outside of the group.
bool GroupBuilder::hasOneWayOut() const {
  for (Operation *member : members.getArrayRef().drop_back())
    for (Operation *user : member->getUsers())
      if (!members.contains(member->getBlock()->findAncestorOpInBlock(*user)))
        return false;
  return true;
}

DispatchGroup GroupBuilder::build() {
  size_t length = 1;
  enqueueUsers(members.front());
  while (!users.empty()) {
    Operation *op = *users.begin();
    users.erase(users.begin());
    // A reader that cannot join makes what it reads a result, and only the
    // last member may have results: longer groups are out.
    if (!tryJoin(op))
      break;
    members.insert(op);
    enqueueUsers(op);
    if (hasOneWayOut())
      length = members.size();
  }
  ArrayRef<Operation *> joined = members.getArrayRef().take_front(length);
  return DispatchGroup(joined.begin(), joined.end());
}

SmallVector<DispatchGroup> mlir::ccq::formDispatchGroups(Block &block) {
  SmallVector<Operation *> contractions, others;
  for (Operation &op : block) {
    if (getPlacement(&op) != Placement::Computed)
      continue;
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    (linalgOp && isContraction(linalgOp) ? contractions : others)
        .push_back(&op);
  }
  llvm::DenseSet<Operation *> taken;
  SmallVector<DispatchGroup> groups;
  for (Operation *root : llvm::concat<Operation *>(contractions, others)) {
    if (taken.contains(root))
      continue;
    groups.push_back(GroupBuilder(root, taken).build());
    taken.insert(groups.back().begin(), groups.back().end());
  }
  llvm::sort(groups, [](const DispatchGroup &a, const DispatchGroup &b) {
    return a.back()->isBeforeInBlock(b.back());
  });
  return groups;
}
