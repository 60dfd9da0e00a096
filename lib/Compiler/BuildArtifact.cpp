//===- BuildArtifact.cpp - from an ONNX model to an artifact --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DiagnosticCollector.h"
#include "ccq/Artifact/ActivationStatistics.h"
#include "ccq/Artifact/Plan.h"
#include "ccq/Codec/Scheme.h"
#include "ccq/Compiler/BuildTargets.h"
#include "ccq/Compiler/Compiler.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "ccq/Importer/ONNX/ImportONNX.h"
#include "ccq/InitDialects.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/ThreadPool.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::AtomicDirectory;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::Result;
using ::ccq::ThreadPool;
namespace fs = std::filesystem;

namespace {
/// One build from start to end.
class Build {
public:
  explicit Build(const BuildOptions &options)
      : options(options), threads(options.threads),
        context(MLIRContext::Threading::DISABLED) {
    // Findings name nodes of the model; the text of ops would say nothing.
    context.printOpOnDiagnostic(false);
  }

  BuildResult run();

private:
  bool fail(Error error);
  bool checkOptions();
  bool checkScheme(const std::string &name);
  void startThreads();
  bool importModel();
  void addWeightPasses(PassManager &passes);
  bool planSchemes();
  bool compile();
  bool emit();
  void warnOfEmptyTargets();
  std::vector<std::pair<std::string, std::string>> describeBuild() const;

  const BuildOptions &options;
  BuildResult result;
  ThreadPool threads;
  std::optional<llvm::DefaultThreadPool> compilerThreads;
  MLIRContext context;
  /// The input with links followed.
  fs::path model;
  BuildTargets targets;
  ImportOptions importOptions;
  OwningOpRef<ModuleOp> module;
  std::vector<PlannedScheme> planned;
};
} // namespace

/// Records a failure that no op is responsible for.
bool Build::fail(Error error) {
  result.kind = error.kind;
  result.diagnostics.push_back(
      {BuildSeverity::Error, "", std::move(error.message), {}});
  return false;
}

bool Build::checkScheme(const std::string &name) {
  Result<::ccq::codec::SchemeChoice> choice =
      ::ccq::codec::parseSchemeName(name);
  return choice || fail(choice.takeError());
}

bool Build::checkOptions() {
  if (!checkScheme(options.scheme))
    return false;
  for (const std::string &entry : options.tensorSchemes) {
    size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail({ErrorKind::Usage,
                   "expected --tensor REGEX=SCHEME, got '" + entry + "'"});
    if (!checkScheme(entry.substr(equals + 1)))
      return false;
  }
  if (!options.statistics.empty()) {
    auto file = ::ccq::artifact::StatisticsFile::tryOpen(options.statistics);
    if (!file)
      return fail(file.takeError());
  }
  Result<BuildTargets> parsed = parseTargets(options.targets, options.cudaPath);
  if (!parsed)
    return fail(parsed.takeError());
  targets = *std::move(parsed);
  for (const std::string &text : options.dimensions) {
    Result<DimensionSize> dimension = parseDimensionSize(text);
    if (!dimension)
      return fail(dimension.takeError());
    importOptions.dimensions.push_back(*dimension);
  }
  // Made and removed again: whether it can be written is known before work.
  Result<AtomicDirectory> directory =
      AtomicDirectory::tryCreate(options.output, options.policy,
                                 std::string(::ccq::artifact::planFileName));
  return directory || fail(directory.takeError());
}

void Build::startThreads() {
  if (threads.threadCount() == 1)
    return;
  compilerThreads.emplace(llvm::hardware_concurrency(threads.threadCount()));
  context.setThreadPool(*compilerThreads);
}

bool Build::importModel() {
  std::error_code code;
  model = fs::is_symlink(options.input, code)
              ? fs::canonical(options.input, code)
              : options.input;
  ImportResult imported = importONNX(model, importOptions, context);
  if (imported.module) {
    module = std::move(imported.module);
    fs::path directory = fs::weakly_canonical(
        model.has_parent_path() ? model.parent_path() : ".", code);
    context.getOrLoadDialect<CCQDialect>()->setStoreDirectory(
        directory.string());
    return true;
  }
  result.kind = imported.kind();
  for (ImportDiagnostic &finding : imported.diagnostics) {
    BuildDiagnostic diagnostic{BuildSeverity::Error,
                               std::move(finding.location),
                               std::move(finding.message),
                               {}};
    if (!finding.note.empty())
      diagnostic.notes.push_back(std::move(finding.note));
    result.diagnostics.push_back(std::move(diagnostic));
  }
  return false;
}

/// The passes that change where weights come from.
void Build::addWeightPasses(PassManager &passes) {
  if (options.weights == BuildWeights::Stored)
    return;
  passes.addPass(createExposeWeights());
  if (options.weights == BuildWeights::Inputs)
    return;
  DifferentiateOptions differentiate;
  differentiate.output = options.gradientOutput;
  differentiate.loss = options.weights == BuildWeights::DivergenceGradients
                           ? GradientLoss::Divergence
                           : GradientLoss::Squares;
  passes.addPass(createDifferentiate(differentiate));
}

