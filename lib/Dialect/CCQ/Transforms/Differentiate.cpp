//===- Differentiate.cpp - gradients of models ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GradientSeed.h"
#include "LinalgAdjoint.h"
#include "TensorAdjoint.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/IR/PortAttributes.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

static StringRef getPortName(func::FuncOp function, unsigned index) {
  auto name =
      function.getArgAttrOfType<StringAttr>(index, CCQDialect::kNameAttr);
  return name ? name.getValue() : StringRef();
}

static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

//===----------------------------------------------------------------------===//
// The reverse sweep
//===----------------------------------------------------------------------===//

namespace {

/// Adjoints of the tensors of one function.
class ReverseSweep {
public:
  explicit ReverseSweep(func::FuncOp function)
      : block(function.getBody().front()), builder(block.getTerminator()) {}

  /// Emits the gradients of `output` times `seed`, in the order of
  /// `parameters`.
  FailureOr<SmallVector<Value>> run(Value output, Value seed,
                                    ArrayRef<Value> parameters);

private:
  void markActive(ArrayRef<Operation *> ops);
  void add(Value value, Value part);
  LogicalResult propagate(Operation *op);

  Block &block;
  OpBuilder builder;
  llvm::DenseSet<Value> active;
  llvm::DenseMap<Value, Value> adjoints;
  bool isBroken = false;
};

} // namespace

/// Marks the results that depend on a parameter. Integers have no gradient and
/// neither have observations.
void ReverseSweep::markActive(ArrayRef<Operation *> ops) {
  for (Operation *op : ops) {
    llvm::SetVector<Value> read(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), read);
    if (llvm::none_of(read, [&](Value v) { return active.contains(v); }))
      continue;
    for (Value result : op->getResults())
      if (isa<FloatType>(getElementTypeOrSelf(result.getType())))
        active.insert(result);
  }
}

void ReverseSweep::add(Value value, Value part) {
  Value &known = adjoints[value];
  if (!known) {
    known = part;
    return;
  }
  FailureOr<Value> sum = emitTensorSum(builder, known, part);
  if (succeeded(sum))
    known = *sum;
  isBroken |= failed(sum);
}

LogicalResult ReverseSweep::propagate(Operation *op) {
  auto isActive = [&](Value value) { return active.contains(value); };
  auto addPart = [&](Value value, Value part) { add(value, part); };
  AdjointSink sink{isActive, addPart};
  auto reached = llvm::find_if(op->getResults(), [&](Value result) {
    return active.contains(result) && adjoints.contains(result);
  });
  if (reached == op->getResults().end())
    return success();
  Value cotangent = adjoints.lookup(*reached);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return emitLinalgAdjoint(builder, linalgOp, cotangent, sink);
  return emitTensorAdjoint(builder, op, cotangent, sink);
}

FailureOr<SmallVector<Value>> ReverseSweep::run(Value output, Value seed,
                                                ArrayRef<Value> parameters) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  active.insert(parameters.begin(), parameters.end());
  markActive(ops);
  add(output, seed);
  for (Operation *op : llvm::reverse(ops))
    if (failed(propagate(op)) || isBroken)
      return failure();
  SmallVector<Value> gradients;
  for (Value parameter : parameters) {
    FailureOr<Value> gradient(adjoints.lookup(parameter));
    if (!*gradient)
      gradient = createZerosLike(builder, parameter);
    if (failed(gradient))
      return failure();
    gradients.push_back(*gradient);
  }
  return gradients;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Bodies were cloned whole: drops what they do not use, operands included, so
/// that a product of two tensors reads two.
static LogicalResult cleanUp(func::FuncOp function) {
  RewritePatternSet patterns(function.getContext());
  linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
  return applyPatternsAndFoldGreedily(function, std::move(patterns));
}

namespace {

struct Differentiate
    : public ::mlir::ccq::impl::DifferentiateBase<Differentiate> {
  using DifferentiateBase::DifferentiateBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() &&
          !function->hasAttr(CCQDialect::kKernelAttr) &&
          failed(differentiate(function)))
        return signalPassFailure();
  }

