//===- Plan.cpp - a function of dispatches becomes a plan -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScratchArena.h"
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/IR/CheckAttributes.h"
#include "ccq/Dialect/CCQ/IR/PortAttributes.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_PLAN
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// Sizes of one function as expressions over its symbolic dimensions.
class SizeTable {
public:
  explicit SizeTable(func::FuncOp function);

  ArrayRef<StringRef> getNames() const { return names.getArrayRef(); }

  /// The value of an index as an expression; an error at the op that computes
  /// it when there is none.
  FailureOr<AffineExpr> getExpr(Value index);

  /// Extents of a tensor; `dynamic` are the sizes of its dynamic dimensions.
  SmallVector<AffineExpr> getShape(RankedTensorType type,
                                   ArrayRef<AffineExpr> dynamic);

  /// Extents of the result of a dispatch, or of a function argument.
  FailureOr<SmallVector<AffineExpr>> getShape(Value tensor);

  /// The size of a dimension that an argument or `ccq.dim` names; null for
  /// other names.
  AffineExpr findSymbol(StringRef name) {
    return names.contains(name) ? getSymbol(name) : AffineExpr();
  }

  /// `results` as a map with one symbol per dimension.
  AffineMap getMap(ArrayRef<AffineExpr> results) {
    return AffineMap::get(0, names.size(), results, context);
  }

private:
  AffineExpr getSymbol(StringRef name);
  FailureOr<AffineExpr> getBinary(Operation *op);

  MLIRContext *context;
  llvm::SetVector<StringRef> names;
  llvm::DenseMap<Value, SmallVector<AffineExpr>> argumentDims;
};

} // namespace

/// The string attribute `name` of an argument or result, or `fallback`.
static StringAttr getNameOr(Attribute attr, const Twine &fallback,
                            MLIRContext *context) {
  if (auto name = dyn_cast_if_present<StringAttr>(attr))
    return name;
  return StringAttr::get(context, fallback);
}

static StringAttr getInputName(func::FuncOp function, unsigned index) {
  return getNameOr(function.getArgAttr(index, CCQDialect::kNameAttr),
                   "input" + Twine(index), function.getContext());
}

SizeTable::SizeTable(func::FuncOp function) : context(function.getContext()) {
  for (BlockArgument argument : function.getArguments()) {
    auto type = cast<RankedTensorType>(argument.getType());
    unsigned index = argument.getArgNumber();
    auto dims = dyn_cast_if_present<ArrayAttr>(
        function.getArgAttr(index, CCQDialect::kDimsAttr));
    for (int64_t d = 0; d < type.getRank(); ++d) {
      if (!type.isDynamicDim(d))
        continue;
      size_t number = argumentDims[argument].size();
      Attribute named = dims && number < dims.size() ? dims[number] : nullptr;
      StringAttr name = getNameOr(
          named, getInputName(function, index).getValue() + "_dim" + Twine(d),
          context);
      argumentDims[argument].push_back(getSymbol(name.getValue()));
    }
  }
  function.walk([&](DimOp dim) { getSymbol(dim.getName()); });
}

AffineExpr SizeTable::getSymbol(StringRef name) {
  names.insert(name);
  unsigned position = llvm::find(names, name) - names.begin();
  return getAffineSymbolExpr(position, context);
}

FailureOr<AffineExpr> SizeTable::getBinary(Operation *op) {
  if (op->getNumOperands() != 2)
    return op->emitError("expected a size that is a sum, product, quotient or "
                         "remainder of symbolic dimensions");
  FailureOr<AffineExpr> a = getExpr(op->getOperand(0));
  FailureOr<AffineExpr> b = getExpr(op->getOperand(1));
  if (failed(a) || failed(b))
    return failure();
  if (isa<arith::AddIOp>(op))
    return *a + *b;
  if (isa<arith::SubIOp>(op))
    return *a - *b;
  if (isa<arith::MulIOp>(op))
    return *a * *b;
  if (isa<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp>(op))
    return a->floorDiv(*b);
  if (isa<arith::CeilDivUIOp, arith::CeilDivSIOp>(op))
    return a->ceilDiv(*b);
  if (isa<arith::RemUIOp, arith::RemSIOp>(op))
    return *a % *b;
  return op->emitError("expected a size that is a sum, product, quotient or "
                       "remainder of symbolic dimensions");
}

