//===- Decode.cpp - ccq decode: one matrix from safetensors to npy --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include "ccq/Artifact/CodedTensors.h"
#include "ccq/Artifact/Npy.h"
#include "ccq/Codec/Decode.h"

using namespace ccq;

namespace {
struct DecodeOptions {
  std::string input;
  std::string name;
  tool::OutputOptions output;
};
} // namespace

/// The matrix that the user named, or the only one there is.
static Result<std::string> chooseName(const DecodeOptions &options,
                                      const artifact::SafetensorsFile &file) {
  std::vector<std::string> names = artifact::getCodedNames(file);
  std::string known;
  for (const std::string &name : names) {
    if (name == options.name)
      return name;
    known += known.empty() ? name : ", " + name;
  }
  if (names.empty())
    return Error{ErrorKind::MalformedInput,
                 options.input + ": expected a coded matrix, found none"};
  if (!options.name.empty())
    return Error{ErrorKind::MalformedInput,
                 options.input + ": expected a coded matrix '" + options.name +
                     "', found " + known};
  if (names.size() > 1)
    return Error{
        ErrorKind::Usage,
        options.input +
            ": expected --name, the file has several matrices: " + known};
  return names.front();
}

static Result<void> runDecode(const DecodeOptions &options) {
  if (Result<void> free =
          checkOutputPath(options.output.path, options.output.policy());
      !free)
    return free;
  Result<artifact::SafetensorsFile> file =
      artifact::SafetensorsFile::tryOpen(options.input);
  if (!file)
    return file.takeError();
  Result<std::string> name = chooseName(options, *file);
  if (!name)
    return name.takeError();
  Result<codec::CodedMatrixView> matrix =
      artifact::tryGetCodedMatrix(*file, *name);
  if (!matrix)
    return matrix.takeError();
  std::vector<float> values = codec::decodeMatrix(*matrix);
  artifact::TensorView tensor{artifact::DataType::F32,
                              {matrix->shape().k, matrix->shape().n},
                              std::as_bytes(std::span(values))};
  return artifact::writeNpy(options.output.path, tensor,
                            options.output.policy());
}

void tool::registerDecode(CLI::App &app, Session &session) {
  CLI::App &verb =
      *app.add_subcommand("decode", "Decode one coded matrix to float32");
  auto options = std::make_shared<DecodeOptions>();
  verb.add_option("input", options->input,
                  "safetensors file with coded matrices")
      ->required();
  addOutputOptions(verb, options->output, "npy file to write");
  verb.add_option("--name", options->name,
                  "Which matrix, when the file has several");
  setBody(verb, session, [options] { return runDecode(*options); });
}
