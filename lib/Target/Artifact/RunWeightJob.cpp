//===- RunWeightJob.cpp - from a weight's source to its tensors -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunWeightJob.h"

#include "BlockCodes.h"

#include "ccq/Artifact/Tensor.h"
#include "ccq/Codec/Decode.h"
#include "ccq/Quantizer/Encode.h"
#include "ccq/Quantizer/SecondMoment.h"
#include "ccq/Support/MatrixView.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <chrono>

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::MatrixShape;
using ::ccq::MatrixView;
using ::ccq::Result;
using ::ccq::ThreadPool;
namespace artifact = ::ccq::artifact;
namespace codec = ::ccq::codec;
namespace quantizer = ::ccq::quantizer;

namespace {
/// The elements of a source, row-major; with isTransposed they are those of the
/// transposed matrix.
struct Elements {
  artifact::DataType type = artifact::DataType::F32;
  std::vector<int64_t> dims;
  std::span<const std::byte> bytes;
  bool isTransposed = false;
  /// Holds the bytes where no file does.
  std::vector<std::byte> owned;
};
} // namespace

/// Rows of a transposed weight are put in order in pieces of about this size.
static constexpr int64_t transposePieceBytes = int64_t(16) << 20;

/// The elements of a constant as a file holds them.
static Result<std::vector<std::byte>> readConstant(arith::ConstantOp constant) {
  std::vector<std::byte> bytes;
  auto append = [&](ArrayRef<char> data) {
    auto raw = llvm::ArrayRef(reinterpret_cast<const std::byte *>(data.data()),
                              data.size());
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  };
  if (auto resource =
          dyn_cast<DenseResourceElementsAttr>(constant.getValue())) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return Error{ErrorKind::MalformedInput,
                   "expected the data of resource '" +
                       resource.getRawHandle().getKey().str() + "'"};
    append(blob->getData());
    return bytes;
  }
  auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!dense)
    return Error{ErrorKind::Unsupported, "expected a dense constant"};
  // Booleans are packed in the attribute and bytes in files.
  if (dense.getElementType().isInteger(1)) {
    for (bool value : dense.getValues<bool>())
      bytes.push_back(std::byte(value));
    return bytes;
  }
  int64_t copies = dense.isSplat() ? dense.getNumElements() : 1;
  for (int64_t i = 0; i < copies; ++i)
    append(dense.getRawData());
  return bytes;
}

static Result<Elements> readOperand(Operation *source, StoreFiles &stores) {
  auto type = cast<RankedTensorType>(source->getResult(0).getType());
  std::optional<artifact::DataType> dataType =
      findDataType(type.getElementType());
  if (!dataType)
    return Error{ErrorKind::Unsupported, "expected an element type of files"};
  Elements elements{*dataType, type.getShape().vec(), {}, false, {}};
  if (auto handle = dyn_cast<SourceOp>(source)) {
    Result<std::span<const std::byte>> bytes = stores.tryRead(handle);
    if (!bytes)
      return bytes.takeError();
    elements.bytes = *bytes;
    elements.isTransposed = handle.getTransposed();
  } else {
    Result<std::vector<std::byte>> bytes =
        readConstant(cast<arith::ConstantOp>(source));
    if (!bytes)
      return bytes.takeError();
    elements.owned = *std::move(bytes);
    elements.bytes = elements.owned;
  }
  std::optional<uint64_t> expected =
      artifact::computeSizeBytes(elements.type, elements.dims);
  if (expected != elements.bytes.size())
    return Error{ErrorKind::MalformedInput,
                 "expected " + std::to_string(expected.value_or(0)) +
                     " bytes, got " + std::to_string(elements.bytes.size())};
  return elements;
}

/// The weights of `op`, which are N x K as the codes are.
static Result<Elements> dequantize(DequantizeOp op, StoreFiles &stores) {
  Result<Elements> codes = readOperand(op.getCodes().getDefiningOp(), stores);
  if (!codes)
    return codes.takeError();
  Result<Elements> scales = readOperand(op.getScales().getDefiningOp(), stores);
  if (!scales)
    return scales.takeError();
  BlockCodes blocks;
  blocks.shape = {op.getType().getDimSize(0), op.getType().getDimSize(1)};
  blocks.bits = unsigned(op.getBits());
  blocks.block = op.getBlock();
  blocks.codes = codes->bytes;
  Result<std::vector<float>> factors = artifact::tryConvertToFloat32(
      {scales->type, scales->dims, scales->bytes});
  if (!factors)
    return factors.takeError();
  blocks.scales = *std::move(factors);
  Elements zeros;
  if (op.getZeroPoints()) {
    Result<Elements> given =
        readOperand(op.getZeroPoints().getDefiningOp(), stores);
    if (!given)
      return given.takeError();
    zeros = *std::move(given);
  }
  if (zeros.type == artifact::DataType::I8) {
    blocks.packedZeros = zeros.bytes;
  } else if (op.getZeroPoints()) {
    Result<std::vector<float>> floats =
        artifact::tryConvertToFloat32({zeros.type, zeros.dims, zeros.bytes});
    if (!floats)
      return floats.takeError();
    blocks.zeros = *std::move(floats);
  }
  std::vector<float> weights = dequantizeBlocks(blocks);
  auto bytes = std::as_bytes(std::span(weights));
  Elements elements{artifact::DataType::F32,
                    op.getType().getShape().vec(),
                    {},
                    /*isTransposed=*/true,
                    {bytes.begin(), bytes.end()}};
  elements.bytes = elements.owned;
  return elements;
}

