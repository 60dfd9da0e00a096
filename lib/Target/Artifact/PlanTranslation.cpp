//===- PlanTranslation.cpp - from ccq.plan to the artifact's plan ---------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanTranslation.h"

#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/IR/CheckAttributes.h"
#include "ccq/Dialect/CCQ/IR/PortAttributes.h"
#include "ccq/Support/Sha256.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::Result;
namespace artifact = ::ccq::artifact;
using artifact::Expression;
using artifact::ExpressionOp;

/// Bytes that a row of codes is padded to for GPU kernels.
static constexpr unsigned gpuRowPitchBytes = 16;

/// Digits of the SHA-256 in the name of a kernel file.
static constexpr size_t fileNameDigits = 16;

Error mlir::ccq::emitResultError(Operation *op, Error error) {
  op->emitError(error.message);
  return error;
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

static ExpressionOp getExpressionOp(AffineExprKind kind) {
  switch (kind) {
  case AffineExprKind::Add:
    return ExpressionOp::Add;
  case AffineExprKind::Mul:
    return ExpressionOp::Mul;
  case AffineExprKind::FloorDiv:
    return ExpressionOp::FloorDiv;
  case AffineExprKind::CeilDiv:
    return ExpressionOp::CeilDiv;
  default:
    return ExpressionOp::Mod;
  }
}

/// Dims and symbols both become symbols; a map of a plan or an object has only
/// one of the two.
static Expression translateExpr(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Expression::constant(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return Expression::symbol(symbol.getPosition());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return Expression::symbol(dim.getPosition());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  return Expression::binary(getExpressionOp(expr.getKind()),
                            translateExpr(binary.getLHS()),
                            translateExpr(binary.getRHS()));
}

static std::vector<Expression> translateMap(AffineMap map) {
  std::vector<Expression> expressions;
  for (AffineExpr result : map.getResults())
    expressions.push_back(translateExpr(result));
  return expressions;
}

//===----------------------------------------------------------------------===//
// Plan
//===----------------------------------------------------------------------===//

namespace {
/// Elements per row that a kernel wants of each buffer argument, 0 for dense:
/// as the launch's operands say, and for GPU kernels.
struct ArgumentRows {
  std::vector<int64_t> asTyped;
  std::vector<int64_t> onGpu;
};

class PlanTranslator {
public:
  explicit PlanTranslator(ModuleOp module) : module(module) {}

  Result<TranslatedPlan> translate();

private:
  Result<PlanOp> findPlan();
  Result<void> translateBuffer(BufferOp op);
  Result<void> translateLaunch(LaunchOp op);
  Result<void> translateSteps(PlanOp plan);
  Result<void> addInput(LaunchOp op, Value input, artifact::LaunchStep &launch,
                        ArgumentRows &rows);
  std::vector<unsigned> getWeightBuffers(size_t job);
  unsigned getKernel(StringRef name);
  Result<void> translateObject(ObjectOp op);
  Result<artifact::CompiledKernel> describeObject(ObjectOp op);
  Result<void> translateChecks(PlanOp plan);

  ModuleOp module;
  TranslatedPlan result;
  llvm::DenseMap<Value, unsigned> buffers;
  /// Buffers of the tensors of each weight job.
  std::map<size_t, std::vector<unsigned>> weightBuffers;
  std::map<std::string, unsigned> kernels;
  /// Parallel to the plan's kernels.
  std::vector<ArgumentRows> kernelRows;
};
} // namespace

Result<PlanOp> PlanTranslator::findPlan() {
  auto plans = llvm::to_vector(module.getOps<PlanOp>());
  if (plans.size() == 1)
    return plans[0];
  return emitResultError(
      module, {ErrorKind::CompileError,
               "expected one ccq.plan, got " + std::to_string(plans.size()) +
                   (plans.empty() ? "; run ccq-plan first" : "")});
}

static artifact::BufferKind translateKind(BufferKind kind) {
  switch (kind) {
  case BufferKind::Input:
    return artifact::BufferKind::Input;
  case BufferKind::Output:
    return artifact::BufferKind::Output;
  case BufferKind::Scratch:
    return artifact::BufferKind::Scratch;
  }
  return artifact::BufferKind::Scratch;
}

/// The element type as the caller of the model sees it.
static Type getPortElementType(BufferOp op) {
  Type type = cast<RankedTensorType>(op.getType()).getElementType();
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || !op->hasAttr(kUnsignedAttr))
    return type;
  return IntegerType::get(op.getContext(), integer.getWidth(),
                          IntegerType::Unsigned);
}

Result<void> PlanTranslator::translateBuffer(BufferOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  std::optional<artifact::DataType> dataType =
      findDataType(getPortElementType(op));
  if (!dataType) {
    std::string text;
    llvm::raw_string_ostream(text) << type.getElementType();
    return emitResultError(op, {ErrorKind::Unsupported,
                                "expected elements of 8- to 64-bit numbers or "
                                "booleans, got " +
                                    text});
  }
  artifact::PlanBuffer buffer;
  buffer.kind = translateKind(op.getKind());
  buffer.name = op.getName().value_or("").str();
  buffer.type = *dataType;
  buffer.shape = translateMap(op.getShape());
  if (std::optional<AffineMap> offset = op.getOffset())
    buffer.offsetBytes = translateExpr(offset->getResult(0));
  unsigned index = unsigned(result.plan.buffers.size());
  if (buffer.kind == artifact::BufferKind::Input)
    result.plan.inputs.push_back(index);
  if (buffer.kind == artifact::BufferKind::Output)
    result.plan.outputs.push_back(index);
  result.plan.buffers.push_back(std::move(buffer));
  buffers[op.getResult()] = index;
  return {};
}

std::vector<unsigned> PlanTranslator::getWeightBuffers(size_t job) {
  std::vector<unsigned> &indices = weightBuffers[job];
  if (!indices.empty())
    return indices;
  for (const artifact::TensorSpec &tensor :
       result.weights.jobs()[job].tensors) {
    artifact::PlanBuffer buffer;
    buffer.kind = artifact::BufferKind::Weight;
    buffer.name = tensor.name;
    buffer.type = tensor.type;
    for (int64_t extent : tensor.dims)
      buffer.shape.push_back(Expression::constant(extent));
    indices.push_back(unsigned(result.plan.buffers.size()));
    result.plan.buffers.push_back(std::move(buffer));
  }
  return indices;
}

/// Row length of all components of a coded matrix whose rows of codes are
/// padded to `pitchBytes`; 0 when they need no padding.
static int64_t getPaddedRow(const artifact::TensorSpec &codes,
                            unsigned pitchBytes) {
  int64_t unit =
      std::max<int64_t>(1, pitchBytes / artifact::getDataTypeBytes(codes.type));
  int64_t columns = codes.dims.back();
  int64_t padded = int64_t(llvm::alignTo(uint64_t(columns), uint64_t(unit)));
  return padded == columns ? 0 : padded;
}

Result<void> PlanTranslator::addInput(LaunchOp op, Value input,
                                      artifact::LaunchStep &launch,
                                      ArgumentRows &rows) {
  if (auto buffer = buffers.find(input); buffer != buffers.end()) {
    launch.buffers.push_back(buffer->second);
    rows.asTyped.push_back(0);
    rows.onGpu.push_back(0);
    return {};
  }
  unsigned pitchBytes = 0;
  if (auto pack = input.getDefiningOp<PackOp>()) {
    if (auto pitch = dyn_cast<RowPitchAttr>(pack.getType().getLayout()))
      pitchBytes = pitch.getAlignment();
    input = pack.getSource();
  }
  std::optional<unsigned> component;
  if (auto components = input.getDefiningOp<ComponentsOp>()) {
    component = cast<OpResult>(input).getResultNumber();
    input = components.getSource();
  }
  Result<size_t> job = result.weights.add(input);
  if (!job)
    return emitResultError(input.getDefiningOp() ? input.getDefiningOp()
                                                 : op.getOperation(),
                           job.takeError());
  const WeightJob &weight = result.weights.jobs()[*job];
  int64_t typedRow = 0, gpuRow = 0;
  if (weight.kind == WeightJobKind::Encode) {
    typedRow = pitchBytes ? getPaddedRow(weight.tensors[0], pitchBytes) : 0;
    gpuRow = getPaddedRow(weight.tensors[0], gpuRowPitchBytes);
  }
  for (auto [index, buffer] : llvm::enumerate(getWeightBuffers(*job))) {
    if (component && index != *component)
      continue;
    launch.buffers.push_back(buffer);
    rows.asTyped.push_back(typedRow);
    rows.onGpu.push_back(gpuRow);
  }
  return {};
}

unsigned PlanTranslator::getKernel(StringRef name) {
  auto [entry, isNew] =
      kernels.emplace(name.str(), unsigned(result.plan.kernels.size()));
  if (isNew)
    result.plan.kernels.push_back({name.str(), 0, 0, 0});
  return entry->second;
}

Result<void> PlanTranslator::translateLaunch(LaunchOp op) {
  artifact::LaunchStep launch;
  ArgumentRows rows;
  for (Value input : op.getInputs())
    if (Result<void> added = addInput(op, input, launch, rows); !added)
      return added;
  unsigned inputCount = unsigned(launch.buffers.size());
  for (Value output : op.getOutputs()) {
    launch.buffers.push_back(buffers.lookup(output));
    rows.asTyped.push_back(0);
    rows.onGpu.push_back(0);
  }
  launch.scalars = translateMap(op.getScalars());
  launch.kernel = getKernel(op.getKernel());
  // All launches of a kernel have operands of the same types.
  result.plan.kernels[launch.kernel] = {op.getKernel().str(), inputCount,
                                        unsigned(op.getOutputs().size()),
                                        unsigned(launch.scalars.size())};
  kernelRows.resize(result.plan.kernels.size());
  kernelRows[launch.kernel] = std::move(rows);
  result.plan.steps.push_back(std::move(launch));
  return {};
}

Result<void> PlanTranslator::translateSteps(PlanOp plan) {
  for (Operation &op : plan.getBody().front()) {
    if (auto launch = dyn_cast<LaunchOp>(op)) {
      if (Result<void> done = translateLaunch(launch); !done)
        return done;
    } else if (auto observe = dyn_cast<ObserveOp>(op)) {
      artifact::ObserveStep step{
          buffers.lookup(observe.getValue()), observe.getName().str(), {}};
      if (std::optional<ArrayAttr> weights = observe.getWeights())
        for (StringRef weight : weights->getAsValueRange<StringAttr>())
          step.weights.push_back(weight.str());
      result.plan.steps.push_back(std::move(step));
    }
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Objects
//===----------------------------------------------------------------------===//

static std::optional<artifact::KernelFormat> findFormat(ObjectFormat format) {
  switch (format) {
  case ObjectFormat::SharedObject:
    return artifact::KernelFormat::SharedObject;
  case ObjectFormat::PTX:
    return artifact::KernelFormat::Ptx;
  case ObjectFormat::Cubin:
    return artifact::KernelFormat::Cubin;
  case ObjectFormat::Object:
    break;
  }
  return std::nullopt;
}

/// Name of the target in the artifact: PTX and cubins of one chip are two.
static std::string getTargetName(ObjectOp op) {
  StringRef target = op.getTarget();
  if (op.getFormat() == ObjectFormat::PTX && target.consume_front("cuda:"))
    return "ptx:" + target.str();
  return target.str();
}

Result<artifact::CompiledKernel> PlanTranslator::describeObject(ObjectOp op) {
  std::optional<artifact::KernelFormat> format = findFormat(op.getFormat());
  if (!format)
    return emitResultError(op, {ErrorKind::Unsupported,
                                "expected an object of format so, ptx or "
                                "cubin, got object"});
  artifact::CompiledKernel compiled;
  compiled.kernel = getKernel(op.getKernel());
  compiled.format = *format;
  StringRef data = op.getData();
  compiled.sha256 = ::ccq::formatHex(
      ::ccq::computeSha256(std::as_bytes(std::span(data.data(), data.size()))));
  compiled.file = "kernels/" + getTargetName(op) + "/" +
                  compiled.sha256.substr(0, fileNameDigits) + "." +
                  std::string(getKernelFormatName(*format));
  compiled.entry = op.getEntry().str();
  compiled.grid = translateMap(op.getGrid());
  if (std::optional<ArrayRef<int64_t>> block = op.getBlock())
    compiled.block =
        artifact::BlockShape{(*block)[0], (*block)[1], (*block)[2]};
  compiled.sharedBytes = uint64_t(op.getSharedBytes());
  bool isGpu = *format != artifact::KernelFormat::SharedObject;
  const ArgumentRows &rows = kernelRows[compiled.kernel];
  compiled.rowElements = isGpu ? rows.onGpu : rows.asTyped;
  if (llvm::all_of(compiled.rowElements, [](int64_t row) { return row == 0; }))
    compiled.rowElements.clear();
  return compiled;
}

Result<void> PlanTranslator::translateObject(ObjectOp op) {
  // Code that no step launches is left out.
  if (!kernels.count(op.getKernel().str()))
    return {};
  Result<artifact::CompiledKernel> compiled = describeObject(op);
  if (!compiled)
    return compiled.takeError();
  std::string name = getTargetName(op);
  auto target = llvm::find_if(result.plan.targets,
                              [&](auto &entry) { return entry.name == name; });
  if (target == result.plan.targets.end()) {
    result.plan.targets.push_back({name, {}});
    target = std::prev(result.plan.targets.end());
  }
  result.kernelFiles[compiled->file] = op.getData();
  target->kernels.push_back(*std::move(compiled));
  return {};
}

Result<void> PlanTranslator::translateChecks(PlanOp plan) {
  auto checks = plan->getAttrOfType<ArrayAttr>(kChecksAttr);
  if (!checks)
    return {};
  for (Attribute attribute : checks) {
    auto entry = dyn_cast<DictionaryAttr>(attribute);
    auto place = entry ? entry.getAs<StringAttr>(kCheckPlace) : StringAttr();
    auto relation =
        entry ? entry.getAs<StringAttr>(kCheckRelation) : StringAttr();
    auto sizes =
        entry ? entry.getAs<AffineMapAttr>(kCheckSizes) : AffineMapAttr();
    bool isValid = place && relation && sizes &&
                   sizes.getValue().getNumDims() == 0 &&
                   sizes.getValue().getNumSymbols() == plan.getDims().size() &&
                   sizes.getValue().getNumResults() == 2;
    if (!isValid)
      return emitResultError(plan, {ErrorKind::CompileError,
                                    "expected a place, a relation and two "
                                    "sizes over the plan's dimensions in each "
                                    "entry of ccq.checks"});
    artifact::SizeCheck check;
    check.relation = relation.getValue() == kCheckEqual
                         ? artifact::SizeRelation::Equal
                         : artifact::SizeRelation::AtMost;
    check.left = translateExpr(sizes.getValue().getResult(0));
    check.right = translateExpr(sizes.getValue().getResult(1));
    check.place = place.str();
    result.plan.checks.push_back(std::move(check));
  }
  return {};
}

Result<TranslatedPlan> PlanTranslator::translate() {
  Result<PlanOp> plan = findPlan();
  if (!plan)
    return plan.takeError();
  for (Attribute dim : plan->getDims())
    result.plan.dims.push_back(cast<StringAttr>(dim).str());
  result.plan.arenaBytes = translateExpr(plan->getArena().getResult(0));
  if (Result<void> done = translateChecks(*plan); !done)
    return done.takeError();
  for (auto buffer : plan->getOps<BufferOp>())
    if (Result<void> done = translateBuffer(buffer); !done)
      return done.takeError();
  if (Result<void> done = translateSteps(*plan); !done)
    return done.takeError();
  for (auto object : module.getOps<ObjectOp>())
    if (Result<void> done = translateObject(object); !done)
      return done.takeError();
  llvm::sort(result.plan.targets,
             [](auto &a, auto &b) { return a.name < b.name; });
  for (artifact::PlanTarget &target : result.plan.targets)
    llvm::stable_sort(target.kernels,
                      [](auto &a, auto &b) { return a.kernel < b.kernel; });
  if (Result<void> checked = checkPlan(result.plan); !checked)
    return emitResultError(*plan,
                           {ErrorKind::CompileError, checked.error().message});
  return std::move(result);
}

Result<TranslatedPlan> mlir::ccq::translatePlan(ModuleOp module) {
  return PlanTranslator(module).translate();
}
