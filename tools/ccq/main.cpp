//===- main.cpp - the ccq command -----------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResponseFiles.h"
#include "Verbs.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

using namespace ccq;

static const std::string seeHelp = "; see 'ccq --help'";

/// Exit code for what stopped the parser: help, version or a usage error.
static int reportParseStop(const CLI::App &app, const CLI::ParseError &stop) {
  if (stop.get_exit_code() == 0)
    return app.exit(stop);
  std::string message = stop.what();
  // CLI11 starts its sentences with a capital; names of options stay.
  if (message.size() > 1 && std::islower((unsigned char)message[1]))
    message[0] = char(std::tolower((unsigned char)message[0]));
  return tool::reportError({ErrorKind::Usage, message + seeHelp});
}

/// Arguments as a shell takes them.
static std::string quoteArguments(const std::vector<std::string> &arguments) {
  std::string line;
  for (const std::string &argument : arguments) {
    bool isPlain = !argument.empty() &&
                   std::all_of(argument.begin(), argument.end(), [](char c) {
                     return std::isalnum((unsigned char)c) ||
                            std::string_view("/._-=:,@+").find(c) !=
                                std::string_view::npos;
                   });
    std::string quoted;
    for (char c : argument)
      quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line +=
        (line.empty() ? "" : " ") + (isPlain ? argument : "'" + quoted + "'");
  }
  return line;
}

int main(int argc, char **argv) {
  CLI::App app("Codes the weights of ONNX models in 2 to 3 bits and compiles "
               "them to artifacts",
               "ccq");
  tool::Session session;
  app.set_version_flag("--version", "ccq " CCQ_VERSION);
  app.footer("@FILE on the command line stands for the arguments in FILE.");
  tool::registerBuild(app, session);
  tool::registerCalibrate(app, session);
  tool::registerRecover(app, session);
  tool::registerSensitivity(app, session);
  tool::registerEncode(app, session);
  tool::registerDecode(app, session);
  tool::registerInspect(app, session);
  tool::registerRun(app, session);
  tool::registerSchemes(app, session);
  tool::registerOps(app, session);
  tool::registerTargets(app, session);
  tool::registerEval(app, session);
  tool::registerDiff(app, session);
  tool::registerBench(app, session);

  Result<std::vector<std::string>> arguments =
      tool::expandResponseFiles({argv + 1, argv + argc});
  if (!arguments)
    return tool::reportError(arguments.error());
  session.commandLine = quoteArguments({argv, argv + argc});
  // CLI11 takes a vector from the back.
  std::vector<std::string> reversed(arguments->rbegin(), arguments->rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError &stop) {
    return reportParseStop(app, stop);
  }
  if (app.get_subcommands().empty())
    return tool::reportError({ErrorKind::Usage, "expected a verb" + seeHelp});
  return session.exitCode;
}
