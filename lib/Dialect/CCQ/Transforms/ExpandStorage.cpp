//===- ExpandStorage.cpp - coded values to component tensors ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandDecode.h"
#include "ExpandStreamDecode.h"
#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_EXPANDSTORAGE
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// The part of a component that a coded slice at (k, n) covers: offsets and
/// sizes in elements of the component.
static void getComponentRange(OpBuilder &builder, ExtractSliceOp slice,
                              const codec::ComponentSpec &whole,
                              const codec::ComponentSpec &part,
                              SmallVectorImpl<OpFoldResult> &offsets,
                              SmallVectorImpl<OpFoldResult> &sizes) {
  CodedTensorType type = slice.getResult().getType();
  Location loc = slice.getLoc();
  if (whole.dims.size() == 2) {
    // Rows of the component that a group of one channel takes.
    int64_t group = type.getScheme().getGroupSize();
    int64_t rowsPerGroup = 0;
    for (const codec::ComponentSpec &spec :
         codec::getComponentSpecs(type.getScheme().getScheme(), {group, 1}))
      if (spec.role == whole.role)
        rowsPerGroup = spec.dims[0];
    AffineExpr k = builder.getAffineDimExpr(0);
    AffineExpr row =
        rowsPerGroup == group ? k : k.floorDiv(group) * rowsPerGroup;
    offsets.push_back(affine::makeComposedFoldedAffineApply(
        builder, loc, AffineMap::get(1, 0, row),
        getAsOpFoldResult(slice.getKOffset())));
    sizes.push_back(builder.getIndexAttr(part.dims[0]));
  }
  offsets.push_back(getAsOpFoldResult(slice.getNOffset()));
  sizes.push_back(builder.getIndexAttr(part.dims.back()));
}

/// Slices of `components` that hold the coded slice.
static SmallVector<Value> sliceComponents(OpBuilder &builder,
                                          ExtractSliceOp slice,
                                          ValueRange components) {
  CodedTensorType source = slice.getSource().getType();
  CodedTensorType result = slice.getResult().getType();
  auto wholes = codec::getComponentSpecs(source.getScheme().getScheme(),
                                         {source.getK(), source.getN()});
  auto parts = codec::getComponentSpecs(result.getScheme().getScheme(),
                                        {result.getK(), result.getN()});
  SmallVector<Value> slices;
  for (auto [whole, part, component] :
       llvm::zip_equal(wholes, parts, components)) {
    SmallVector<OpFoldResult> offsets, sizes;
    getComponentRange(builder, slice, whole, part, offsets, sizes);
    SmallVector<OpFoldResult> strides(offsets.size(), builder.getIndexAttr(1));
    slices.push_back(builder.create<tensor::ExtractSliceOp>(
        slice.getLoc(), component, offsets, sizes, strides));
  }
  return slices;
}

/// `operands` with every use of `coded` replaced by `components`.
static SmallVector<Value> spliceOperands(ValueRange operands, Value coded,
                                         ValueRange components) {
  SmallVector<Value> spliced;
  for (Value operand : operands) {
    if (operand == coded)
      spliced.append(components.begin(), components.end());
    else
      spliced.push_back(operand);
  }
  return spliced;
}

namespace {

/// Rewrites everything that reads a coded value to read its components.
class UseExpander {
public:
  UseExpander(MLIRContext *context, int64_t vectorLanes)
      : builder(context), vectorLanes(vectorLanes) {}

  /// Expands the uses of `coded`, which stands for `components`; `keep` is the
  /// op that makes the components from it, if any.
  LogicalResult expand(Value coded, ValueRange components,
                       Operation *keep = nullptr) {
    llvm::SmallSetVector<Operation *, 4> users(coded.user_begin(),
                                               coded.user_end());
    for (Operation *user : users) {
      // What makes the components, and a pack beside them, read coded values.
      if (user == keep || (keep && isa<PackOp>(user)))
        continue;
      builder.setInsertionPoint(user);
      if (failed(expandUser(user, coded, components)))
        return failure();
    }
    return success();
  }

private:
  LogicalResult expandUser(Operation *user, Value coded,
                           ValueRange components) {
    return llvm::TypeSwitch<Operation *, LogicalResult>(user)
        .Case([&](ExtractSliceOp op) {
          if (findStreamFrame(op.getSource().getType().getScheme()))
            return expandStreamSlice(op, components);
          SmallVector<Value> slices = sliceComponents(builder, op, components);
          return replaceCoded(op, op.getResult(), slices);
        })
        .Case([&](ComposeOp op) {
          return replaceCoded(op, op.getResult(), op.getComponents());
        })
        .Case([&](DropRotationOp op) {
          return replaceCoded(op, op.getResult(), components);
        })
        .Case([&](DecodeOp op) {
          CodedTensorType type = op.getSource().getType();
          if (findStreamFrame(type.getScheme())) {
            Value zero = builder.create<arith::ConstantIndexOp>(op.getLoc(), 0);
            return expandStreamDecode(op, {type, type, zero, zero}, components);
          }
          op.replaceAllUsesWith(createDecodeLoops(builder, op.getLoc(), type,
                                                  components, vectorLanes));
          op.erase();
          return success();
        })
        .Case([&](ComponentsOp op) {
          op.replaceAllUsesWith(components);
          op.erase();
          return success();
        })
        .Case([&](PackOp op) {
          op.getSourceMutable().assign(builder.create<ComposeOp>(
              op.getLoc(), coded.getType(), components));
          return success();
        })
        .Case<DispatchOp, LaunchOp>([&](auto op) {
          op.getInputsMutable().assign(
              spliceOperands(op.getInputs(), coded, components));
          return success();
        })
        .Case([&](func::CallOp op) {
          op.getOperandsMutable().assign(
              spliceOperands(op.getOperands(), coded, components));
          return success();
        })
        .Default([&](Operation *op) {
          return op->emitError() << "expected coded operands of ccq ops and "
                                    "calls only, got one of "
                                 << op->getName();
        });
  }

