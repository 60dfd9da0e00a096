//===- SortNodes.cpp - producers before consumers -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Graph.h"

#include <functional>
#include <queue>

using namespace mlir::ccq;
using namespace mlir::ccq::importer;

void mlir::ccq::importer::forEachUse(const Node &node,
                                     llvm::function_ref<void(ValueId)> use) {
  for (ValueId input : node.inputs)
    if (input != absentValue)
      use(input);
  for (const GraphBody &body : node.bodies) {
    for (const Node &inner : body.nodes)
      forEachUse(inner, use);
    for (ValueId output : body.outputs)
      use(output);
  }
}

void mlir::ccq::importer::sortNodes(Graph &graph, DiagnosticSink &sink) {
  size_t count = graph.nodes.size();
  std::vector<int> producer(graph.valueNames.size(), -1);
  for (size_t i = 0; i < count; ++i)
    for (ValueId output : graph.nodes[i].outputs)
      if (output != absentValue)
        producer[output] = int(i);

  std::vector<std::vector<int>> consumers(count);
  std::vector<unsigned> missing(count, 0);
  for (size_t i = 0; i < count; ++i)
    forEachUse(graph.nodes[i], [&](ValueId input) {
      if (producer[input] >= 0) {
        consumers[producer[input]].push_back(int(i));
        ++missing[i];
      }
    });

  // The smallest ready index first: a sorted graph keeps its order.
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (size_t i = 0; i < count; ++i)
    if (missing[i] == 0)
      ready.push(int(i));
  std::vector<Node> sorted;
  sorted.reserve(count);
  while (!ready.empty()) {
    int index = ready.top();
    ready.pop();
    sorted.push_back(std::move(graph.nodes[index]));
    for (int consumer : consumers[index])
      if (--missing[consumer] == 0)
        ready.push(consumer);
  }
  if (sorted.size() != count) {
    for (size_t i = 0; i < count; ++i)
      if (missing[i] != 0)
        return sink.malformed(graph.nodes[i].label,
                              "expected a graph without cycles, this node "
                              "depends on its own result");
  }
  graph.nodes = std::move(sorted);
}
