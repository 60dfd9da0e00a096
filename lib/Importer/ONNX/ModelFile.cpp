//===- ModelFile.cpp - an ONNX file with its weights left in place --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFile.h"

#include "ccq/Support/ProtobufWire.h"

using namespace mlir::ccq;
using namespace mlir::ccq::importer;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::Result;
using ::ccq::WireField;
using ::ccq::WireReader;
using ::ccq::WireType;

namespace {

/// The messages on the way from the model to its tensors.
enum class Message {
  Model,
  Graph,
  Node,
  Attribute,
  Function,
  Tensor,
  SparseTensor,
  Training,
  /// A default of a function's attribute.
  AttributeDefault,
  /// Anything else: copied as it is.
  Opaque,
};

/// protobuf itself stops at 100.
constexpr unsigned maxMessageDepth = 96;
/// Bounds on the graph without its weights. Graphs of the largest language
/// models have some hundred thousand fields.
constexpr size_t maxFields = size_t(1) << 21;
constexpr size_t maxGraphBytes = size_t(1) << 28;

/// Field numbers of onnx.proto that matter here.
constexpr uint32_t modelGraphField = 7;
constexpr uint32_t tensorDataTypeField = 2;
constexpr uint32_t tensorNameField = 8;

/// What field `number` of `parent` holds.
Message getFieldMessage(Message parent, uint32_t number) {
  switch (parent) {
  case Message::Model:
    return number == modelGraphField ? Message::Graph
           : number == 20            ? Message::Training
           : number == 25            ? Message::Function
                                     : Message::Opaque;
  case Message::Graph:
    return number == 1    ? Message::Node
           : number == 5  ? Message::Tensor
           : number == 15 ? Message::SparseTensor
                          : Message::Opaque;
  case Message::Node:
    return number == 5 ? Message::Attribute : Message::Opaque;
  case Message::Attribute:
    return number == 5 || number == 10    ? Message::Tensor
           : number == 6 || number == 11  ? Message::Graph
           : number == 22 || number == 23 ? Message::SparseTensor
                                          : Message::Opaque;
  case Message::Function:
    return number == 7    ? Message::Node
           : number == 11 ? Message::AttributeDefault
                          : Message::Opaque;
  default:
    return Message::Opaque;
  }
}

Error malformed(std::string message) {
  return {ErrorKind::MalformedInput, std::move(message)};
}

/// Copies a model without its tensors, which it collects.
class Elision {
public:
  explicit Elision(ModelFile &model) : model(model) {}

  /// Appends the fields of one message to `out`. Recursion is bounded by
  /// maxMessageDepth.
  Result<void> copyFields(Message kind, const WireField &message,
                          std::string &out, unsigned depth);

private:
  Result<void> copyField(Message child, const WireField &field,
                         std::string &out, unsigned depth);
  void elideTensor(const WireField &field, std::string &out);
  Result<void> keepDefault(std::string_view attribute);