FailureOr<AffineExpr> SizeTable::getExpr(Value index) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return getAffineConstantExpr(*constant, context);
  Operation *op = index.getDefiningOp();
  if (!op)
    return emitError(index.getLoc(), "expected a size computed from symbolic "
                                     "dimensions, got a function argument");
  if (auto dim = dyn_cast<DimOp>(op))
    return getSymbol(dim.getName());
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<int64_t> position = dim.getConstantIndex();
    FailureOr<SmallVector<AffineExpr>> shape = getShape(dim.getSource());
    if (failed(shape) || !position)
      return failure();
    return (*shape)[*position];
  }
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    AffineMap map = apply.getAffineMap();
    SmallVector<AffineExpr> operands;
    for (Value operand : apply.getMapOperands()) {
      FailureOr<AffineExpr> expr = getExpr(operand);
      if (failed(expr))
        return failure();
      operands.push_back(*expr);
    }
    auto all = ArrayRef(operands);
    return map.getResult(0).replaceDimsAndSymbols(
        all.take_front(map.getNumDims()), all.drop_front(map.getNumDims()));
  }
  return getBinary(op);
}

SmallVector<AffineExpr> SizeTable::getShape(RankedTensorType type,
                                            ArrayRef<AffineExpr> dynamic) {
  SmallVector<AffineExpr> shape;
  for (int64_t extent : type.getShape()) {
    if (!ShapedType::isDynamic(extent)) {
      shape.push_back(getAffineConstantExpr(extent, context));
      continue;
    }
    shape.push_back(dynamic.front());
    dynamic = dynamic.drop_front();
  }
  return shape;
}

FailureOr<SmallVector<AffineExpr>> SizeTable::getShape(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (isa<BlockArgument>(tensor))
    return getShape(type, argumentDims[tensor]);
  auto dispatch = tensor.getDefiningOp<DispatchOp>();
  if (!dispatch)
    return emitError(tensor.getLoc(),
                     "expected a function argument or a dispatch result");
  auto dims = dispatch.getResultDims();
  for (Value result : dispatch.getResults()) {
    auto resultType = cast<RankedTensorType>(result.getType());
    if (result == tensor)
      break;
    dims = dims.drop_front(resultType.getNumDynamicDims());
  }
  SmallVector<AffineExpr> dynamic;
  for (Value dim : dims.take_front(type.getNumDynamicDims())) {
    FailureOr<AffineExpr> expr = getExpr(dim);
    if (failed(expr))
      return failure();
    dynamic.push_back(*expr);
  }
  return getShape(type, dynamic);
}

namespace {

/// Builds the plan of one function.
class PlanBuilder {
public:
  explicit PlanBuilder(func::FuncOp function)
      : function(function), sizes(function), arena(function.getContext()),
        builder(function) {}

  /// Puts the plan in the function's place and erases the function.
  LogicalResult build();

private:
  LogicalResult checkForm();
  LogicalResult createInputs();
  LogicalResult createOutputs();
  LogicalResult createScratch();
  LogicalResult createSteps();
  LogicalResult createLaunch(DispatchOp dispatch);
  LogicalResult createChecks();
  FailureOr<Value> createBuffer(Value tensor, BufferKind kind, StringAttr name,
                                AffineMapAttr offset);
  LogicalResult createMappedBuffer(Value tensor, BufferKind kind,
                                   StringAttr name, AffineMapAttr offset);
  Value getWeight(Value value);

  func::FuncOp function;
  SizeTable sizes;
  ScratchArena arena;
  OpBuilder builder;
  PlanOp plan;
  IRMapping mapping;
  /// Buffers of results that are returned once more, by result.
  llvm::DenseMap<Value, SmallVector<Value>> repeatedOutputs;
};

} // namespace

/// Whether `op` makes a weight or an index, which a plan can hold.
static bool isPlanValue(Operation &op) {
  if (auto decode = dyn_cast<DecodeOp>(op))
    return decode.getMaterialized();
  if (llvm::all_of(op.getResultTypes(), [](Type t) { return t.isIndex(); }))
    return true;
  return isa<SourceOp, DequantizeOp, EncodeOp, PackOp, ComponentsOp, ComposeOp,
             arith::ConstantOp>(op);
}

LogicalResult PlanBuilder::checkForm() {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError("expected one block");
  for (Operation &op : function.getBody().front())
    if (!isa<DispatchOp, ObserveOp, func::ReturnOp>(op) && !isPlanValue(op))
      return op.emitError("expected only dispatches and weights in a function "
                          "that becomes a plan; run ccq-form-dispatches and "
                          "ccq-outline-dispatches first");
  return success();
}

