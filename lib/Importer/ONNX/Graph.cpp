//===- Graph.cpp - an ONNX graph with resolved names ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Graph.h"

#include "llvm/ADT/StringExtras.h"

#include <map>
#include <utility>

using namespace mlir::ccq;
using namespace mlir::ccq::importer;
using llvm::StringRef;

namespace {

/// Bounds on function inlining: a chain of functions that call each other twice
/// doubles the graph at every level.
constexpr unsigned maxCallDepth = 32;
constexpr size_t maxInlinedNodes = 100000;
/// Names in locations and messages are cut to this many characters.
constexpr size_t maxLabelName = 256;

using OpsetMap = llvm::StringMap<int64_t>;

/// The names that are visible in a graph or a function body.
struct Scope {
  llvm::StringMap<ValueId> values;
  OpsetMap opsets;
  /// Null in the main graph.
  const llvm::SmallVector<BoundAttribute> *callAttributes = nullptr;
  const std::deque<onnx::AttributeProto> *defaults = nullptr;
  /// Label of the outermost call, in front of the labels of the body's nodes.
  std::string caller;
  unsigned depth = 0;
  /// The graph around a body, whose values it sees too.
  Scope *parent = nullptr;
};

/// `ai.onnx` is another way to write the default domain.
StringRef getDomain(StringRef domain) {
  return domain == "ai.onnx" ? StringRef() : domain;
}

class GraphBuilder {
public:
  GraphBuilder(const ModelFile &model, DiagnosticSink &sink)
      : model(model), sink(sink) {}
  Graph build();

private:
  template <typename Imports> OpsetMap readOpsets(const Imports &imports);
  ValueId define(Scope &scope, StringRef name, const std::string &part);
  void addInitializers(Scope &scope);
  void addInputs(Scope &scope);
  void addOutputs(Scope &scope);
  template <typename Nodes> void addNodes(Scope &scope, const Nodes &nodes);
  Node resolveNode(Scope &scope, const onnx::NodeProto &proto, size_t index);
  void bindAttributes(Scope &scope, const onnx::NodeProto &proto, Node &node);
  ValueId resolve(Scope &scope, StringRef name);
  void addBodies(Scope &scope, const onnx::NodeProto &proto, Node &node);
  GraphBody readBody(Scope &outer, const Node &node,
                     const onnx::AttributeProto &attribute);
  void addCall(const Scope &outer, const Node &call, int function);
  bool bindCallOperands(Scope &body, const Node &call,
                        const onnx::FunctionProto &proto);

