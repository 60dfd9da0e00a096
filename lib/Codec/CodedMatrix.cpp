//===- CodedMatrix.cpp - a weight matrix as component tensors -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/CodedMatrix.h"

#include "ccq/Codec/Hash.h"

#include <algorithm>
#include <string>

using namespace ccq;
using namespace ccq::codec;

unsigned codec::getElementBytes(ElementType type) {
  switch (type) {
  case ElementType::I8:
  case ElementType::U8:
    return 1;
  case ElementType::U16:
  case ElementType::F16:
  case ElementType::BF16:
    return 2;
  case ElementType::F32:
  case ElementType::U32:
    return 4;
  }
  return 0;
}

std::string_view codec::getComponentSuffix(ComponentRole role) {
  switch (role) {
  case ComponentRole::Codes:
    return "codes";
  case ComponentRole::LocalScales:
    return "local_scales";
  case ComponentRole::SuperScale:
    return "super_scale";
  case ComponentRole::CodeScale:
    return "code_scale";
  case ComponentRole::CodeZp:
    return "code_zp";
  case ComponentRole::Extra:
    return "extra";
  }
  return "";
}

uint64_t ComponentSpec::sizeBytes() const {
  uint64_t size = getElementBytes(type);
  for (int64_t dim : dims)
    size *= uint64_t(dim);
  return size;
}

static std::string printShape(MatrixShape shape) {
  return "[" + std::to_string(shape.k) + ", " + std::to_string(shape.n) + "]";
}

Result<void> codec::checkShape(const Scheme &scheme, MatrixShape shape) {
  if (shape.k < 0 || shape.n < 0)
    return Error{ErrorKind::MalformedInput,
                 "expected extents of at least 0, got " + printShape(shape)};
  // No scheme stores more than 4 bytes per weight, counting K and N as padded
  // to whole groups and tiles with at least one; float32 takes 4.
  constexpr int64_t largestElements = int64_t(1) << 58;
  int64_t group = std::max(getGroupSize(scheme).value_or(1), streamStepRows);
  if (shape.k > largestElements - group ||
      shape.n >
          largestElements / (shape.k + group) - int64_t(streamTileColumns))
    return Error{ErrorKind::MalformedInput,
                 "expected fewer than 2^58 weights, got " + printShape(shape)};
  return {};
}

static std::vector<ComponentSpec>
getScalarComponents(const ScalarScheme &scheme, MatrixShape shape,
                    int64_t groups) {
  ComponentSpec codes = {
      ComponentRole::Codes, ElementType::I8, {shape.k, shape.n}};
  if (scheme.bits == 4)
    codes = {
        ComponentRole::Codes, ElementType::U8, {(shape.k + 1) / 2, shape.n}};
  if (scheme.groupSize)
    return {codes,
            {ComponentRole::LocalScales, ElementType::F16, {groups, shape.n}}};
  return {codes, {ComponentRole::SuperScale, ElementType::F16, {shape.n}}};
}

static std::vector<ComponentSpec>
getClusterComponents(const ClusterScheme &scheme, MatrixShape shape,
                     int64_t groups) {
  int64_t bytes = scheme.groupSize / scheme.weightsPerByte() * groups;
  return {{ComponentRole::Codes, ElementType::U8, {bytes, shape.n}},
          {ComponentRole::LocalScales,
           ElementType::U8,
           {(groups + 1) / 2, shape.n}},
          {ComponentRole::SuperScale, ElementType::F32, {shape.n}},
          {ComponentRole::CodeScale, ElementType::F32, {shape.n}},
          {ComponentRole::CodeZp, ElementType::F32, {shape.n}}};
}

/// Codes of `rows` rows, and scales.
static std::vector<ComponentSpec> getFrameComponents(const StreamFrame &frame,
                                                     MatrixShape shape,
                                                     int64_t rows,
                                                     unsigned wordsPerRow) {
  std::vector<ComponentSpec> specs = {
      {ComponentRole::Codes, ElementType::U32, {rows, wordsPerRow}}};
  if (frame.scale == StreamScale::Channel4)
    specs.push_back(
        {ComponentRole::LocalScales, ElementType::U8, {(shape.n + 1) / 2}});
  if (frame.scale == StreamScale::Channel)
    specs.push_back({ComponentRole::SuperScale, ElementType::BF16, {shape.n}});
  else
    specs.push_back({ComponentRole::SuperScale, ElementType::F32, {1}});
  return specs;
}

