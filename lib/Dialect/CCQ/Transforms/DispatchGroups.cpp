//===- DispatchGroups.cpp - which ops share a dispatch -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DispatchGroups.h"

#include "AttentionAlignment.h"
#include "OpPlacement.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"

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
  return linalg::isaContractionOpInterface(op) || isProductOfActivations(op) ||
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

  /// The root, a product, what is computed from its rows, and the product that
  /// mixes by them; nothing when there is none.
  DispatchGroup buildAttention();

private:
  bool mixesByMembers(linalg::LinalgOp op) const;
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

/// Whether `op`, a product, reads members at its leading loops, those of rows,
/// and at its reduction loop.
bool GroupBuilder::mixesByMembers(linalg::LinalgOp op) const {
  if (!isProductOfActivations(op) || readsMemberInBody(op))
    return false;
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    if (!members.contains(operand.get().getDefiningOp()))
      return true;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    int64_t own = map.getNumResults() - 1;
    if (!op.isDpsInput(&operand) || countLeadingLoops(map) < own ||
        *rows < own || result.isFunctionOfDim(op.getNumLoops() - 1))
      return false;
    for (int64_t loop = 0; loop < own; ++loop)
      if (!result.isFunctionOfDim(loop))
        return false;
    return map.getResult(own) ==
           getAffineDimExpr(op.getNumLoops() - 1, map.getContext());
  });
}

DispatchGroup GroupBuilder::buildAttention() {
  auto root = cast<linalg::LinalgOp>(members.front());
  if (!isProductOfActivations(root))
    return {};
  // Its readers share its rows; it is no product that only takes an epilogue.
  isContractionGroup = false;
  enqueueUsers(root);
  while (!users.empty()) {
    Operation *op = *users.begin();
    users.erase(users.begin());
    auto product = dyn_cast<linalg::LinalgOp>(op);
    if (product && !taken.contains(op) && mixesByMembers(product)) {
      members.insert(op);
      return hasOneWayOut() ? DispatchGroup(members.begin(), members.end())
                            : DispatchGroup();
    }
    if (!tryJoin(op))
      return {};
    members.insert(op);
    enqueueUsers(op);
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Parts of one tensor
//===----------------------------------------------------------------------===//

static bool isElementwiseGroup(const DispatchGroup &group) {
  return !group.empty() && llvm::all_of(group, [](Operation *op) {
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    return linalgOp && linalgOp.getNumLoops() > 0 &&
           linalgOp.getNumLoops() == linalgOp.getNumParallelLoops();
  });
}

/// Whether nothing but `members` reads the results of `op`, in part through
/// reshapes, which are added to `reshapes`.
static bool isReadOnlyBy(const llvm::SmallPtrSetImpl<Operation *> &members,
                         Operation *op,
                         SmallVectorImpl<Operation *> &reshapes) {
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    Operation *topLevel = op->getBlock()->findAncestorOpInBlock(*user);
    if (members.contains(topLevel))
      return true;
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(user))
      return false;
    reshapes.push_back(user);
    return isReadOnlyBy(members, user, reshapes);
  });
}

/// Lets groups of insertions into one tensor take the elementwise groups that
/// compute the parts and that nothing else reads.
static void mergeIntoInsertions(SmallVectorImpl<DispatchGroup> &groups) {
  for (size_t i = groups.size(); i-- > 0;) {
    if (groups[i].empty() ||
        !llvm::all_of(groups[i], llvm::IsaPred<tensor::InsertSliceOp>))
      continue;
    llvm::SmallPtrSet<Operation *, 16> members(groups[i].begin(),
                                               groups[i].end());
    for (DispatchGroup &parts :
         llvm::reverse(MutableArrayRef(groups).take_front(i))) {
      SmallVector<Operation *> reshapes;
      if (!isElementwiseGroup(parts) ||
          !isReadOnlyBy(members, parts.back(), reshapes))
        continue;
      members.insert(parts.begin(), parts.end());
      members.insert(reshapes.begin(), reshapes.end());
      parts.clear();
    }
    groups[i].assign(members.begin(), members.end());
    llvm::sort(groups[i], ComesBefore());
  }
  llvm::erase_if(groups,
                 [](const DispatchGroup &group) { return group.empty(); });
}

SmallVector<DispatchGroup>
mlir::ccq::formDispatchGroups(Block &block, AttentionPolicy attention) {
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
  auto add = [&](DispatchGroup group) {
    taken.insert(group.begin(), group.end());
    if (!group.empty())
      groups.push_back(std::move(group));
  };
  if (attention == AttentionPolicy::Fuse)
    for (Operation *root : contractions)
      if (!taken.contains(root))
        add(GroupBuilder(root, taken).buildAttention());
  for (Operation *root : llvm::concat<Operation *>(contractions, others))
    if (!taken.contains(root))
      add(GroupBuilder(root, taken).build());
  llvm::sort(groups, [](const DispatchGroup &a, const DispatchGroup &b) {
    return a.back()->isBeforeInBlock(b.back());
  });
  mergeIntoInsertions(groups);
  return groups;
}