  /// Decodes of parts of a stream read its whole components: the words of a
  /// part depend on those before it.
  LogicalResult expandStreamSlice(ExtractSliceOp op, ValueRange components) {
    CodedSlice slice{op.getSource().getType(), op.getResult().getType(),
                     op.getKOffset(), op.getNOffset()};
    for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
      auto decode = dyn_cast<DecodeOp>(user);
      if (!decode)
        return user->emitError() << "expected parts of streams to be decoded, "
                                    "got "
                                 << user->getName();
      builder.setInsertionPoint(decode);
      if (failed(expandStreamDecode(decode, slice, components)))
        return failure();
    }
    op->erase();
    return success();
  }

  LogicalResult expandStreamDecode(DecodeOp op, const CodedSlice &slice,
                                   ValueRange components) {
    if (findStreamFrame(slice.whole.getScheme())->rotation)
      return op.emitError() << "expected weights in the basis they are coded "
                               "in; ccq-rotate-activations brings them there";
    bool isHashed = isa<HashAttr>(slice.whole.getScheme());
    auto *createLoops =
        isHashed ? createHashDecodeLoops : createStreamDecodeLoops;
    op.replaceAllUsesWith(createLoops(builder, op.getLoc(), slice, components));
    op.erase();
    return success();
  }

  LogicalResult replaceCoded(Operation *op, Value coded,
                             ValueRange components) {
    if (failed(expand(coded, components)))
      return failure();
    op->erase();
    return success();
  }

  OpBuilder builder;
  int64_t vectorLanes;
};

struct ExpandStorage
    : public ::mlir::ccq::impl::ExpandStorageBase<ExpandStorage> {
  using ExpandStorageBase::ExpandStorageBase;

  void runOnOperation() override {
    if (vectorLanes < 1) {
      getOperation().emitError() << "expected vector-lanes of at least 1, got "
                                 << int64_t(vectorLanes);
      return signalPassFailure();
    }
    WalkResult result = getOperation().walk([&](func::FuncOp function) {
      return WalkResult(expandArguments(function));
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    SmallVector<Operation *> sources;
    getOperation().walk([&](Operation *op) {
      if (isa<EncodeOp, PackOp>(op))
        sources.push_back(op);
    });
    for (Operation *source : sources)
      if (failed(expandResult(source)))
        return signalPassFailure();
  }

private:
  void expandDeclaration(func::FuncOp function) {
    SmallVector<Type> types;
    SmallVector<DictionaryAttr> attributes;
    for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
      if (auto coded = dyn_cast<CodedTensorType>(type)) {
        llvm::append_range(types, coded.getComponentTypes());
        attributes.resize(types.size(), DictionaryAttr::get(&getContext()));
        continue;
      }
      types.push_back(type);
      attributes.push_back(function.getArgAttrDict(index));
    }
    function.setType(
        FunctionType::get(&getContext(), types, function.getResultTypes()));
    function.setAllArgAttrs(attributes);
  }

  /// Replaces every coded argument by its components, in place.
  LogicalResult expandArguments(func::FuncOp function) {
    for (Type type : function.getResultTypes())
      if (isa<CodedTensorType>(type))
        return function.emitError()
               << "expected results that are not coded, got " << type;
    if (function.isExternal()) {
      expandDeclaration(function);
      return success();
    }
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      auto type = dyn_cast<CodedTensorType>(function.getArgumentTypes()[i]);
      if (type && failed(expandArgument(function, i, type)))
        return failure();
    }
    return success();
  }

  LogicalResult expandArgument(func::FuncOp function, unsigned index,
                               CodedTensorType type) {
    SmallVector<RankedTensorType> types = type.getComponentTypes();
    unsigned next = index + 1;
    for (RankedTensorType component : types)
      function.insertArgument(next++, component, {}, function.getLoc());
    ValueRange components =
        function.getArguments().slice(index + 1, types.size());
    if (failed(UseExpander(&getContext(), vectorLanes)
                   .expand(function.getArgument(index), components)))
      return failure();
    function.eraseArgument(index);
    return success();
  }

  /// Takes the coded result of `source` apart for all its users.
  LogicalResult expandResult(Operation *source) {
    Value coded = source->getResult(0);
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfter(source);
    SmallVector<RankedTensorType> types =
        cast<CodedTensorType>(coded.getType()).getComponentTypes();
    auto components = builder.create<ComponentsOp>(
        source->getLoc(), SmallVector<Type>(types.begin(), types.end()), coded);
    if (failed(UseExpander(&getContext(), vectorLanes)
                   .expand(coded, components.getResults(), components)))
      return failure();
    if (components.use_empty())
      components.erase();
    return success();
  }
};

} // namespace