static Result<Elements> readElements(const WeightJob &job, StoreFiles &stores) {
  if (auto blocks = dyn_cast<DequantizeOp>(job.source))
    return dequantize(blocks, stores);
  return readOperand(job.source, stores);
}

/// Copies rows k0 .. k0 + rows - 1 of W[K, N] out of its transpose.
static void transposeRows(const std::byte *from, MatrixShape shape, int64_t k0,
                          int64_t rows, unsigned elementBytes, std::byte *to) {
  for (int64_t k = 0; k < rows; ++k)
    for (int64_t n = 0; n < shape.n; ++n)
      std::copy_n(from + (n * shape.k + k0 + k) * elementBytes, elementBytes,
                  to + (k * shape.n + n) * elementBytes);
}

static Result<void> writeKept(const std::string &name, const Elements &elements,
                              ThreadPool *threads,
                              artifact::SafetensorsWriter &to) {
  if (!elements.isTransposed)
    return to.write(name, 0, elements.bytes);
  MatrixShape shape{elements.dims[0], elements.dims[1]};
  unsigned elementBytes = artifact::getDataTypeBytes(elements.type);
  int64_t rowBytes = std::max<int64_t>(1, shape.n * elementBytes);
  int64_t pieceRows = std::max<int64_t>(1, transposePieceBytes / rowBytes);
  std::vector<std::byte> piece;
  for (int64_t k0 = 0; k0 < shape.k; k0 += pieceRows) {
    int64_t rows = std::min(pieceRows, shape.k - k0);
    piece.resize(size_t(rows * shape.n * elementBytes));
    auto body = [&](int64_t begin, int64_t end) {
      transposeRows(elements.bytes.data(), shape, k0 + begin, end - begin,
                    elementBytes,
                    piece.data() + begin * shape.n * elementBytes);
    };
    if (threads)
      threads->parallelFor(rows, body);
    else
      body(0, rows);
    Result<void> written =
        to.write(name, uint64_t(k0 * shape.n * elementBytes), piece);
    if (!written)
      return written;
  }
  return {};
}

namespace {
/// A weight matrix W[K, N] of float32.
struct FloatWeights {
  MatrixView<const float> view;
  /// Holds the elements where the source does not.
  std::vector<float> converted;
};

/// A coded matrix and the statistics that it was coded with.
struct CodedWeights {
  quantizer::EncodeResult result;
  std::optional<WeightCalibration> calibration;
};
} // namespace

/// A matrix of floats of any width as float32.
static Result<FloatWeights> convertToFloats(const Elements &elements) {
  MatrixShape shape{elements.dims[0], elements.dims[1]};
  const std::byte *data = elements.bytes.data();
  std::vector<float> converted;
  bool isUsable = elements.type == artifact::DataType::F32 &&
                  reinterpret_cast<uintptr_t>(data) % alignof(float) == 0;
  if (!isUsable) {
    Result<std::vector<float>> floats = artifact::tryConvertToFloat32(
        {elements.type, elements.dims, elements.bytes});
    if (!floats)
      return floats.takeError();
    converted = *std::move(floats);
    data = reinterpret_cast<const std::byte *>(converted.data());
  }
  auto *floats = reinterpret_cast<const float *>(data);
  MatrixView<const float> view =
      elements.isTransposed ? MatrixView<const float>::transposed(floats, shape)
                            : MatrixView<const float>(floats, shape);
  return FloatWeights{view, std::move(converted)};
}

