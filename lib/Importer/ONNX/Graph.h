//===- Graph.h - an ONNX graph with resolved names --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_GRAPH_H
#define CCQ_LIB_IMPORTER_ONNX_GRAPH_H

#include "DiagnosticSink.h"
#include "ModelFile.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <deque>
#include <vector>

namespace mlir::ccq::importer {

/// Index of a value of the graph.
using ValueId = int;
/// An optional input or output that is left out (an empty name in the file).
inline constexpr ValueId absentValue = -1;

/// An attribute as a node sees it: inside functions the name and the value may
/// come from different messages.
struct BoundAttribute {
  llvm::StringRef name;
  const onnx::AttributeProto *proto = nullptr;
};

/// A constant of the file that is bound to a value.
struct GraphInitializer {
  ValueId value = absentValue;
  const FileTensor *tensor = nullptr;
};

struct Node;

/// A graph in an attribute of a node: a branch, or the body of a loop. It sees
/// the values of the graph around it.
struct GraphBody {
  /// Of the attribute.
  llvm::StringRef name;
  std::vector<GraphInitializer> initializers;
  llvm::SmallVector<ValueId> inputs;
  llvm::SmallVector<ValueId> outputs;
  /// In the order of the file.
  std::vector<Node> nodes;
};

/// One operator call. Calls of functions are already replaced by their bodies.
struct Node {
  llvm::StringRef opType;
  /// The empty string for ai.onnx.
  llvm::StringRef domain;
  /// Imported version of the domain, 0 when it is not imported.
  int64_t opset = 0;
  /// `/fc1/MatMul [#3 MatMul, opset 17]`: name, or else first output; position
  /// in the file. Long names are shortened.
  std::string label;
  llvm::SmallVector<ValueId> inputs;
  llvm::SmallVector<ValueId> outputs;
  llvm::SmallVector<BoundAttribute> attributes;
  std::vector<GraphBody> bodies;
};

/// Calls `use` with each value that `node` or a body of it reads.
void forEachUse(const Node &node, llvm::function_ref<void(ValueId)> use);

/// An input or output of the graph with its declared type.
struct GraphPort {
  ValueId value = absentValue;
  const onnx::ValueInfoProto *info = nullptr;
};

/// The main graph: values in single static assignment, nodes in an order in
/// which every value is defined before it is used.
struct Graph {
  /// Name of each value, by ValueId; values inside functions have the name of
  /// the function's body.
  std::deque<std::string> valueNames;
  std::vector<Node> nodes;
  std::vector<GraphInitializer> initializers;
  /// Without those that an initializer replaces (IR version 3).
  std::vector<GraphPort> inputs;
  std::vector<GraphPort> outputs;
};

/// Resolves the names of `model`, inlines calls of its functions and sorts the
/// nodes (keeping their order where it is already correct). Reports cycles,
/// values that are defined twice or never, and missing or contradictory opset
/// imports. Check `sink` for errors.
Graph buildGraph(const ModelFile &model, DiagnosticSink &sink);

/// Moves every node behind the producers of its inputs. Reports a cycle.
void sortNodes(Graph &graph, DiagnosticSink &sink);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_GRAPH_H
