//===- Verbs.cpp - what the verbs of the ccq command share ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include <cstdio>

using namespace ccq;

int tool::reportError(const Error &error) {
  std::fprintf(stderr, "ccq: error: %s\n", error.message.c_str());
  return getExitCode(error.kind);
}

void tool::setBody(CLI::App &verb, Session &session,
                   std::function<Result<void>()> body) {
  verb.callback([&session, body = std::move(body)] {
    if (Result<void> done = body(); !done)
      session.exitCode = reportError(done.error());
  });
}

void tool::addOutputOptions(CLI::App &verb, OutputOptions &options,
                            const std::string &what) {
  verb.add_option("-o,--output", options.path, what)->required();
  verb.add_flag("--force", options.force, "Replace an existing output");
}

void tool::addThreadsOption(CLI::App &verb, unsigned &threads) {
  verb.add_option("-j,--threads", threads,
                  "Threads; 0 is one per processor (default 0)")
      ->check(CLI::Range(0, 1024));
}

void tool::addDataOptions(CLI::App &verb, DataOptions &options) {
  verb.add_option("--data", options.paths,
                  "Token-id lists (.json), arrays by input (.npz), the only "
                  "input (.npy, .pb), or a directory of these or of "
                  "test_data_set_*; repeatable")
      ->type_name("PATH")
      ->allow_extra_args(false);
  verb.add_option("--input", options.inputs,
                  "Input of one run from a file .npy or .pb; repeatable")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  verb.add_option("--ids", options.ids,
                  "Input that takes token ids (default input_ids, else the "
                  "only integer input)");
}

Result<codec::Scheme> tool::parseCodingScheme(const std::string &name) {
  Result<codec::SchemeChoice> choice = codec::parseSchemeName(name);
  if (!choice)
    return choice.takeError();
  if (!*choice)
    return Error{ErrorKind::Usage,
                 "scheme " + name +
                     " leaves weights as they are, there is nothing to code; "
                     "'ccq schemes' lists the schemes that code"};
  return **choice;
}