/// tr(E^T H E) / tr(W^T H W) of what coding left.
static double measureError(const MatrixView<const float> &weights,
                           const codec::CodedMatrix &coded,
                           std::span<const double> hessian,
                           ThreadPool *threads) {
  MatrixShape shape = weights.shape();
  std::vector<float> error = codec::decodeMatrix(coded.view());
  for (int64_t k = 0; k < shape.k; ++k)
    for (int64_t n = 0; n < shape.n; ++n) {
      float &value = error[size_t(k * shape.n + n)];
      value = weights(k, n) - value;
    }
  double norm = quantizer::computeWeightedSquare(weights, hessian, threads);
  double lost = quantizer::computeWeightedSquare(
      MatrixView<const float>(error.data(), shape), hessian, threads);
  return norm > 0 ? lost / norm : 0;
}

/// Codes with statistics.
static Result<CodedWeights> encodeCalibrated(
    const MatrixView<const float> &weights, const codec::Scheme &scheme,
    const artifact::WeightStatistics &statistics, ThreadPool *threads) {
  int64_t depth = weights.shape().k;
  quantizer::EncodeOptions options;
  options.threads = threads;
  options.hessian.emplace(statistics.hessian.data(), MatrixShape{depth, depth});
  Result<quantizer::EncodeResult> coded =
      quantizer::encodeMatrix(weights, scheme, options);
  if (!coded)
    return coded.takeError();
  WeightCalibration calibration{
      statistics.rows, options.damping,
      measureError(weights, coded->matrix, statistics.hessian, threads)};
  return CodedWeights{*std::move(coded), calibration};
}

/// Codes the weights of a job, with the statistics that it names.
static Result<CodedWeights> encode(const WeightJob &job,
                                   const Elements &elements, StoreFiles &stores,
                                   ThreadPool *threads) {
  Result<FloatWeights> weights = convertToFloats(elements);
  if (!weights)
    return weights.takeError();
  EncodeOp op = job.encode;
  if (!op.getStats()) {
    Result<quantizer::EncodeResult> coded =
        quantizer::encodeMatrix(weights->view, *job.scheme, {threads});
    if (!coded)
      return coded.takeError();
    return CodedWeights{*std::move(coded), std::nullopt};
  }
  auto file = stores.tryReadStatistics(op);
  if (!file)
    return file.takeError();
  Result<artifact::WeightStatistics> statistics =
      (*file)->tryGet(std::string_view(*op.getName()), weights->view.shape().k);
  if (!statistics)
    return statistics.takeError();
  return encodeCalibrated(weights->view, *job.scheme, *statistics, threads);
}

static Result<void> writeCoded(const WeightJob &job,
                               const codec::CodedMatrix &matrix,
                               artifact::SafetensorsWriter &to) {
  if (job.kind == WeightJobKind::Materialize) {
    std::vector<float> decoded = codec::decodeMatrix(matrix.view());
    return to.write(job.tensors[0].name, 0, std::as_bytes(std::span(decoded)));
  }
  for (size_t i = 0; i < job.tensors.size(); ++i) {
    Result<void> written =
        to.write(job.tensors[i].name, 0, matrix.components[i].bytes);
    if (!written)
      return written;
  }
  return {};
}

static std::string getSchemeName(const WeightJob &job) {
  if (!job.scheme)
    return "keep";
  std::optional<std::string> name = codec::findSchemeName(*job.scheme);
  return name ? *name : codec::printScheme(*job.scheme);
}

static WeightReport describe(const WeightJob &job, const Elements &elements) {
  WeightReport report;
  report.name = job.name;
  report.scheme = getSchemeName(job);
  report.shape = elements.dims;
  report.weightCount =
      elements.bytes.size() / artifact::getDataTypeBytes(elements.type);
  report.nominalBits = job.scheme
                           ? codec::getBitsPerWeight(*job.scheme)
                           : 8.0 * artifact::getDataTypeBytes(elements.type);
  report.isMaterialized = job.kind == WeightJobKind::Materialize;
  for (const artifact::TensorSpec &tensor : job.tensors)
    report.bytes += *artifact::computeSizeBytes(tensor.type, tensor.dims);
  return report;
}

Result<WeightReport> mlir::ccq::runWeightJob(const WeightJob &job,
                                             StoreFiles &stores,
                                             ThreadPool *threads,
                                             artifact::SafetensorsWriter &to) {
  auto start = std::chrono::steady_clock::now();
  Result<Elements> elements = readElements(job, stores);
  if (!elements)
    return elements.takeError();
  WeightReport report = describe(job, *elements);
  Result<void> written;
  if (!job.scheme) {
    written = writeKept(job.tensors[0].name, *elements, threads, to);
  } else {
    Result<CodedWeights> coded = encode(job, *elements, stores, threads);
    if (!coded)
      return coded.takeError();
    report.relativeMse = coded->result.statistics.relativeMse();
    report.calibration = coded->calibration;
    written = writeCoded(job, coded->result.matrix, to);
  }
  if (!written)
    return written.takeError();
  report.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return report;
}
