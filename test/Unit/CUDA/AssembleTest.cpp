//===- AssembleTest.cpp - what ptxas makes of the kernels -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledKernel.h"

#include "ccq/Target/Cubin/AssemblePTX.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <regex>

using namespace ccq;
using namespace ccq::cuda_test;
namespace fs = std::filesystem;

namespace {

/// The ptxas of this machine, or nothing.
std::optional<std::string> findTool() {
  const char *home = std::getenv("CUDA_HOME");
  std::string path = home ? home : "/usr/local/cuda";
  Result<std::string> tool =
      mlir::ccq::findPtxas(fs::is_directory(path) ? path : "");
  if (!tool)
    return std::nullopt;
  return *tool;
}

/// An empty folder for the length of a test.
class Scratch {
public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "ccq-test-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path); }
  fs::path path;
};

struct Resources {
  int registers = -1, spillStores = -1, spillLoads = -1;
};

/// What `ptxas -v` reports for a PTX text.
Resources measure(const std::string &ptxas, const std::string &text,
                  const std::string &chip) {
  Scratch scratch;
  fs::path source = scratch.path / "kernel.ptx";
  fs::path log = scratch.path / "log";
  FILE *file = std::fopen(source.c_str(), "w");
  std::fputs(text.c_str(), file);
  std::fclose(file);
  std::string command = ptxas + " -v -O3 -arch=" + chip + " -o " +
                        (scratch.path / "kernel.cubin").string() + " " +
                        source.string() + " > " + log.string() + " 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::string said;
  file = std::fopen(log.c_str(), "r");
  for (int c; (c = std::fgetc(file)) != EOF;)
    said.push_back(char(c));
  std::fclose(file);
  auto find = [&](const char *pattern) {
    std::smatch match;
    return std::regex_search(said, match, std::regex(pattern))
               ? std::stoi(match[1])
               : -1;
  };
  return {find("Used (\\d+) registers"), find("(\\d+) bytes spill stores"),
          find("(\\d+) bytes spill loads")};
}

/// A shape class with its own code: one or two token tiles, whole or ragged
/// groups of k, and what follows the product.
struct ResourceCase {
  const char *name;
  std::optional<int64_t> tokens;
  int64_t k;
  const char *epilogue;
};

const char *const biasAndRelu = "%s = arith.addf %p, %b : f32\n"
                                "%r = arith.maximumf %s, %zero : f32";
const char *const biasAndGelu =
    "%s = arith.addf %p, %b : f32\n"
    "%c = arith.constant 0.707106769 : f32\n%t = arith.mulf %s, %c : f32\n"
    "%half = arith.constant 0.5 : f32\n%h = arith.mulf %s, %half : f32\n"
    "%e = math.erf %t : f32\n%one = arith.constant 1.0 : f32\n"
    "%d = arith.addf %e, %one : f32\n%r = arith.mulf %h, %d : f32";
const ResourceCase resourceCases[] = {
    {"8_tokens", 8, 4096, ""},
    {"any_relu", std::nullopt, 4096, biasAndRelu},
    {"any_gelu_ragged", std::nullopt, 1000, biasAndGelu},
};

} // namespace

class Architectures : public testing::TestWithParam<const char *> {};

TEST_P(Architectures, NoSpills) {
  std::optional<std::string> ptxas = findTool();
  if (!ptxas)
    GTEST_SKIP() << "needs ptxas";
  std::string chip = GetParam();
  for (const char *scheme :
       {"w2.5", "w2.75", "i8", "i8:channel", "i4", "i4:channel", "w2", "t2",
        "t2.5", "t2.75", "t2:code=hash", "t2.5:code=hash",
        "t2.75:code=hash,L=12"})
    for (const ResourceCase &shape : resourceCases) {
      SCOPED_TRACE(std::string(scheme) + ", " + shape.name);
      KernelSpec spec{
          scheme, {shape.k, 4096}, shape.tokens, shape.epilogue, ""};
      Resources used = measure(*ptxas, compileKernel(spec, chip).text, chip);
      EXPECT_GT(used.registers, 0);
      EXPECT_EQ(used.spillStores, 0);
      EXPECT_EQ(used.spillLoads, 0);
      RecordProperty(std::string(scheme) + "_" + shape.name, used.registers);
    }
}

INSTANTIATE_TEST_SUITE_P(Assemble, Architectures,
                         testing::Values("sm_80", "sm_89", "sm_90a"),
                         [](const auto &info) {
                           return std::string(info.param);
                         });

TEST(Assemble, CubinsAreDeterministic) {
  std::optional<std::string> ptxas = findTool();
  if (!ptxas)
    GTEST_SKIP() << "needs ptxas";
  KernelSpec spec{"w2.5", {128, 64}, std::nullopt, "", ""};
  std::string text = compileKernel(spec, "sm_90a").text;
  EXPECT_EQ(text, compileKernel(spec, "sm_90a").text);
  Result<std::string> first = mlir::ccq::assemblePTX(text, "sm_90a", *ptxas);
  Result<std::string> second = mlir::ccq::assemblePTX(text, "sm_90a", *ptxas);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(first->substr(0, 4), "\x7f"
                                 "ELF");
  EXPECT_EQ(*first, *second);
}

TEST(Assemble, SaysWhatPtxasSaid) {
  std::optional<std::string> ptxas = findTool();
  if (!ptxas)
    GTEST_SKIP() << "needs ptxas";
  Result<std::string> result =
      mlir::ccq::assemblePTX("no PTX", "sm_80", *ptxas);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::CompileError);
  EXPECT_NE(result.error().message.find(
                "expected ptxas to accept the kernel for sm_80, got: "),
            std::string::npos);
  EXPECT_NE(result.error().message.find("fatal"), std::string::npos);
}

TEST(Assemble, MissingToolHasARemedy) {
  Result<std::string> result = mlir::ccq::findPtxas("/nonexistent");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::MissingTool);
  EXPECT_EQ(result.error().message,
            "expected the program ptxas, got none at /nonexistent: name a CUDA "
            "toolkit with --cuda-path or CUDA_HOME, or ask for PTX instead of "
            "cubins");
}
