//===- SwappableModel.cpp - a float model whose weights can change --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SwappableModel.h"

#include "ccq/Artifact/Plan.h"
#include "ccq/Artifact/Safetensors.h"
#include "ccq/Support/MappedFile.h"

#include <cmath>
#include <cstring>
#include <fstream>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

/// Sum of (a - b)^2.
static double computeDistance(const MatrixView<const float> &a,
                              const MatrixView<const float> &b) {
  double sum = 0;
  for (int64_t k = 0; k < a.shape().k; ++k)
    for (int64_t n = 0; n < a.shape().n; ++n)
      sum += std::pow(double(a(k, n)) - double(b(k, n)), 2);
  return sum;
}

/// A float tensor [K, N] or [N, K] as W[K, N]. A square one is the way round
/// that is nearer to `close`, which is W[K, N] up to the error of coding.
static Result<std::vector<float>> orient(const TensorView &tensor,
                                         MatrixShape shape,
                                         std::span<const float> close) {
  Result<std::vector<float>> floats = tryConvertToFloat32(tensor);
  if (!floats)
    return floats.takeError();
  MatrixView<const float> straight(floats->data(), shape);
  auto turned = MatrixView<const float>::transposed(floats->data(), shape);
  MatrixView<const float> target(close.data(), shape);
  bool isTurned = tensor.dims != std::vector<int64_t>{shape.k, shape.n};
  if (!isTurned && shape.k == shape.n)
    isTurned =
        computeDistance(turned, target) < computeDistance(straight, target);
  if (!isTurned)
    return floats;
  std::vector<float> result;
  for (int64_t k = 0; k < shape.k; ++k)
    for (int64_t n = 0; n < shape.n; ++n)
      result.push_back(turned(k, n));
  return result;
}

Result<void>
SwappableModel::readLayout(const mlir::ccq::ArtifactReport &report) {
  Result<MappedFile> file =
      MappedFile::tryOpen(build.path() / std::string(weightsFileName));
  if (!file)
    return file.takeError();
  Result<SafetensorsHeader> header = parseSafetensorsHeader(file->bytes());
  if (!header)
    return header.takeError();
  for (const mlir::ccq::WeightReport &weight : report.weights) {
    if (!weight.isMaterialized)
      continue;
    for (const TensorEntry &entry : header->tensors)
      if (entry.spec.name == weight.name)
        list.push_back({weight.name,
                        {entry.spec.dims[0], entry.spec.dims[1]},
                        header->dataOffsetBytes + entry.beginBytes});
  }
  return {};
}

Result<void> SwappableModel::readOriginals(const TemporaryBuild &plain) {
  Result<SafetensorsFile> from =
      SafetensorsFile::tryOpen(plain.path() / std::string(weightsFileName));
  Result<MappedFile> coded =
      MappedFile::tryOpen(build.path() / std::string(weightsFileName));
  if (!from || !coded)
    return from ? coded.takeError() : from.takeError();
  for (const SwappableWeight &weight : list) {
    std::optional<TensorView> tensor = from->findTensor(weight.name);
    if (!tensor)
      return Error{ErrorKind::Internal, "no weight '" + weight.name + "'"};
    std::vector<float> close(size_t(weight.shape.k * weight.shape.n));
    std::memcpy(close.data(), coded->bytes().data() + weight.offsetBytes,
                close.size() * sizeof(float));
    Result<std::vector<float>> floats = orient(*tensor, weight.shape, close);
    if (!floats)
      return floats.takeError();
    originals.push_back(*std::move(floats));
  }
  return {};
}

Result<SwappableModel>
SwappableModel::tryCreate(const TemporaryBuildOptions &options) {
  TemporaryBuildOptions plainOptions = options;
  plainOptions.observation = mlir::ccq::BuildObservation::None;
  Result<TemporaryBuild> plain = TemporaryBuild::tryCreate(plainOptions);
  if (!plain)
    return plain.takeError();
  // The scheme that costs least; its errors are overwritten.
  TemporaryBuildOptions matrixOptions = options;
  matrixOptions.materializedScheme = "i8";
  Result<TemporaryBuild> matrices = TemporaryBuild::tryCreate(matrixOptions);
  if (!matrices)
    return matrices.takeError();
  SwappableModel model(*std::move(matrices));
  Result<void> done = model.readLayout(model.build.report());
  if (done)
    done = model.readOriginals(*plain);
  for (size_t i = 0; done && i < model.list.size(); ++i)
    done = model.write(i, model.originals[i]);
  if (!done)
    return done.takeError();
  return model;
}

Result<void> SwappableModel::write(size_t weight,
                                   std::span<const float> elements) {
  std::filesystem::path path = build.path() / std::string(weightsFileName);
  std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(std::streamoff(list[weight].offsetBytes));
  stream.write(reinterpret_cast<const char *>(elements.data()),
               std::streamsize(elements.size_bytes()));
  stream.close();
  if (!stream)
    return Error{ErrorKind::Output, path.string() + ": cannot write"};
  return {};
}

Result<runtime::Model> SwappableModel::tryLoad() const {
  return runtime::Model::tryLoad(build.path());
}