  const ModelFile &model;
  DiagnosticSink &sink;
  Graph graph;
  std::vector<bool> isDefined;
  size_t inlinedNodes = 0;
  /// Where addNodes puts them: the graph's or a body's.
  std::vector<Node> *target = &graph.nodes;
  /// Index in proto.functions() by domain and name.
  std::map<std::pair<std::string, std::string>, int> functions;
};

template <typename Imports>
OpsetMap GraphBuilder::readOpsets(const Imports &imports) {
  OpsetMap opsets;
  for (const onnx::OperatorSetIdProto &import : imports) {
    std::string domain = getDomain(import.domain()).str();
    std::string shown = domain.empty() ? "ai.onnx" : domain;
    if (import.version() < 1)
      sink.malformed("", "expected a positive version of domain " + shown +
                             ", got " + std::to_string(import.version()));
    auto [entry, isNew] = opsets.try_emplace(domain, import.version());
    if (!isNew && entry->second != import.version())
      sink.malformed("", "expected one version of domain " + shown + ", got " +
                             std::to_string(entry->second) + " and " +
                             std::to_string(import.version()));
  }
  return opsets;
}

/// Gives `name` its one definition in `scope`.
ValueId GraphBuilder::define(Scope &scope, StringRef name,
                             const std::string &part) {
  auto [entry, isNew] =
      scope.values.try_emplace(name, ValueId(graph.valueNames.size()));
  if (isNew) {
    graph.valueNames.push_back(name.str());
    isDefined.push_back(true);
  } else if (isDefined[entry->second]) {
    sink.malformed(part, "expected one definition of value " + quoteName(name) +
                             ", got a second one");
  }
  isDefined[entry->second] = true;
  return entry->second;
}

void GraphBuilder::addInitializers(Scope &scope) {
  const onnx::GraphProto &proto = model.proto.graph();
  if (proto.sparse_initializer_size() != 0)
    sink.unsupported("", "sparse initializers are not supported",
                     "store the tensor densely");
  for (const onnx::TensorProto &elided : proto.initializer()) {
    const FileTensor &tensor = model.tensor(elided);
    std::string part = "initializer " + quoteName(tensor.name);
    if (tensor.error) {
      sink.report(*tensor.error, part);
      continue;
    }
    if (tensor.name.empty()) {
      sink.malformed("initializer #" +
                         std::to_string(graph.initializers.size()),
                     "expected a name");
      continue;
    }
    graph.initializers.push_back({define(scope, tensor.name, part), &tensor});
  }
}

void GraphBuilder::addInputs(Scope &scope) {
  size_t initializers = graph.valueNames.size();
  for (const onnx::ValueInfoProto &info : model.proto.graph().input()) {
    std::string part = "input " + quoteName(info.name());
    if (info.name().empty()) {
      sink.malformed(part, "expected a name");
      continue;
    }
    auto known = scope.values.find(info.name());
    if (known != scope.values.end() && size_t(known->second) < initializers)
      continue;
    graph.inputs.push_back({define(scope, info.name(), part), &info});
  }
}

void GraphBuilder::addOutputs(Scope &scope) {
  for (const onnx::ValueInfoProto &info : model.proto.graph().output()) {
    auto known = scope.values.find(info.name());
    if (known == scope.values.end() || !isDefined[known->second])
      sink.malformed("output " + quoteName(info.name()),
                     "expected a value of the graph, none has this name");
    else
      graph.outputs.push_back({known->second, &info});
  }
  if (graph.outputs.empty())
    sink.malformed("", "expected at least one graph output, got none");
}

void GraphBuilder::bindAttributes(Scope &scope, const onnx::NodeProto &proto,
                                  Node &node) {
  auto find = [](const auto &attributes, StringRef name) {
    const onnx::AttributeProto *found = nullptr;
    for (const BoundAttribute &attribute : attributes)
      if (attribute.name == name)
        found = attribute.proto;
    return found;
  };
  for (const onnx::AttributeProto &attribute : proto.attribute()) {
    const onnx::AttributeProto *value = &attribute;
    if (!attribute.ref_attr_name().empty() && scope.callAttributes) {
      value = find(*scope.callAttributes, attribute.ref_attr_name());
      if (!value)
        for (const onnx::AttributeProto &entry : *scope.defaults)
          if (entry.name() == attribute.ref_attr_name())
            value = &entry;
      // An attribute that the call leaves out has its operator's default.
      if (!value)
        continue;
    }
    if (find(node.attributes, attribute.name()))
      sink.malformed(node.label, "expected attribute " +
                                     quoteName(attribute.name()) +
                                     " once, got it twice");
    node.attributes.push_back({attribute.name(), value});
  }
}

/// The value called `name`: of the scope or of one around it. Unknown ones are
/// values of the outermost scope that a later node defines.
ValueId GraphBuilder::resolve(Scope &scope, StringRef name) {
  for (Scope *at = &scope;; at = at->parent) {
    auto known = at->values.find(name);
    if (known != at->values.end())
      return known->second;
    if (!at->parent) {
      at->values[name] = ValueId(graph.valueNames.size());
      graph.valueNames.push_back(name.str());
      isDefined.push_back(false);
      return ValueId(graph.valueNames.size()) - 1;
    }
  }
}

GraphBody GraphBuilder::readBody(Scope &outer, const Node &node,
                                 const onnx::AttributeProto &attribute) {
  GraphBody body;
  body.name = attribute.name();
  if (outer.depth >= maxCallDepth) {
    sink.unsupported(node.label, "expected at most " +
                                     std::to_string(maxCallDepth) +
                                     " nested graphs");
    return body;
  }
  const onnx::GraphProto &proto = attribute.g();
  Scope scope;
  scope.opsets = outer.opsets;
  scope.callAttributes = outer.callAttributes;
  scope.defaults = outer.defaults;
  scope.caller = outer.depth == 0 ? node.label + "/" : outer.caller;
  scope.depth = outer.depth + 1;
  scope.parent = &outer;
  for (const onnx::TensorProto &elided : proto.initializer()) {
    const FileTensor &tensor = model.tensor(elided);
    if (tensor.error)
      sink.report(*tensor.error, node.label);
    else
      body.initializers.push_back(
          {define(scope, tensor.name, node.label), &tensor});
  }
  for (const onnx::ValueInfoProto &info : proto.input())
    body.inputs.push_back(define(scope, info.name(), node.label));
  std::vector<Node> *around = std::exchange(target, &body.nodes);
  addNodes(scope, proto.node());
  target = around;
  for (const onnx::ValueInfoProto &info : proto.output())
    body.outputs.push_back(resolve(scope, info.name()));
  return body;
}

void GraphBuilder::addBodies(Scope &scope, const onnx::NodeProto &proto,
                             Node &node) {
  for (const onnx::AttributeProto &attribute : proto.attribute())
    if (attribute.has_g() && !sink.isFull())
      node.bodies.push_back(readBody(scope, node, attribute));
}

Node GraphBuilder::resolveNode(Scope &scope, const onnx::NodeProto &proto,
                               size_t index) {
  Node node;
  node.opType = proto.op_type();
  node.domain = getDomain(proto.domain());
  node.opset = scope.opsets.lookup(node.domain);
  std::string name = proto.name();
  if (name.empty() && proto.output_size() != 0)
    name = proto.output(0);
  if (name.size() > maxLabelName)
    name = name.substr(0, maxLabelName) + "...";
  std::string opType = node.opType.take_front(maxLabelName).str();
  node.label = scope.caller + name + " [#" + std::to_string(index) + " " +
               (node.domain.empty() ? "" : node.domain.str() + ".") + opType +
               ", opset " + std::to_string(node.opset) + "]";
  bindAttributes(scope, proto, node);
  for (const std::string &input : proto.input()) {
    if (input.empty()) {
      node.inputs.push_back(absentValue);
      continue;
    }
    node.inputs.push_back(resolve(scope, input));
  }
  for (const std::string &output : proto.output())
    node.outputs.push_back(output.empty() ? absentValue
                                          : define(scope, output, node.label));
  // As ONNX Runtime does, whose tools leave the import out.
  if (node.opset == 0 && node.domain == "com.microsoft")
    node.opset = 1;
  if (proto.op_type().empty())
    sink.malformed(node.label, "expected an operator name, got ''");
  else if (node.opset == 0)
    sink.malformed(node.label,
                   "expected an opset import of domain " +
                       (node.domain.empty() ? "ai.onnx" : node.domain.str()) +
                       ", got none");
  return node;
}

template <typename Nodes>
void GraphBuilder::addNodes(Scope &scope, const Nodes &nodes) {
  size_t index = 0;
  for (const onnx::NodeProto &proto : nodes) {
    // An error inside a function would be found once per call.
    if (sink.isFull() || (scope.depth != 0 && sink.hasErrors()))
      return;
    Node node = resolveNode(scope, proto, index++);
    if (scope.depth != 0 && ++inlinedNodes > maxInlinedNodes)
      return sink.unsupported(
          node.label, "expected at most " + std::to_string(maxInlinedNodes) +
                          " nodes after inlining functions");
    auto function =
        functions.find({node.domain.str(), std::string(proto.op_type())});
    if (function != functions.end()) {
      addCall(scope, node, function->second);
      continue;
    }
    addBodies(scope, proto, node);
    target->push_back(std::move(node));
  }
}

/// Maps the formal parameters of a function to the values of the call.
bool GraphBuilder::bindCallOperands(Scope &body, const Node &call,
                                    const onnx::FunctionProto &proto) {
  if (call.inputs.size() > size_t(proto.input_size()) ||
      call.outputs.size() > size_t(proto.output_size())) {
    sink.malformed(call.label,
                   "expected at most " + std::to_string(proto.input_size()) +
                       " inputs and " + std::to_string(proto.output_size()) +
                       " outputs of the function, got " +
                       std::to_string(call.inputs.size()) + " and " +
                       std::to_string(call.outputs.size()));
    return false;
  }
  for (auto [name, value] : llvm::zip(proto.input(), call.inputs))
    if (value != absentValue)
      body.values[name] = value;
  for (int i = 0; i < proto.input_size(); ++i)
    if (i >= int(call.inputs.size()) || call.inputs[i] == absentValue) {
      sink.unsupported(call.label, "expected all inputs of the function, " +
                                       quoteName(proto.input(i)) +
                                       " is left out");
      return false;
    }
  for (auto [name, value] : llvm::zip(proto.output(), call.outputs)) {
    if (value == absentValue)
      continue;
    if (!body.values.try_emplace(name, value).second) {
      sink.unsupported(call.label,
                       "expected a function that computes its outputs, " +
                           quoteName(name) + " is an input or output twice");
      return false;
    }
    // The body defines it.
    isDefined[value] = false;
  }
  return true;
}

void GraphBuilder::addCall(const Scope &outer, const Node &call, int function) {
  if (outer.depth >= maxCallDepth)
    return sink.unsupported(call.label, "expected at most " +
                                            std::to_string(maxCallDepth) +
                                            " nested function calls");
  const onnx::FunctionProto &proto = model.proto.functions(function);
  Scope body;
  body.opsets = readOpsets(proto.opset_import());
  body.callAttributes = &call.attributes;
  body.defaults = &model.functionDefaults[function];
  body.caller = outer.depth == 0 ? call.label + "/" : outer.caller;
  body.depth = outer.depth + 1;
  if (!bindCallOperands(body, call, proto))
    return;
  addNodes(body, proto.node());
  for (auto [name, value] : llvm::zip(proto.output(), call.outputs))
    if (value != absentValue && !isDefined[value] && !sink.hasErrors())
      sink.malformed(call.label, "expected the function to define its output " +
                                     quoteName(name));
}

Graph GraphBuilder::build() {
  const onnx::GraphProto &proto = model.proto.graph();
  for (int i = 0; i < model.proto.functions_size(); ++i) {
    const onnx::FunctionProto &function = model.proto.functions(i);
    functions.try_emplace({getDomain(function.domain()).str(), function.name()},
                          i);
  }
  Scope scope;
  scope.opsets = readOpsets(model.proto.opset_import());
  addInitializers(scope);
  addInputs(scope);
  addNodes(scope, proto.node());
  if (sink.hasErrors())
    return std::move(graph);
  for (const Node &node : graph.nodes)
    forEachUse(node, [&](ValueId value) {
      if (!isDefined[value])
        sink.malformed(node.label, "expected a defined value, got " +
                                       quoteName(graph.valueNames[value]));
    });
  addOutputs(scope);
  return std::move(graph);
}

} // namespace

Graph mlir::ccq::importer::buildGraph(const ModelFile &model,
                                      DiagnosticSink &sink) {
  Graph graph = GraphBuilder(model, sink).build();
  if (!sink.hasErrors())
    sortNodes(graph, sink);
  return graph;
}