/// Says that the integers of a port's buffer are unsigned.
static void markUnsigned(Value buffer) {
  Operation *op = buffer.getDefiningOp();
  op->setAttr(kUnsignedAttr, UnitAttr::get(op->getContext()));
}

FailureOr<Value> PlanBuilder::createBuffer(Value tensor, BufferKind kind,
                                           StringAttr name,
                                           AffineMapAttr offset) {
  FailureOr<SmallVector<AffineExpr>> shape = sizes.getShape(tensor);
  if (failed(shape))
    return failure();
  auto buffer = builder.create<BufferOp>(
      tensor.getLoc(), tensor.getType(),
      BufferKindAttr::get(function.getContext(), kind), name, offset,
      AffineMapAttr::get(sizes.getMap(*shape)));
  return buffer.getResult();
}

LogicalResult PlanBuilder::createMappedBuffer(Value tensor, BufferKind kind,
                                              StringAttr name,
                                              AffineMapAttr offset) {
  FailureOr<Value> buffer = createBuffer(tensor, kind, name, offset);
  if (succeeded(buffer))
    mapping.map(tensor, *buffer);
  return buffer;
}

LogicalResult PlanBuilder::createInputs() {
  for (BlockArgument argument : function.getArguments()) {
    unsigned index = argument.getArgNumber();
    if (failed(createMappedBuffer(argument, BufferKind::Input,
                                  getInputName(function, index), {})))
      return failure();
    if (function.getArgAttr(index, kUnsignedAttr))
      markUnsigned(mapping.lookup(argument));
  }
  return success();
}

LogicalResult PlanBuilder::createOutputs() {
  auto terminator =
      cast<func::ReturnOp>(function.getBody().front().getTerminator());
  for (auto [index, value] : llvm::enumerate(terminator.getOperands())) {
    if (!value.getDefiningOp<DispatchOp>())
      return terminator.emitError() << "expected result " << index
                                    << " to be the result of a dispatch";
    StringAttr name =
        getNameOr(function.getResultAttr(index, CCQDialect::kNameAttr),
                  "output" + Twine(index), function.getContext());
    FailureOr<Value> buffer = createBuffer(value, BufferKind::Output, name, {});
    if (failed(buffer))
      return failure();
    if (function.getResultAttr(index, kUnsignedAttr))
      markUnsigned(*buffer);
    if (mapping.contains(value))
      repeatedOutputs[value].push_back(*buffer);
    else
      mapping.map(value, *buffer);
  }
  return success();
}

LogicalResult PlanBuilder::createScratch() {
  // Slots in execution order first, offsets when all sizes are known.
  SmallVector<std::pair<Value, ScratchArena::Slot>> placed;
  SmallVector<std::pair<Operation *, ScratchArena::Slot>> live;
  for (auto dispatch : function.getOps<DispatchOp>()) {
    llvm::erase_if(live, [&](auto &entry) {
      bool isDead = entry.first->isBeforeInBlock(dispatch);
      if (isDead)
        arena.release(entry.second);
      return isDead;
    });
    for (Value result : dispatch.getResults()) {
      if (mapping.contains(result))
        continue;
      FailureOr<SmallVector<AffineExpr>> shape = sizes.getShape(result);
      if (failed(shape))
        return failure();
      AffineExpr elements = getAffineConstantExpr(1, function.getContext());
      for (AffineExpr extent : *shape)
        elements = elements * extent;
      auto type = cast<RankedTensorType>(result.getType());
      int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
      ScratchArena::Slot slot = arena.place(elements, bytes);
      Operation *lastUse = dispatch;
      for (Operation *user : result.getUsers())
        if (lastUse->isBeforeInBlock(user))
          lastUse = user;
      placed.push_back({result, slot});
      live.push_back({lastUse, slot});
    }
  }
  for (auto [value, slot] : placed) {
    auto offset = AffineMapAttr::get(sizes.getMap(arena.getOffset(slot)));
    if (failed(createMappedBuffer(value, BufferKind::Scratch, {}, offset)))
      return failure();
  }
  return success();
}

Value PlanBuilder::getWeight(Value value) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    getWeight(operand);
  builder.clone(*op, mapping);
  return mapping.lookup(value);
}

