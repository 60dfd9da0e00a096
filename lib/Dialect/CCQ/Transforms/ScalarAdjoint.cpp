//===- ScalarAdjoint.cpp - derivatives of the bodies of linalg ops --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarAdjoint.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// One reverse sweep over a block.
class Sweep {
public:
  Sweep(OpBuilder &builder, Value target)
      : b(target.getLoc(), builder), dependent({target}) {}

  FailureOr<Value> run(Value result, Value seed, Value target);

private:
  bool isDependent(Value value) const { return dependent.contains(value); }
  void markDependents(Block &block);
  LogicalResult propagate(Operation *op, Value g);
  bool propagateArithmetic(Operation *op, Value g);
  bool propagateExtremum(Operation *op, Value g);
  /// The derivative of a function of one argument; null for other ops.
  Value findDerivative(Operation *op);
  Value findRootDerivative(Operation *op, Value x, Value y);
  Value findTrigonometric(Operation *op, Value x, Value y);

  /// Adds `part` to the adjoint of `value` when that matters.
  void add(Value value, Value part);
  Value number(Type type, double value) {
    return b.create<arith::ConstantOp>(b.getFloatAttr(type, value));
  }
  Value times(Value x, Value y) { return b.create<arith::MulFOp>(x, y); }
  Value over(Value x, Value y) { return b.create<arith::DivFOp>(x, y); }
  Value plus(Value x, Value y) { return b.create<arith::AddFOp>(x, y); }
  Value minus(Value x, Value y) { return b.create<arith::SubFOp>(x, y); }
  Value negative(Value x) { return b.create<arith::NegFOp>(x); }

  ImplicitLocOpBuilder b;
  llvm::DenseSet<Value> dependent;
  llvm::DenseMap<Value, Value> adjoints;
};

} // namespace

void Sweep::markDependents(Block &block) {
  for (Operation &op : block) {
    bool reads = false;
    op.walk([&](Operation *inner) {
      reads |= llvm::any_of(inner->getOperands(),
                            [&](Value value) { return isDependent(value); });
    });
    if (!reads)
      continue;
    for (Value result : op.getResults())
      if (isa<FloatType>(result.getType()))
        dependent.insert(result);
  }
}

void Sweep::add(Value value, Value part) {
  if (!isDependent(value))
    return;
  Value &sum = adjoints[value];
  sum = sum ? plus(sum, part) : part;
}

bool Sweep::propagateArithmetic(Operation *op, Value g) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](arith::AddFOp o) {
        add(o.getLhs(), g);
        add(o.getRhs(), g);
        return true;
      })
      .Case([&](arith::SubFOp o) {
        add(o.getLhs(), g);
        if (isDependent(o.getRhs()))
          add(o.getRhs(), negative(g));
        return true;
      })
      .Case([&](arith::MulFOp o) {
        if (isDependent(o.getLhs()))
          add(o.getLhs(), times(o.getRhs(), g));
        if (isDependent(o.getRhs()))
          add(o.getRhs(), times(o.getLhs(), g));
        return true;
      })
      .Case([&](arith::DivFOp o) {
        Value part = over(g, o.getRhs());
        add(o.getLhs(), part);
        if (isDependent(o.getRhs()))
          add(o.getRhs(), negative(times(part, o)));
        return true;
      })
      .Case([&](math::FmaOp o) {
        if (isDependent(o.getA()))
          add(o.getA(), times(o.getB(), g));
        if (isDependent(o.getB()))
          add(o.getB(), times(o.getA(), g));
        add(o.getC(), g);
        return true;
      })
      .Case([&](math::PowFOp o) {
        Value base = o.getLhs(), power = o.getRhs();
        if (isDependent(base)) {
          Value less = minus(power, number(power.getType(), 1));
          Value slope = times(power, b.create<math::PowFOp>(base, less));
          add(base, times(slope, g));
        }
        if (isDependent(power))
          add(power, times(times(o, b.create<math::LogOp>(base)), g));
        return true;
      })
      .Case([&](arith::SelectOp o) {
        Value zero = number(g.getType(), 0);
        if (isDependent(o.getTrueValue()))
          add(o.getTrueValue(),
              b.create<arith::SelectOp>(o.getCondition(), g, zero));
        if (isDependent(o.getFalseValue()))
          add(o.getFalseValue(),
              b.create<arith::SelectOp>(o.getCondition(), zero, g));
        return true;
      })
      .Default([](Operation *) { return false; });
}

/// The larger or smaller of two values passes on its adjoint; the first of
/// equal ones does.
bool Sweep::propagateExtremum(Operation *op, Value g) {
  arith::CmpFPredicate order;
  if (isa<arith::MaximumFOp, arith::MaxNumFOp>(op))
    order = arith::CmpFPredicate::OGE;
  else if (isa<arith::MinimumFOp, arith::MinNumFOp>(op))
    order = arith::CmpFPredicate::OLE;
  else
    return false;
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  Value isFirst = b.create<arith::CmpFOp>(order, lhs, rhs);
  Value zero = number(g.getType(), 0);
  add(lhs, b.create<arith::SelectOp>(isFirst, g, zero));
  add(rhs, b.create<arith::SelectOp>(isFirst, zero, g));
  return true;
}