  ModelFile &model;
  size_t fields = 0;
  size_t graphs = 0;
};

Result<void> Elision::copyFields(Message kind, const WireField &message,
                                 std::string &out, unsigned depth) {
  if (depth > maxMessageDepth)
    return malformed("byte " + std::to_string(message.payloadOffset) +
                     ": expected at most " + std::to_string(maxMessageDepth) +
                     " nested messages");
  if (kind == Message::Function)
    model.functionDefaults.emplace_back();
  WireReader reader(message.payload, message.payloadOffset);
  while (!reader.atEnd()) {
    Result<WireField> field = reader.tryReadField();
    if (!field)
      return field.takeError();
    if (++fields > maxFields)
      return malformed("expected at most " + std::to_string(maxFields) +
                       " fields in the graph");
    Message child = getFieldMessage(kind, field->number);
    if (child != Message::Opaque && field->type != WireType::Length)
      return malformed("byte " + std::to_string(field->payloadOffset) +
                       ": expected a message in field " +
                       std::to_string(field->number));
    if (kind == Message::Model && child == Message::Graph && ++graphs > 1)
      return malformed("expected one graph in the model, got several");
    if (Result<void> copied = copyField(child, *field, out, depth); !copied)
      return copied;
    if (out.size() > maxGraphBytes)
      return malformed("expected at most " + std::to_string(maxGraphBytes) +
                       " bytes of graph apart from its tensors");
  }
  return {};
}

Result<void> Elision::copyField(Message child, const WireField &field,
                                std::string &out, unsigned depth) {
  switch (child) {
  case Message::Opaque:
    out.append(reinterpret_cast<const char *>(field.encoded.data()),
               field.encoded.size());
    return {};
  case Message::Training:
    return {};
  case Message::SparseTensor:
    // Its presence is enough: sparse tensors are not supported.
    ::ccq::appendLengthField(out, field.number, "");
    return {};
  case Message::Tensor:
    elideTensor(field, out);
    return {};
  default:
    break;
  }
  std::string copy;
  Message kind =
      child == Message::AttributeDefault ? Message::Attribute : child;
  if (Result<void> copied = copyFields(kind, field, copy, depth + 1); !copied)
    return copied;
  if (child == Message::AttributeDefault)
    return keepDefault(copy);
  ::ccq::appendLengthField(out, field.number, copy);
  return {};
}

/// The name in a TensorProto whose other fields may be broken.
std::string findTensorName(const WireField &message) {
  WireReader reader(message.payload, message.payloadOffset);
  while (!reader.atEnd()) {
    Result<WireField> field = reader.tryReadField();
    if (!field)
      break;
    if (field->number == tensorNameField && field->type == WireType::Length)
      return std::string(field->text());
  }
  return "";
}

void Elision::elideTensor(const WireField &field, std::string &out) {
  FileTensor &tensor = model.tensors.emplace_back();
  Result<::ccq::TensorProtoView> view =
      ::ccq::readTensorProto(field.payload, field.payloadOffset);
  if (view) {
    tensor.view = std::move(*view);
    tensor.name = std::string(tensor.view.name);
  } else {
    tensor.error = view.takeError();
    tensor.name = findTensorName(field);
  }
  std::string elided;
  ::ccq::appendVarint(elided, tensorDataTypeField << 3);
  ::ccq::appendVarint(elided, model.tensors.size() - 1);
  ::ccq::appendLengthField(out, field.number, elided);
}

Result<void> Elision::keepDefault(std::string_view attribute) {
  onnx::AttributeProto &proto = model.functionDefaults.back().emplace_back();
  if (!proto.ParseFromArray(attribute.data(), int(attribute.size())))
    return malformed("expected an attribute default of a function");
  return {};
}

} // namespace

Result<std::unique_ptr<ModelFile>>
mlir::ccq::importer::readModelFile(const std::filesystem::path &path) {
  Result<::ccq::MappedFile> file = ::ccq::MappedFile::tryOpen(path);
  if (!file) {
    // The caller prints the path in front.
    std::string message = file.error().message;
    std::string prefix = path.string() + ": ";
    if (message.compare(0, prefix.size(), prefix) == 0)
      message.erase(0, prefix.size());
    return Error{file.error().kind, message};
  }
  auto model = std::make_unique<ModelFile>(*std::move(file));
  WireField whole;
  whole.payload = model->file.bytes();
  if (whole.payload.empty())
    return malformed("expected an ONNX model, the file is empty");
  std::string reduced;
  Result<void> copied =
      Elision(*model).copyFields(Message::Model, whole, reduced, 0);
  if (!copied)
    return malformed("expected an ONNX model: " + copied.error().message);
  if (!model->proto.ParseFromArray(reduced.data(), int(reduced.size())))
    return malformed("expected an ONNX model: protobuf cannot parse its graph");
  if (!model->proto.has_graph())
    return malformed("expected an ONNX model, the file has no graph");
  return model;
}
