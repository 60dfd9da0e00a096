//===- Perplexity.h - how well a model predicts tokens ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_PERPLEXITY_H
#define CCQ_TOOLS_CCQ_PERPLEXITY_H

#include "TokenInputs.h"
#include "ccq/Artifact/Plan.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ccq::tool {

/// Which tensors of a language model carry tokens and logits.
struct TokenTensors {
  /// Integer tensor [batch, sequence] or [sequence].
  std::string ids;
  /// Float tensor [..., sequence, vocabulary].
  std::string logits;
};

/// Fills in names that are empty: the ids as findTokenInput says; the logits
/// are the output `logits`, else the only float output. Errors: those of
/// findTokenInput; Usage when there is no single output for the logits.
Result<TokenTensors> findTokenTensors(const artifact::Plan &plan,
                                      TokenTensors names);

struct Perplexity {
  /// Predicted tokens: one less than each list has.
  uint64_t tokens = 0;
  /// Sum over them of -log p(token), natural logarithm.
  double sumNll = 0;
  /// Tokens to which the model gave the largest logit.
  uint64_t hits = 0;

  double meanNll() const { return sumNll / double(tokens); }
};

/// Called after each list.
using PerplexityObserver =
    std::function<void(size_t done, size_t total, const Perplexity &sofar)>;

/// Runs the model on each list but its last token, as a batch of one, and
/// scores each following token. `attention_mask` is ones, `position_ids` counts
/// from 0, caches are empty. Lists of fewer than two tokens predict nothing.
/// Numerics: softmax in double from the logits as they are. Errors: those of
/// Session::run; Unsupported for a cache without a symbolic length;
/// MalformedInput for a token outside the vocabulary and for logits of another
/// shape or that are not finite.
Result<Perplexity> computePerplexity(runtime::Session &session,
                                     const artifact::Plan &plan,
                                     const TokenTensors &names,
                                     const TokenLists &lists,
                                     const PerplexityObserver &observer);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_PERPLEXITY_H
