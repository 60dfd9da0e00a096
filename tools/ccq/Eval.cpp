//===- Eval.cpp - ccq eval: what a model is worth on data -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Perplexity.h"
#include "QualityGate.h"
#include "Verbs.h"

#include "ccq/Runtime/Model.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace ccq;
using namespace ccq::tool;

namespace {
struct PerplexityOptions {
  std::string model;
  std::string tokens;
  TokenTensors names;
  std::vector<std::string> gates;
  unsigned threads = 0;
  bool json = false;
  bool quiet = false;
};
} // namespace

static void printProgress(size_t done, size_t total, const Perplexity &sofar) {
  if (!::isatty(STDERR_FILENO))
    return;
  std::fprintf(stderr, "\r\x1b[K[%zu/%zu] perplexity %.4f%s", done, total,
               sofar.tokens ? std::exp(sofar.meanNll()) : 0.0,
               done < total ? "" : "\n");
}

static void printResult(const PerplexityOptions &options,
                        const Perplexity &result) {
  double nll = result.meanNll();
  double top1 = double(result.hits) / double(result.tokens);
  if (!options.json) {
    std::printf("perplexity %.6f, nll %.6f, top-1 %.4f, %llu tokens\n",
                std::exp(nll), nll, top1, (unsigned long long)result.tokens);
    return;
  }
  nlohmann::ordered_json json = {{"perplexity", std::exp(nll)},
                                 {"nll", nll},
                                 {"top1", top1},
                                 {"tokens", result.tokens}};
  std::printf("%s\n", json.dump(2).c_str());
}

static Result<void> evaluate(const PerplexityOptions &options) {
  Result<void> gates = checkGates(options.gates, {"perplexity", "nll", "top1"});
  if (!gates)
    return gates;
  Result<TokenLists> lists = readTokenLists(options.tokens);
  if (!lists)
    return lists.takeError();
  Result<runtime::Model> model = runtime::Model::tryLoad(options.model);
  if (!model)
    return model.takeError();
  Result<TokenTensors> names = findTokenTensors(model->plan(), options.names);
  if (!names)
    return names.takeError();
  runtime::Session session(*model,
                           std::make_shared<ThreadPool>(options.threads));
  Result<Perplexity> result =
      computePerplexity(session, model->plan(), *names, *lists,
                        options.quiet ? PerplexityObserver() : printProgress);
  if (!result)
    return Error{result.error().kind,
                 options.tokens + ": " + result.error().message};
  printResult(options, *result);
  return applyGates(options.gates,
                    {{"perplexity", std::exp(result->meanNll())},
                     {"nll", result->meanNll()},
                     {"top1", double(result->hits) / double(result->tokens)}});
}

static void addPerplexity(CLI::App &eval, Session &session) {
  CLI::App &verb = *eval.add_subcommand(
      "perplexity", "How well a language model predicts token lists");
  auto options = std::make_shared<PerplexityOptions>();
  verb.add_option("model", options->model, "Artifact directory")->required();
  verb.add_option("--tokens", options->tokens,
                  "JSON file with a list of lists of token ids")
      ->required();
  verb.add_option("--ids", options->names.ids,
                  "Input that takes the ids (default input_ids, else the only "
                  "integer input)");
  verb.add_option("--logits", options->names.logits,
                  "Output with the logits (default logits, else the only float "
                  "output)");
  addGateOption(verb, options->gates, "perplexity, nll, top1");
  addThreadsOption(verb, options->threads);
  verb.add_flag("--json", options->json, "Print JSON");
  verb.add_flag("-q,--quiet", options->quiet, "Show no progress");
  setBody(verb, session, [options] { return evaluate(*options); });
}

void tool::registerEval(CLI::App &app, Session &session) {
  CLI::App &verb =
      *app.add_subcommand("eval", "Measure what a model is worth on data");
  verb.require_subcommand(1);
  addPerplexity(verb, session);
}