/// The scheme that the user's last matching rule gives a weight.
static std::optional<std::string> findRule(ArrayRef<std::string> rules,
                                           StringRef name) {
  std::optional<std::string> scheme;
  for (StringRef rule : rules) {
    auto [pattern, value] = rule.split('=');
    if (llvm::Regex(pattern).match(name))
      scheme = value.str();
  }
  return scheme;
}

/// A rule of ccq-quantize-weights for one name.
static std::string makeRule(const PlannedScheme &plan) {
  std::string pattern = llvm::Regex::escape(plan.name);
  // What stands for itself would end the pattern.
  std::replace(pattern.begin(), pattern.end(), '=', '.');
  return "^" + pattern + "$=" + plan.scheme;
}

bool Build::planSchemes() {
  if (!options.planner)
    return true;
  WeightList weights = listWeights(*module);
  for (CodableWeight &weight : weights.codable)
    weight.fixedScheme = findRule(options.tensorSchemes, weight.name);
  Result<std::vector<PlannedScheme>> plan = options.planner(weights);
  if (!plan)
    return fail(plan.takeError());
  planned = *std::move(plan);
  return true;
}

bool Build::compile() {
  PassManager passes(&context);
  if (!options.weightsFile.empty())
    passes.addPass(createOverrideWeights({options.weightsFile.string()}));
  if (options.observation == BuildObservation::MatmulInputs)
    passes.addPass(createObserveMatmulInputs());
  if (options.observation == BuildObservation::Nodes)
    passes.addPass(createObserveNodes());
  addWeightPasses(passes);
  QuantizeWeightsOptions quantize;
  quantize.scheme = options.scheme;
  // The user's rules come last and decide.
  std::vector<std::string> rules;
  for (const PlannedScheme &plan : planned)
    rules.push_back(makeRule(plan));
  llvm::append_range(rules, options.tensorSchemes);
  quantize.tensors = rules;
  quantize.allowFallback = options.allowFallback;
  quantize.statistics = options.statistics.string();
  passes.addPass(createQuantizeWeights(quantize));
  if (options.materializeDecode)
    passes.addNestedPass<func::FuncOp>(createMaterializeDecode());
  buildTargetPipelines(passes, targets);
  if (succeeded(passes.run(*module)))
    return true;
  result.kind = ErrorKind::CompileError;
  return false;
}

std::vector<std::pair<std::string, std::string>> Build::describeBuild() const {
  std::error_code code;
  auto join = [](const std::vector<std::string> &parts) {
    std::string text;
    for (const std::string &part : parts)
      text += (text.empty() ? "" : " ") + part;
    return text;
  };
  return {{"producer", "ccq " CCQ_VERSION},
          {"model", options.input.filename().string()},
          {"model_bytes", std::to_string(fs::file_size(model, code))},
          {"scheme", options.scheme},
          {"tensors", join(options.tensorSchemes)},
          {"statistics", options.statistics.filename().string()},
          {"weights", options.weightsFile.filename().string()},
          {"targets", join(options.targets)},
          {"dimensions", join(options.dimensions)},
          {"materialize_decode", options.materializeDecode ? "yes" : "no"}};
}

bool Build::emit() {
  ArtifactOptions artifact;
  artifact.path = options.output;
  artifact.policy = options.policy;
  artifact.threads = &threads;
  artifact.observer = options.observer;
  artifact.provenance = describeBuild();
  for (const PlannedScheme &plan : planned)
    if (plan.allocation)
      artifact.allocations[plan.name] = *plan.allocation;
  Result<ArtifactReport> report = emitArtifact(*module, artifact);
  if (!report) {
    result.kind = report.error().kind;
    return false;
  }
  result.report = *std::move(report);
  warnOfEmptyTargets();
  return true;
}

/// CUDA kernels exist for coded matmuls only: a model without any has no code
/// for a CUDA target.
void Build::warnOfEmptyTargets() {
  auto warn = [&](const std::string &name) {
    if (llvm::none_of(result.report->targets, [&](const TargetReport &target) {
          return target.name == name;
        }))
      result.diagnostics.push_back(
          {BuildSeverity::Warning,
           "",
           "target " + name +
               ": no kernel multiplies with coded weights, so "
               "there is no code for it",
           {}});
  };
  for (const CudaBuildTarget &target : targets.cuda) {
    if (target.hasCubin)
      warn("cuda:" + target.chip);
    if (target.hasPtx)
      warn("ptx:" + target.chip);
  }
}

BuildResult Build::run() {
  if (!checkOptions())
    return std::move(result);
  DialectRegistry registry;
  registerCompilerDialects(registry);
  context.appendDialectRegistry(registry);
  DiagnosticCollector collector(context, options.input.string(),
                                result.diagnostics);
  startThreads();
  if (importModel() && planSchemes() && compile())
    emit();
  return std::move(result);
}

BuildResult mlir::ccq::buildArtifact(const BuildOptions &options) {
  return Build(options).run();
}