/// Exponentials, logarithms and roots; y = f(x).
Value Sweep::findRootDerivative(Operation *op, Value x, Value y) {
  Type type = x.getType();
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](math::ExpOp) { return y; })
      .Case([&](math::Exp2Op) { return times(y, number(type, std::log(2.0))); })
      .Case([&](math::ExpM1Op) { return plus(y, number(type, 1)); })
      .Case([&](math::LogOp) { return over(number(type, 1), x); })
      .Case([&](math::Log2Op) {
        return over(number(type, 1 / std::log(2.0)), x);
      })
      .Case([&](math::Log10Op) {
        return over(number(type, 1 / std::log(10.0)), x);
      })
      .Case([&](math::Log1pOp) {
        return over(number(type, 1), plus(x, number(type, 1)));
      })
      .Case([&](math::SqrtOp) { return over(number(type, 0.5), y); })
      .Case([&](math::RsqrtOp) {
        return times(number(type, -0.5), times(y, times(y, y)));
      })
      .Case([&](math::AbsFOp) {
        Value zero = number(type, 0);
        Value slope = b.create<math::CopySignOp>(number(type, 1), x);
        Value isZero =
            b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ, x, zero);
        return b.create<arith::SelectOp>(isZero, zero, slope).getResult();
      })
      .Default([](Operation *) { return Value(); });
}

/// Circular and hyperbolic functions and erf; y = f(x).
Value Sweep::findTrigonometric(Operation *op, Value x, Value y) {
  Type type = x.getType();
  auto one = [&] { return number(type, 1); };
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](math::SinOp) { return b.create<math::CosOp>(x).getResult(); })
      .Case([&](math::CosOp) { return negative(b.create<math::SinOp>(x)); })
      .Case([&](math::TanOp) { return plus(one(), times(y, y)); })
      .Case([&](math::SinhOp) { return b.create<math::CoshOp>(x).getResult(); })
      .Case([&](math::CoshOp) { return b.create<math::SinhOp>(x).getResult(); })
      .Case([&](math::TanhOp) { return minus(one(), times(y, y)); })
      .Case([&](math::AtanOp) { return over(one(), plus(one(), times(x, x))); })
      .Case([&](math::ErfOp) {
        Value power = b.create<math::ExpOp>(negative(times(x, x)));
        return times(number(type, 2 / std::sqrt(std::acos(-1.0))), power);
      })
      .Case<math::FloorOp, math::CeilOp, math::RoundOp, math::RoundEvenOp,
            math::TruncOp>([&](Operation *) { return number(type, 0); })
      .Default([](Operation *) { return Value(); });
}

Value Sweep::findDerivative(Operation *op) {
  if (op->getNumOperands() != 1 || op->getNumResults() != 1 ||
      op->getOperand(0).getType() != op->getResult(0).getType())
    return {};
  Value x = op->getOperand(0), y = op->getResult(0);
  if (isa<arith::NegFOp>(op))
    return number(x.getType(), -1);
  Value slope = findRootDerivative(op, x, y);
  return slope ? slope : findTrigonometric(op, x, y);
}

LogicalResult Sweep::propagate(Operation *op, Value g) {
  b.setLoc(op->getLoc());
  if (propagateArithmetic(op, g) || propagateExtremum(op, g))
    return success();
  Value x = op->getNumOperands() > 0 ? op->getOperand(0) : Value();
  if (isa<arith::ExtFOp>(op)) {
    add(x, b.create<arith::TruncFOp>(x.getType(), g));
    return success();
  }
  if (isa<arith::TruncFOp>(op)) {
    add(x, b.create<arith::ExtFOp>(x.getType(), g));
    return success();
  }
  Value slope = findDerivative(op);
  if (!slope)
    return op->emitOpError("has no derivative rule, but lies between a "
                           "parameter and the output");
  add(x, times(slope, g));
  return success();
}

FailureOr<Value> Sweep::run(Value result, Value seed, Value target) {
  Block &block = *b.getInsertionBlock();
  SmallVector<Operation *> ops;
  for (Operation &op : block)
    ops.push_back(&op);
  markDependents(block);
  add(result, seed);
  for (Operation *op : llvm::reverse(ops)) {
    Value g =
        op->getNumResults() == 1 ? adjoints.lookup(op->getResult(0)) : Value();
    if (g && op->getResult(0) != target && failed(propagate(op, g)))
      return failure();
  }
  return adjoints.lookup(target);
}

FailureOr<Value> mlir::ccq::emitScalarAdjoint(OpBuilder &builder, Value result,
                                              Value seed, Value target) {
  return Sweep(builder, target).run(result, seed, target);
}
