//===- Diff.cpp - ccq diff: where two builds part -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeDifferences.h"
#include "TemporaryBuild.h"
#include "Verbs.h"

#include "ccq/Runtime/Model.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

namespace {
struct DiffOptions {
  std::string reference;
  std::string other;
  DataOptions data;
  PeakTolerance tolerance;
  unsigned threads = 0;
  bool json = false;
};

/// A build that shows its nodes.
struct ShownModel {
  std::optional<TemporaryBuild> build;
  std::optional<runtime::Session> session;
  std::optional<runtime::Model> model;
};
} // namespace

static bool showsNodes(const Plan &plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [](const PlanStep &step) {
                       return std::holds_alternative<ObserveStep>(step);
                     });
}

/// Loads an artifact, or builds an ONNX file with its weights as they are.
static Result<ShownModel> open(const std::string &path,
                               const std::shared_ptr<ThreadPool> &threads) {
  ShownModel shown;
  std::filesystem::path artifact = path;
  if (path.ends_with(".onnx")) {
    Result<TemporaryBuild> build = TemporaryBuild::tryCreate(
        {path, {}, mlir::ccq::BuildObservation::Nodes, threads->threadCount()});
    if (!build)
      return build.takeError();
    artifact = build->path();
    shown.build.emplace(*std::move(build));
  }
  Result<runtime::Model> model = runtime::Model::tryLoad(artifact);
  if (!model)
    return model.takeError();
  if (!showsNodes(model->plan()))
    return Error{ErrorKind::Usage,
                 path + ": expected a build that shows its nodes; build it "
                        "with --observe nodes"};
  shown.model.emplace(*model);
  shown.session.emplace(*model, threads);
  return shown;
}

static void printNodes(const std::vector<NodeDifference> &nodes) {
  std::printf("%14s  %s\n", "relative error", "node");
  for (const NodeDifference &node : nodes)
    std::printf("%14.4g  %s%s\n", node.relativeError(), node.name.c_str(),
                node.parting ? "  <-" : "");
}

static void printJson(const std::vector<NodeDifference> &nodes,
                      const NodeDifference *first) {
  auto list = nlohmann::ordered_json::array();
  for (const NodeDifference &node : nodes)
    list.push_back({{"name", node.name},
                    {"relative_error", node.relativeError()},
                    {"elements", node.elementCount},
                    {"beyond", node.beyondCount}});
  nlohmann::ordered_json json = {
      {"nodes", list},
      {"first", first ? nlohmann::ordered_json(first->name) : nullptr}};
  std::printf("%s\n",
              json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
                  .c_str());
}

static Result<void> report(const DiffOptions &options,
                           const std::vector<NodeDifference> &nodes) {
  auto first =
      std::find_if(nodes.begin(), nodes.end(), [](const NodeDifference &node) {
        return node.parting.has_value();
      });
  if (options.json)
    printJson(nodes, first == nodes.end() ? nullptr : &*first);
  else
    printNodes(nodes);
  if (first == nodes.end())
    return {};
  return Error{ErrorKind::Mismatch, "the builds part at " + first->name + ": " +
                                        printComparison(*first->parting)};
}

static Result<void> diff(const DiffOptions &options) {
  if (options.data.paths.empty() && options.data.inputs.empty())
    return Error{ErrorKind::Usage, "expected --input or --data"};
  auto threads = std::make_shared<ThreadPool>(options.threads);
  Result<ShownModel> reference = open(options.reference, threads);
  if (!reference)
    return reference.takeError();
  Result<ShownModel> other = open(options.other, threads);
  if (!other)
    return other.takeError();
  Result<ModelData> data =
      ModelData::tryOpen(reference->model->plan(), options.data);
  if (!data)
    return data.takeError();
  NodeComparer comparer(options.tolerance);
  for (size_t i = 0; i < data->size(); ++i) {
    Result<DataItem> item = data->load(i);
    if (!item)
      return item.takeError();
    Result<void> ran =
        comparer.run(*reference->session, *other->session, *item);
    if (!ran)
      return Error{ran.error().kind, item->name() + ": " + ran.error().message};
  }
  return report(options, comparer.differences());
}

void tool::registerDiff(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand(
      "diff", "Find the first node at which two builds of a model part");
  auto options = std::make_shared<DiffOptions>();
  const std::string what = "artifact built with --observe nodes, or ONNX file, "
                           "which is built with its weights as they are";
  verb.add_option("reference", options->reference, "Right build: " + what)
      ->required();
  verb.add_option("other", options->other, "Build in question: " + what)
      ->required();
  addDataOptions(verb, options->data);
  verb.add_option("--tol-peak", options->tolerance.fraction,
                  "Builds part where a difference exceeds this fraction of the "
                  "largest magnitude of a value (default 1e-4)")
      ->check(CLI::NonNegativeNumber);
  addThreadsOption(verb, options->threads);
  verb.add_flag("--json", options->json, "Print JSON");
  setBody(verb, session, [options] { return diff(*options); });
}
