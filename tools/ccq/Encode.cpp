//===- Encode.cpp - ccq encode: one matrix from npy to safetensors --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include "ccq/Artifact/CodedTensors.h"
#include "ccq/Artifact/Npy.h"
#include "ccq/Quantizer/Encode.h"

#include <cstdio>

using namespace ccq;

namespace {
struct EncodeOptions {
  std::string input;
  std::string scheme;
  std::string name = "W";
  tool::OutputOptions output;
  unsigned threads = 0;
  bool quiet = false;
};

/// The weights of an npy file as float32.
struct Weights {
  std::vector<float> values;
  MatrixShape shape;
};
} // namespace

static Result<Weights> readWeights(const std::string &path) {
  Result<artifact::NpyFile> file = artifact::NpyFile::tryOpen(path);
  if (!file)
    return file.takeError();
  const artifact::TensorView &tensor = file->tensor();
  if (tensor.dims.size() != 2)
    return Error{ErrorKind::MalformedInput,
                 path + ": expected a matrix [K, N], got shape " +
                     artifact::printDims(tensor.dims)};
  Result<std::vector<float>> values = artifact::tryConvertToFloat32(tensor);
  if (!values)
    return Error{values.error().kind, path + ": " + values.error().message};
  return Weights{*std::move(values), {tensor.dims[0], tensor.dims[1]}};
}

static void printSummary(const EncodeOptions &options,
                         const quantizer::EncodeResult &result) {
  const codec::CodedMatrix &matrix = result.matrix;
  double weights = double(matrix.shape.k) * double(matrix.shape.n);
  double bits = weights > 0 ? 8.0 * double(matrix.sizeBytes()) / weights : 0.0;
  std::printf("%s: %lldx%lld, %s, bits per weight %.4g nominal, %.4g actual, "
              "relative MSE %.4g\n",
              options.output.path.c_str(), (long long)matrix.shape.k,
              (long long)matrix.shape.n, options.scheme.c_str(),
              codec::getBitsPerWeight(matrix.scheme), bits,
              result.statistics.relativeMse());
}

static Result<void> runEncode(const EncodeOptions &options) {
  Result<codec::Scheme> scheme = tool::parseCodingScheme(options.scheme);
  if (!scheme)
    return scheme.takeError();
  if (Result<void> free =
          checkOutputPath(options.output.path, options.output.policy());
      !free)
    return free;
  Result<Weights> weights = readWeights(options.input);
  if (!weights)
    return weights.takeError();
  ThreadPool threads(options.threads);
  Result<quantizer::EncodeResult> result = quantizer::encodeMatrix(
      {weights->values.data(), weights->shape}, *scheme, {&threads});
  if (!result)
    return Error{result.error().kind,
                 options.input + ": " + result.error().message};
  Result<void> written =
      artifact::writeCodedMatrix(options.output.path, options.name,
                                 result->matrix, options.output.policy());
  if (written && !options.quiet)
    printSummary(options, *result);
  return written;
}

void tool::registerEncode(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand(
      "encode", "Code one matrix W[K, N], K being the reduction axis");
  auto options = std::make_shared<EncodeOptions>();
  verb.add_option("input", options->input,
                  "npy file with K x N float16, float32 or float64 weights")
      ->required();
  verb.add_option("--scheme", options->scheme, "How to code; see 'ccq schemes'")
      ->required();
  addOutputOptions(verb, options->output, "safetensors file to write");
  verb.add_option("--name", options->name,
                  "Name of the matrix in the output (default W)");
  addThreadsOption(verb, options->threads);
  verb.add_flag("-q,--quiet", options->quiet, "Print no summary");
  setBody(verb, session, [options] { return runEncode(*options); });
}
