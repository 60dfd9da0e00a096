//===- ModuleBuilder.cpp - graph to module --------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModuleBuilder.h"

#include "OpTable.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Dialect/CCQ/IR/CheckAttributes.h"
#include "ccq/Dialect/CCQ/IR/PortAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Opsets of ai.onnx that the operator table covers.
static constexpr int64_t oldestOpset = 6;

namespace {

class ModuleBuilder {
public:
  ModuleBuilder(const Graph &graph, ImportState &state)
      : graph(graph), state(state), sink(state.sink) {}
  OwningOpRef<ModuleOp> build();

private:
  bool findEntries();
  std::optional<Shape> readShape(const GraphPort &port,
                                 const std::string &part);
  void collectDimensionNames();
  Size readDimension(const std::string &name, const std::string &part);
  bool addInputs();
  void importNodes();
  bool checkOutput(const GraphPort &port, const ImportedTensor &tensor);
  bool addOutputs();
  bool checkDimensionNames();
  void addChecks();
  void eraseDeadOps();
  void verifyModule();
  DictionaryAttr getPortAttributes(StringRef name, ElementType type,
                                   ArrayRef<Size> shape);

  const Graph &graph;
  ImportState &state;
  DiagnosticSink &sink;
  func::FuncOp function;
  /// Names of dimensions of inputs, without sums and products of others.
  llvm::StringSet<> dimensionNames;
  std::vector<const OpEntry *> entries;
};

std::string getPortPart(StringRef what, const GraphPort &port) {
  return what.str() + " " + quoteName(port.info->name());
}

/// Finds the table entry of every node; reports all that have none.
bool ModuleBuilder::findEntries() {
  for (const Node &node : graph.nodes) {
    if (node.domain.empty() && node.opset < oldestOpset) {
      sink.unsupported("",
                       "unsupported opset " + std::to_string(node.opset) +
                           " of domain ai.onnx",
                       "convert the model to opset " +
                           std::to_string(oldestOpset) + " or later");
      return false;
    }
    entries.push_back(findOpEntry(node, sink));
  }
  return !sink.hasErrors();
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Whether `name` is one name and not a sum or product.
bool isPlainName(StringRef name) {
  return name.find_first_of("+-* ()") == StringRef::npos;
}

void ModuleBuilder::collectDimensionNames() {
  for (const GraphPort &port : graph.inputs)
    for (const auto &dim : port.info->type().tensor_type().shape().dim())
      if (!dim.dim_param().empty() && isPlainName(dim.dim_param()))
        dimensionNames.insert(dim.dim_param());
}

/// The dimension called `name`. A sum or product of the names of others is that
/// size; the dimension by its own name is left to the checks of a run.
Size ModuleBuilder::readDimension(const std::string &name,
                                  const std::string &part) {
  Size composed;
  if (!isPlainName(name))
    composed = state.sizes.tryParse(
        name, [&](StringRef word) { return dimensionNames.contains(word); });
  if (!composed || findConstant(composed) || isa<AffineSymbolExpr>(composed))
    return composed ? composed : state.sizes.getDimension(name);
  Size own = state.sizes.getDimension(state.sizes.print(composed));
  return state.equate(own, composed, part) ? composed : own;
}

std::optional<Shape> ModuleBuilder::readShape(const GraphPort &port,
                                              const std::string &part) {
  const onnx::TypeProto::Tensor &type = port.info->type().tensor_type();
  Shape shape;
  if (type.shape().dim_size() > maxTensorRank) {
    sink.unsupported(part, "expected at most " + std::to_string(maxTensorRank) +
                               " dimensions, got " +
                               std::to_string(type.shape().dim_size()));
    return std::nullopt;
  }
  for (const auto &dim : type.shape().dim()) {
    // Some exporters declare -1 for a size that they do not know.
    if (dim.has_dim_value() && dim.dim_value() != -1) {
      if (dim.dim_value() < 0) {
        sink.malformed(part, "expected dimensions of at least 0, got " +
                                 std::to_string(dim.dim_value()));
        return std::nullopt;
      }
      shape.push_back(state.sizes.getConstant(dim.dim_value()));
      continue;
    }
    std::string name = dim.dim_param();
    if (name.empty())
      name = port.info->name() + "_dim" + std::to_string(shape.size());
    shape.push_back(readDimension(name, part));
  }
  if (!state.sizes.tryGetProduct(shape)) {
    sink.malformed(part, "expected fewer than 2^60 elements, the dimensions "
                         "multiply to more");
    return std::nullopt;
  }
  return shape;
}

bool ModuleBuilder::addInputs() {
  collectDimensionNames();
  for (const GraphPort &port : graph.inputs) {
    std::string part = getPortPart("input", port);
    if (!port.info->type().has_tensor_type()) {
      sink.unsupported(part, "expected a tensor");
      continue;
    }
    const onnx::TypeProto::Tensor &type = port.info->type().tensor_type();
    auto elementType = ElementType(type.elem_type());
    if (elementType == ElementType::Undefined) {
      sink.malformed(part, "expected an element type, got undefined");
      continue;
    }
    if (!findBuiltinType(elementType, state.builder.getContext())) {
      sink.unsupported(part, "tensors of " +
                                 ::ccq::getElementTypeName(elementType) +
                                 " are not supported");
      continue;
    }
    if (!type.has_shape()) {
      sink.unsupported(part, "expected a shape, the rank is unknown");
      continue;
    }
    std::optional<Shape> shape = readShape(port, part);
    if (!shape)
      continue;
    ImportedTensor &input = state.value(port.value);
    input.elementType = elementType;
    input.shape = *shape;
    unsigned index = function.getNumArguments();
    function.insertArgument(
        index, state.getType(elementType, *shape),
        getPortAttributes(port.info->name(), elementType, *shape),
        state.builder.getUnknownLoc());
    input.emitted = function.getArgument(index);
  }
  return !sink.hasErrors();
}

DictionaryAttr ModuleBuilder::getPortAttributes(StringRef name,
                                                ElementType type,
                                                ArrayRef<Size> shape) {
  Builder &builder = state.builder;
  SmallVector<Attribute> dims;
  for (Size size : shape)
    if (!findConstant(size))
      dims.push_back(builder.getStringAttr(state.sizes.print(size)));
  NamedAttrList attributes;
  attributes.set(CCQDialect::kNameAttr, builder.getStringAttr(name));
  if (!dims.empty())
    attributes.set(CCQDialect::kDimsAttr, builder.getArrayAttr(dims));
  if (isUnsignedInteger(type))
    attributes.set(kUnsignedAttr, builder.getUnitAttr());
  return attributes.getDictionary(builder.getContext());
}

bool ModuleBuilder::checkDimensionNames() {
  for (const std::string &name : state.sizes.findUnusedFixed()) {
    std::string known;
    for (const std::string &symbol : state.sizes.getNames())
      known += (known.empty() ? "" : ", ") + symbol;
    sink.report(::ccq::ErrorKind::Usage, "",
                "expected --dim with a symbolic dimension of the model, got '" +
                    name + "'",
                known.empty() ? "the model has none"
                              : "the model has " + known);
  }
  return !sink.hasErrors();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// Keeps the cost of later nodes bounded.
LogicalResult checkRanks(NodeImporter &node) {
  for (ValueId output : node.node.outputs)
    if (output != absentValue &&
        node.state.value(output).getRank() > maxTensorRank)
      return node.unsupported("expected at most " + Twine(maxTensorRank) +
                              " dimensions, got " +
                              Twine(node.state.value(output).getRank()));
  return success();
}

void ModuleBuilder::importNodes() {
  for (auto [node, entry] : llvm::zip(graph.nodes, entries)) {
    // A node behind an error has been reported with that error.
    auto isUsable = [&](ValueId id) {
      return id == absentValue || state.value(id).isValid();
    };
    if (!llvm::all_of(node.inputs, isUsable))
      continue;
    NodeImporter importer(state, node);
    if (failed(entry->import(importer)) || failed(checkRanks(importer)))
      for (ValueId output : node.outputs)
        if (output != absentValue)
          state.value(output) = ImportedTensor();
  }
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

/// Compares the declared type of an output with the inferred one. A declared
/// size is a contradiction only if both are constants.
bool ModuleBuilder::checkOutput(const GraphPort &port,
                                const ImportedTensor &tensor) {
  std::string part = getPortPart("output", port);
  auto contradict = [&](const std::string &declared, const std::string &got) {
    sink.malformed(part, "expected " + declared + " as declared, got " + got);
    return false;
  };
  if (!port.info->type().has_tensor_type())
    return true;
  const onnx::TypeProto::Tensor &type = port.info->type().tensor_type();
  auto elementType = ElementType(type.elem_type());
  if (elementType != ElementType::Undefined &&
      elementType != tensor.elementType)
    return contradict(::ccq::getElementTypeName(elementType),
                      ::ccq::getElementTypeName(tensor.elementType));
  if (!type.has_shape())
    return true;
  if (type.shape().dim_size() != tensor.getRank())
    return contradict("rank " + std::to_string(type.shape().dim_size()),
                      "rank " + std::to_string(tensor.getRank()));
  for (auto [dim, size] : llvm::zip(type.shape().dim(), tensor.shape)) {
    std::optional<int64_t> inferred = findConstant(size);
    // Some exporters declare -1 for a size that they do not know.
    bool isDeclared = dim.has_dim_value() && dim.dim_value() >= 0;
    if (isDeclared && inferred && *inferred != dim.dim_value())
      return contradict("size " + std::to_string(dim.dim_value()),
                        "size " + std::to_string(*inferred));
  }
  return true;
}

bool ModuleBuilder::addOutputs() {
  SmallVector<Value> results;
  SmallVector<Attribute> attributes;
  for (const GraphPort &port : graph.outputs) {
    ImportedTensor &tensor = state.value(port.value);
    if (!checkOutput(port, tensor))
      continue;
    results.push_back(state.emit(tensor, state.builder.getUnknownLoc()));
    attributes.push_back(
        getPortAttributes(port.info->name(), tensor.elementType, tensor.shape));
  }
  if (sink.hasErrors())
    return false;
  state.builder.create<func::ReturnOp>(state.builder.getUnknownLoc(), results);
  SmallVector<Type> types;
  for (Value result : results)
    types.push_back(result.getType());
  function.setType(
      state.builder.getFunctionType(function.getArgumentTypes(), types));
  for (auto [i, attribute] : llvm::enumerate(attributes))
    function.setResultAttrs(i, cast<DictionaryAttr>(attribute));
  return true;
}

/// One check as an attribute, over the dimensions that occur in it.
Attribute getCheckAttr(Builder &builder, const SizeContext &sizes,
                       const SizeCheck &check) {
  llvm::DenseMap<AffineExpr, AffineExpr> renumbered;
  SmallVector<StringRef> dims;
  for (Size size : {check.left, check.right})
    size.walk([&](AffineExpr part) {
      auto symbol = dyn_cast<AffineSymbolExpr>(part);
      if (!symbol || renumbered.contains(part))
        return;
      renumbered[part] = builder.getAffineSymbolExpr(dims.size());
      dims.push_back(sizes.getNames()[symbol.getPosition()]);
    });
  AffineMap map = AffineMap::get(
      0, dims.size(),
      {check.left.replace(renumbered), check.right.replace(renumbered)},
      builder.getContext());
  StringRef relation = check.relation == SizeRelation::Equal
                           ? StringRef(kCheckEqual)
                           : StringRef(kCheckAtMost);
  return builder.getDictionaryAttr(
      {builder.getNamedAttr(kCheckPlace, builder.getStringAttr(check.place)),
       builder.getNamedAttr(kCheckRelation, builder.getStringAttr(relation)),
       builder.getNamedAttr(kCheckDims, builder.getStrArrayAttr(dims)),
       builder.getNamedAttr(kCheckSizes, AffineMapAttr::get(map))});
}

void ModuleBuilder::addChecks() {
  SmallVector<Attribute> attributes;
  for (const SizeCheck &check : state.getChecks())
    attributes.push_back(getCheckAttr(state.builder, state.sizes, check));
  if (!attributes.empty())
    function->setAttr(kChecksAttr, state.builder.getArrayAttr(attributes));
}

/// Removes what the outputs do not need, from the last operation up.
void ModuleBuilder::eraseDeadOps() {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

void ModuleBuilder::verifyModule() {
  std::string message;
  ScopedDiagnosticHandler handler(state.builder.getContext(),
                                  [&](Diagnostic &diagnostic) {
                                    if (message.empty())
                                      message = diagnostic.str();
                                    return success();
                                  });
  if (failed(verify(*state.module)))
    sink.report(::ccq::ErrorKind::Internal, "",
                "the imported module does not verify: " + message);
}

OwningOpRef<ModuleOp> ModuleBuilder::build() {
  OpBuilder &builder = state.builder;
  Location loc = builder.getUnknownLoc();
  state.module = ModuleOp::create(loc);
  builder.setInsertionPointToStart(state.module->getBody());
  function = builder.create<func::FuncOp>(loc, "main",
                                          builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  state.setGraph(graph);
  // Unsupported operators of the whole graph come first, then everything that
  // the shapes and types of the supported ones show.
  if (!findEntries() || !addInputs() || !checkDimensionNames())
    return {};
  for (const GraphInitializer &initializer : graph.initializers) {
    const ConstantTensor *constant = state.findConstant(
        *initializer.tensor, initializer.tensor->name,
        "initializer " + quoteName(initializer.tensor->name));
    if (constant)
      state.value(initializer.value) = state.getTensor(*constant);
  }
  if (!sink.hasErrors())
    importNodes();
  if (sink.hasErrors() || !addOutputs())
    return {};
  addChecks();
  eraseDeadOps();
  verifyModule();
  return std::move(state.module);
}

} // namespace

OwningOpRef<ModuleOp> importer::buildModule(const Graph &graph,
                                            ImportState &state) {
  return ModuleBuilder(graph, state).build();
}