private:
  /// Numbers of the arguments to differentiate by.
  FailureOr<SmallVector<unsigned>> findParameters(func::FuncOp function) {
    SmallVector<unsigned> named, marked, floats;
    llvm::SetVector<StringRef> missing;
    for (const std::string &name : parameters)
      missing.insert(name);
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
      bool isNamed = missing.remove(getPortName(function, i));
      if (isNamed && !isFloatTensor(type))
        return function.emitError()
               << "option parameters: expected a tensor of floats, got " << type
               << " for \"" << getPortName(function, i) << "\"";
      if (isNamed)
        named.push_back(i);
      if (function.getArgAttr(i, kWeightAttr))
        marked.push_back(i);
      if (isFloatTensor(type))
        floats.push_back(i);
    }
    if (!missing.empty())
      return function.emitError() << "option parameters: no argument is called "
                                  << '"' << missing.front() << '"';
    if (!parameters.empty())
      return named;
    return marked.empty() ? floats : marked;
  }

  /// Number of the result that the loss is about.
  FailureOr<unsigned> findOutput(func::FuncOp function) {
    SmallVector<unsigned> found;
    for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
      auto name =
          function.getResultAttrOfType<StringAttr>(i, CCQDialect::kNameAttr);
      bool isMeant = output.empty() || (name && name.getValue() == output);
      if (isMeant && isFloatTensor(type))
        found.push_back(i);
    }
    if (found.size() == 1)
      return found.front();
    return function.emitError()
           << "option output: expected the name of one result of floats, got \""
           << output << "\", which " << found.size() << " results fit";
  }

  /// Adds the argument with the cotangent or target.
  Value addSeedArgument(func::FuncOp function, unsigned output) {
    MLIRContext *context = &getContext();
    unsigned index = function.getNumArguments();
    SmallVector<NamedAttribute> attributes;
    StringRef name = loss == GradientLoss::Cotangent ? "cotangent" : "target";
    attributes.emplace_back(StringAttr::get(context, CCQDialect::kNameAttr),
                            StringAttr::get(context, name));
    if (Attribute dims = function.getResultAttr(output, CCQDialect::kDimsAttr))
      attributes.emplace_back(StringAttr::get(context, CCQDialect::kDimsAttr),
                              dims);
    function.insertArgument(index, function.getResultTypes()[output],
                            DictionaryAttr::get(context, attributes),
                            function.getLoc());
    return function.getArgument(index);
  }

  /// Appends a result called `gradient.<parameter>`.
  void addResult(func::FuncOp function, unsigned parameter, Value gradient) {
    MLIRContext *context = &getContext();
    unsigned index = function.getNumResults();
    SmallVector<NamedAttribute> attributes;
    StringRef name = getPortName(function, parameter);
    std::string base =
        name.empty() ? "argument_" + std::to_string(parameter) : name.str();
    attributes.emplace_back(StringAttr::get(context, CCQDialect::kNameAttr),
                            StringAttr::get(context, "gradient." + base));
    if (Attribute dims = function.getArgAttr(parameter, CCQDialect::kDimsAttr))
      attributes.emplace_back(StringAttr::get(context, CCQDialect::kDimsAttr),
                              dims);
    function.insertResult(index, gradient.getType(),
                          DictionaryAttr::get(context, attributes));
    function.getBody().front().getTerminator()->insertOperands(index, gradient);
  }

  LogicalResult differentiate(func::FuncOp function) {
    FailureOr<SmallVector<unsigned>> wanted = findParameters(function);
    FailureOr<unsigned> result = findOutput(function);
    if (failed(wanted) || failed(result))
      return failure();
    Value given = addSeedArgument(function, *result);
    SmallVector<Value> arguments;
    for (unsigned index : *wanted)
      arguments.push_back(function.getArgument(index));
    Operation *terminator = function.getBody().front().getTerminator();
    Value value = terminator->getOperand(*result);
    OpBuilder builder(terminator);
    FailureOr<Value> seed = emitGradientSeed(builder, loss, value, given);
    if (failed(seed))
      return failure();
    FailureOr<SmallVector<Value>> gradients =
        ReverseSweep(function).run(value, *seed, arguments);
    if (failed(gradients))
      return failure();
    for (auto [index, gradient] : llvm::zip(*wanted, *gradients))
      addResult(function, index, gradient);
    return cleanUp(function);
  }
};

} // namespace
