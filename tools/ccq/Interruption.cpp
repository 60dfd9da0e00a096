//===- Interruption.cpp - ends work where it can go on --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interruption.h"

#include <csignal>
#include <initializer_list>

static volatile std::sig_atomic_t interrupted = 0;

static void noteSignal(int) { interrupted = 1; }

void ccq::tool::deferInterruption() {
  struct sigaction action = {};
  action.sa_handler = noteSignal;
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  for (int signal : {SIGINT, SIGTERM})
    ::sigaction(signal, &action, nullptr);
}

bool ccq::tool::isInterrupted() { return interrupted != 0; }
