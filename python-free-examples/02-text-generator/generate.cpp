//===- generate.cpp - continues a text with a build of the model ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// text-generate MODEL.ccq --tokenizer TOKENIZER.json --prompt TEXT
//
// prints the text and what the model continues it with. Each step runs the
// model on one token, with the keys and values of the earlier ones in its
// cache; with --no-cache on all tokens anew. Exit codes are those of ccq.
//
//===----------------------------------------------------------------------===//

#include "CachedModel.h"
#include "Sampler.h"
#include "Tokenizer.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace ccq;
using namespace ccq::example;

namespace {
struct Options {
  std::string artifact;
  std::string tokenizer;
  std::string prompt;
  unsigned count = 100;
  SamplerOptions sampler;
  unsigned threads = 0;
  bool withoutCache = false;
  bool showsTime = false;
  bool printsIds = false;
};
} // namespace

/// The logits after the last of `tokens`, of which the model has seen all but
/// the last `unseen`.
static Result<std::span<const float>> computeLogits(CachedModel &model,
                                                    std::span<int64_t> tokens,
                                                    size_t unseen,
                                                    bool withoutCache) {
  if (!withoutCache)
    return model.append(tokens.last(unseen));
  model.clear();
  return model.append(tokens);
}

static void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// Ids as a JSON list.
static void printIds(std::span<const int64_t> ids) {
  std::string text = "[";
  for (int64_t id : ids)
    text += (text.size() == 1 ? "" : ", ") + std::to_string(id);
  print(text + "]\n");
}

/// Prints up to options.count tokens that follow `tokens`; returns how many.
static Result<unsigned> continueText(const Options &options,
                                     const Tokenizer &tokenizer,
                                     std::vector<int64_t> tokens) {
  Result<CachedModel> model =
      CachedModel::tryLoad(options.artifact, options.threads);
  if (!model)
    return model.takeError();
  Sampler sampler(options.sampler);
  size_t unseen = tokens.size();
  for (unsigned made = 0; made < options.count; ++made) {
    auto logits = computeLogits(*model, tokens, unseen, options.withoutCache);
    if (!logits)
      return logits.takeError();
    if (logits->size() != tokenizer.size())
      return Error{ErrorKind::MalformedInput,
                   "expected a tokenizer of " + std::to_string(logits->size()) +
                       " tokens, got one of " +
                       std::to_string(tokenizer.size())};
    int64_t token = sampler.sample(*logits);
    if (token == tokenizer.endOfDocument())
      return made;
    print(tokenizer.getText(token));
    tokens.push_back(token);
    unseen = 1;
  }
  return options.count;
}

static Result<void> generate(const Options &options) {
  Result<Tokenizer> tokenizer = Tokenizer::tryLoad(options.tokenizer);
  if (!tokenizer)
    return tokenizer.takeError();
  Result<std::vector<int64_t>> prompt = tokenizer->encode(options.prompt);
  if (!prompt)
    return Error{prompt.error().kind, "prompt: " + prompt.error().message};
  if (options.printsIds) {
    printIds(*prompt);
    return {};
  }
  std::vector<int64_t> tokens{tokenizer->endOfDocument()};
  tokens.insert(tokens.end(), prompt->begin(), prompt->end());
  print(options.prompt);
  auto start = std::chrono::steady_clock::now();
  Result<unsigned> made = continueText(options, *tokenizer, std::move(tokens));
  print("\n");
  if (!made)
    return made.takeError();
  std::chrono::duration<double> taken =
      std::chrono::steady_clock::now() - start;
  if (options.showsTime)
    std::fprintf(stderr, "%u tokens in %.3f s, %.0f tokens/s\n", *made,
                 taken.count(), *made / taken.count());
  return {};
}

int main(int argc, char **argv) {
  Options options;
  CLI::App app("Continues a text with a build of the text generator");
  auto *artifact =
      app.add_option("artifact", options.artifact, "build of the model");
  app.add_option("--tokenizer", options.tokenizer, "tokenizer.json")
      ->required();
  app.add_option("--prompt", options.prompt,
                 "text to continue; empty: a new document");
  app.add_option("--tokens", options.count, "most tokens to add (100)");
  app.add_option("--temperature", options.sampler.temperature,
                 "divides the logits; 0 (default): always the likeliest token")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--top-k", options.sampler.topK,
                 "draw from the likeliest K tokens; 0 (default): from all");
  app.add_option("--seed", options.sampler.seed, "seed of the draws (0)");
  app.add_option("-j", options.threads, "threads; 0 (default): all cores");
  app.add_flag("--no-cache", options.withoutCache,
               "run on all tokens for every new one");
  app.add_flag("--time", options.showsTime, "print the speed on stderr");
  app.add_flag("--print-ids", options.printsIds,
               "print the ids of the prompt, and nothing else");
  try {
    app.parse(argc, argv);
    if (!options.printsIds && !*artifact)
      throw CLI::RequiredError("artifact");
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : getExitCode(ErrorKind::Usage);
  }
  Result<void> result = generate(options);
  if (result)
    return 0;
  std::fprintf(stderr, "text-generate: error: %s\n",
               result.error().message.c_str());
  return getExitCode(result.error().kind);
}