static std::vector<ComponentSpec>
getStreamComponents(const StreamScheme &scheme, MatrixShape shape) {
  StreamRows rows = countStreamRows(scheme, shape);
  std::vector<ComponentSpec> specs =
      getFrameComponents(scheme, shape, rows.codes, streamThreads);
  if (scheme.sixteenths > 32)
    specs.push_back(
        {ComponentRole::Extra, ElementType::U32, {rows.extra, streamThreads}});
  return specs;
}

std::vector<ComponentSpec> codec::getComponentSpecs(const Scheme &scheme,
                                                    MatrixShape shape) {
  int64_t group = getGroupSize(scheme).value_or(1);
  int64_t groups = (shape.k + group - 1) / group;
  if (const auto *words = std::get_if<WordScheme>(&scheme)) {
    ElementType word =
        words->wordBits == 8 ? ElementType::U8 : ElementType::U16;
    return {
        {ComponentRole::Codes, word, {words->wordsPerGroup * groups, shape.n}},
        {ComponentRole::SuperScale, ElementType::F32, {shape.n}}};
  }
  if (const auto *scalar = std::get_if<ScalarScheme>(&scheme))
    return getScalarComponents(*scalar, shape, groups);
  if (const auto *cluster = std::get_if<ClusterScheme>(&scheme))
    return getClusterComponents(*cluster, shape, groups);
  if (const auto *stream = std::get_if<StreamScheme>(&scheme))
    return getStreamComponents(*stream, shape);
  const auto &hash = std::get<HashScheme>(scheme);
  return getFrameComponents(hash, shape, countHashRows(hash, shape),
                            hashChains);
}

//===----------------------------------------------------------------------===//
// CodedMatrixView
//===----------------------------------------------------------------------===//

Result<CodedMatrixView> CodedMatrixView::tryCreate(
    const Scheme &scheme, MatrixShape shape,
    std::span<const std::span<const std::byte>> components) {
  if (Result<void> valid = checkScheme(scheme); !valid)
    return valid.takeError();
  if (Result<void> valid = checkShape(scheme, shape); !valid)
    return valid.takeError();
  std::vector<ComponentSpec> specs = getComponentSpecs(scheme, shape);
  if (components.size() != specs.size())
    return Error{ErrorKind::MalformedInput,
                 "expected " + std::to_string(specs.size()) +
                     " components, got " + std::to_string(components.size())};
  CodedMatrixView view(scheme, shape);
  for (size_t i = 0; i < specs.size(); ++i) {
    if (components[i].size() != specs[i].sizeBytes())
      return Error{ErrorKind::MalformedInput,
                   "expected " + std::to_string(specs[i].sizeBytes()) +
                       " bytes of " +
                       std::string(getComponentSuffix(specs[i].role)) +
                       ", got " + std::to_string(components[i].size())};
    view.buffers[size_t(specs[i].role)] = components[i];
  }
  return view;
}

//===----------------------------------------------------------------------===//
// CodedMatrix
//===----------------------------------------------------------------------===//

CodedMatrix CodedMatrix::createZeroed(const Scheme &scheme, MatrixShape shape) {
  CodedMatrix matrix{scheme, shape, {}};
  for (ComponentSpec &spec : getComponentSpecs(scheme, shape)) {
    std::vector<std::byte> bytes(spec.sizeBytes());
    matrix.components.push_back({std::move(spec), std::move(bytes)});
  }
  return matrix;
}

CodedMatrixView CodedMatrix::view() const {
  std::vector<std::span<const std::byte>> buffers;
  for (const Component &component : components)
    buffers.push_back(component.bytes);
  return *CodedMatrixView::tryCreate(scheme, shape, buffers);
}

Component *CodedMatrix::findComponent(ComponentRole role) {
  for (Component &component : components)
    if (component.spec.role == role)
      return &component;
  return nullptr;
}

uint64_t CodedMatrix::sizeBytes() const {
  uint64_t size = 0;
  for (const Component &component : components)
    size += component.bytes.size();
  return size;
}