LogicalResult PlanBuilder::createLaunch(DispatchOp dispatch) {
  SmallVector<Value> inputs, outputs;
  SmallVector<AffineExpr> scalars;
  for (Value input : dispatch.getInputs()) {
    if (!input.getType().isIndex()) {
      inputs.push_back(getWeight(input));
      continue;
    }
    FailureOr<AffineExpr> scalar = sizes.getExpr(input);
    if (failed(scalar))
      return failure();
    scalars.push_back(*scalar);
  }
  auto launch = [&] {
    builder.create<LaunchOp>(dispatch.getLoc(), dispatch.getKernelAttr(),
                             inputs, outputs,
                             AffineMapAttr::get(sizes.getMap(scalars)));
  };
  for (Value result : dispatch.getResults())
    outputs.push_back(mapping.lookup(result));
  launch();
  // Equal copies may have been merged: each result has a buffer all the same.
  for (auto [number, result] : llvm::enumerate(dispatch.getResults()))
    for (Value buffer : repeatedOutputs.lookup(result)) {
      outputs[number] = buffer;
      launch();
    }
  return success();
}

LogicalResult PlanBuilder::createSteps() {
  for (Operation &op : function.getBody().front()) {
    if (auto dispatch = dyn_cast<DispatchOp>(op)) {
      if (failed(createLaunch(dispatch)))
        return failure();
      continue;
    }
    auto observe = dyn_cast<ObserveOp>(op);
    if (!observe)
      continue;
    if (!mapping.contains(observe.getValue()))
      return observe.emitError("expected an argument or the result of a "
                               "dispatch; run ccq-form-dispatches first");
    builder.clone(op, mapping);
  }
  return success();
}

/// Entries of ccq.checks, with the plan's dimensions instead of names.
LogicalResult PlanBuilder::createChecks() {
  auto checks = function->getAttrOfType<ArrayAttr>(kChecksAttr);
  if (!checks)
    return success();
  SmallVector<Attribute> result;
  for (Attribute attribute : checks) {
    auto entry = dyn_cast<DictionaryAttr>(attribute);
    auto dims = entry ? entry.getAs<ArrayAttr>(kCheckDims) : ArrayAttr();
    auto map =
        entry ? entry.getAs<AffineMapAttr>(kCheckSizes) : AffineMapAttr();
    if (!dims || !map || map.getValue().getNumDims() != 0 ||
        map.getValue().getNumSymbols() != dims.size())
      return function.emitError("expected names of dimensions and a map of as "
                                "many symbols in each entry of ccq.checks");
    SmallVector<AffineExpr> symbols, sides;
    for (StringRef name : dims.getAsValueRange<StringAttr>()) {
      AffineExpr symbol = sizes.findSymbol(name);
      if (!symbol)
        return function.emitError("expected a dimension of an argument in "
                                  "ccq.checks, got \"")
               << name << "\"";
      symbols.push_back(symbol);
    }
    if (symbols.size() != dims.size())
      return function.emitError("expected names in dims of ccq.checks");
    for (AffineExpr side : map.getValue().getResults())
      sides.push_back(side.replaceSymbols(symbols));
    NamedAttrList planned(entry);
    planned.erase(kCheckDims);
    planned.set(kCheckSizes, AffineMapAttr::get(sizes.getMap(sides)));
    result.push_back(planned.getDictionary(function.getContext()));
  }
  plan->setAttr(kChecksAttr, builder.getArrayAttr(result));
  return success();
}

LogicalResult PlanBuilder::build() {
  if (failed(checkForm()))
    return failure();
  MLIRContext *context = function.getContext();
  auto emptyArena =
      AffineMapAttr::get(sizes.getMap(getAffineConstantExpr(0, context)));
  // The function's symbol is free again once the function is gone.
  plan = builder.create<PlanOp>(function.getLoc(), function.getSymNameAttr(),
                                builder.getStrArrayAttr(sizes.getNames()),
                                emptyArena);
  builder.createBlock(&plan.getBody());
  if (failed(createInputs()) || failed(createOutputs()) ||
      failed(createScratch()) || failed(createSteps()) ||
      failed(createChecks()))
    return failure();
  plan.setArena(sizes.getMap(arena.getSize()));
  function.erase();
  return success();
}

namespace {

struct Plan : public mlir::ccq::impl::PlanBase<Plan> {
  using PlanBase::PlanBase;

  void runOnOperation() override {
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!function.isPublic() || function->hasAttr(CCQDialect::kKernelAttr) ||
          function.isDeclaration())
        continue;
      if (failed(PlanBuilder(function).build()))
        return signalPassFailure();
    }
  }
};

} // namespace
