//===- Npy.cpp - NumPy array files ----------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Npy.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

using namespace ccq;
using namespace ccq::artifact;

// Every npy file starts with these bytes, then major and minor version.
static constexpr std::string_view magic = "\x93NUMPY";
static constexpr size_t versionBytes = 2;
/// NumPy starts the data at a multiple of this.
static constexpr size_t dataAlignmentBytes = 64;

//===----------------------------------------------------------------------===//
// Header dictionary
//===----------------------------------------------------------------------===//

namespace {
/// The three entries of the header.
struct NpyHeader {
  std::string_view descriptor;
  bool hasFortranOrder = false;
  std::vector<int64_t> dims;
};

/// Reads the Python dictionary literal of a header, which has exactly the keys
/// descr, fortran_order and shape, in any order.
class HeaderParser {
public:
  /// `offset` is where `text` starts in the file.
  HeaderParser(std::string_view text, size_t offset)
      : text(text), offset(offset) {}

  Result<NpyHeader> parse();

private:
  bool parseEntry();
  bool parseString(std::string_view &value);
  bool parseBool();
  bool parseShape();
  bool parseNumber(int64_t &value);
  bool tryConsume(std::string_view token);
  bool expect(std::string_view token);
  bool fail(const std::string &expected);
  void skipBlanks();

  std::string_view text;
  size_t offset;
  size_t position = 0;
  NpyHeader header;
  bool hasDescriptor = false, hasOrder = false, hasShape = false;
  Error error;
};
} // namespace

void HeaderParser::skipBlanks() {
  while (position < text.size() &&
         (text[position] == ' ' || text[position] == '\n'))
    ++position;
}

bool HeaderParser::fail(const std::string &expected) {
  error = {ErrorKind::MalformedInput, "npy header: expected " + expected +
                                          " at byte " +
                                          std::to_string(offset + position)};
  return false;
}

bool HeaderParser::tryConsume(std::string_view token) {
  skipBlanks();
  if (!text.substr(position).starts_with(token))
    return false;
  position += token.size();
  return true;
}

bool HeaderParser::expect(std::string_view token) {
  return tryConsume(token) || fail("'" + std::string(token) + "'");
}

bool HeaderParser::parseString(std::string_view &value) {
  skipBlanks();
  char quote = position < text.size() ? text[position] : '\0';
  if (quote != '\'' && quote != '"')
    return fail("a string");
  size_t end = text.find(quote, position + 1);
  if (end == std::string_view::npos)
    return fail("a string that ends");
  value = text.substr(position + 1, end - position - 1);
  position = end + 1;
  return true;
}

bool HeaderParser::parseBool() {
  header.hasFortranOrder = tryConsume("True");
  return header.hasFortranOrder || expect("False");
}

bool HeaderParser::parseNumber(int64_t &value) {
  skipBlanks();
  const char *begin = text.data() + position;
  auto [end, code] = std::from_chars(begin, text.data() + text.size(), value);
  if (code != std::errc() || value < 0)
    return fail("an extent from 0 to 2^63 - 1");
  position += size_t(end - begin);
  return true;
}

bool HeaderParser::parseShape() {
  if (!expect("("))
    return false;
  while (!tryConsume(")")) {
    int64_t dim = 0;
    if (!parseNumber(dim))
      return false;
    header.dims.push_back(dim);
    if (!tryConsume(",") && !tryConsume(")"))
      return fail("',' or ')'");
    if (text[position - 1] == ')')
      return true;
  }
  return true;
}

bool HeaderParser::parseEntry() {
  std::string_view key;
  if (!parseString(key) || !expect(":"))
    return false;
  if (key == "descr" && !std::exchange(hasDescriptor, true))
    return parseString(header.descriptor);
  if (key == "fortran_order" && !std::exchange(hasOrder, true))
    return parseBool();
  if (key == "shape" && !std::exchange(hasShape, true))
    return parseShape();
  return fail("descr, fortran_order and shape once each");
}

Result<NpyHeader> HeaderParser::parse() {
  if (!expect("{"))
    return error;
  while (!tryConsume("}")) {
    if (!parseEntry())
      return error;
    if (!tryConsume(",")) {
      if (!expect("}"))
        return error;
      break;
    }
  }
  skipBlanks();
  if (position != text.size()) {
    fail("nothing after the dictionary");
    return error;
  }
  if (!hasDescriptor || !hasOrder || !hasShape) {
    fail("the keys descr, fortran_order and shape");
    return error;
  }
  return header;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static Error makeMalformed(const std::string &message) {
  return {ErrorKind::MalformedInput, message};
}

/// The text of the header dictionary. It is followed by the data.
static Result<std::string_view> findHeader(std::string_view content) {
  if (!content.starts_with(magic))
    return makeMalformed("expected an npy file, which starts with \\x93NUMPY");
  size_t lengthOffset = magic.size() + versionBytes;
  if (content.size() < lengthOffset)
    return makeMalformed("npy header: expected a version, the file ends");
  unsigned version = static_cast<unsigned char>(content[magic.size()]);
  if (version < 1 || version > 3)
    return Error{ErrorKind::Unsupported,
                 "expected npy format version 1, 2 or 3, got " +
                     std::to_string(version)};
  size_t lengthBytes = version == 1 ? 2 : 4;
  if (content.size() < lengthOffset + lengthBytes)
    return makeMalformed("npy header: expected a length, the file ends");
  uint32_t length = 0;
  std::memcpy(&length, content.data() + lengthOffset, lengthBytes);
  std::string_view rest = content.substr(lengthOffset + lengthBytes);
  if (rest.size() < length)
    return makeMalformed("npy header: expected " + std::to_string(length) +
                         " bytes, the file has " + std::to_string(rest.size()) +
                         " more");
  return rest.substr(0, length);
}

static Result<DataType> findType(const NpyHeader &header) {
  if (header.descriptor.starts_with('>'))
    return Error{ErrorKind::Unsupported,
                 "expected little-endian npy data, got '" +
                     std::string(header.descriptor) +
                     "'; save array.astype('<" +
                     std::string(header.descriptor.substr(1)) + "')"};
  if (header.hasFortranOrder && header.dims.size() > 1)
    return Error{ErrorKind::Unsupported,
                 "expected npy data in C order, got Fortran order; save "
                 "numpy.ascontiguousarray(array)"};
  std::optional<DataType> type = findNpyType(header.descriptor);
  if (!type)
    return Error{ErrorKind::Unsupported,
                 "expected npy elements of a float, integer or boolean type, "
                 "got '" +
                     std::string(header.descriptor) + "'"};
  return *type;
}

Result<TensorView> artifact::parseNpy(std::span<const std::byte> content) {
  std::string_view text(reinterpret_cast<const char *>(content.data()),
                        content.size());
  Result<std::string_view> headerText = findHeader(text);
  if (!headerText)
    return headerText.takeError();
  size_t headerOffset = size_t(headerText->data() - text.data());
  Result<NpyHeader> header = HeaderParser(*headerText, headerOffset).parse();
  if (!header)
    return header.takeError();
  Result<DataType> type = findType(*header);
  if (!type)
    return type.takeError();
  std::optional<uint64_t> size = computeSizeBytes(*type, header->dims);
  if (!size)
    return makeMalformed("npy header: shape " + printDims(header->dims) +
                         " is too large");
  std::span<const std::byte> data =
      content.subspan(headerOffset + headerText->size());
  if (data.size() != *size)
    return makeMalformed(
        "expected " + std::to_string(*size) + " bytes of npy data for shape " +
        printDims(header->dims) + ", got " + std::to_string(data.size()));
  return TensorView{*type, std::move(header->dims), data};
}

Result<NpyFile> NpyFile::tryOpen(const std::filesystem::path &path) {
  Result<MappedFile> file = MappedFile::tryOpen(path);
  if (!file)
    return file.takeError();
  Result<TensorView> tensor = parseNpy(file->bytes());
  if (!tensor)
    return Error{tensor.error().kind,
                 path.string() + ": " + tensor.error().message};
  return NpyFile(*std::move(file), *std::move(tensor));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Magic, version, length and dictionary, padded to the alignment.
static std::string makeHeader(const TensorView &tensor) {
  std::string shape;
  for (int64_t dim : tensor.dims)
    shape += std::to_string(dim) + ", ";
  // A tuple of one keeps its comma, a longer one does not.
  if (!shape.empty())
    shape.resize(shape.size() - (tensor.dims.size() == 1 ? 1 : 2));
  std::string dictionary =
      "{'descr': '" + std::string(getNpyDescriptor(tensor.type)) +
      "', 'fortran_order': False, 'shape': (" + shape + "), }";
  std::string header(magic);
  header += std::string("\x01\x00", versionBytes);
  size_t lengthBytes = 2;
  size_t unpadded = header.size() + lengthBytes + dictionary.size() + 1;
  size_t rest = unpadded % dataAlignmentBytes;
  dictionary.append(rest == 0 ? 0 : dataAlignmentBytes - rest, ' ');
  dictionary += '\n';
  header += char(dictionary.size() & 0xFF);
  header += char(dictionary.size() >> 8);
  return header + dictionary;
}

Result<void> artifact::writeNpy(const std::filesystem::path &path,
                                const TensorView &tensor,
                                OverwritePolicy policy) {
  if (getNpyDescriptor(tensor.type).empty())
    return Error{ErrorKind::Unsupported,
                 path.string() + ": npy has no element type " +
                     std::string(getSafetensorsName(tensor.type))};
  Result<AtomicFile> file = AtomicFile::tryCreate(path, policy);
  if (!file)
    return file.takeError();
  std::string header = makeHeader(tensor);
  auto headerBytes = std::as_bytes(std::span(header));
  if (Result<void> written = file->writeAt(0, headerBytes); !written)
    return written;
  if (Result<void> written = file->writeAt(header.size(), tensor.bytes);
      !written)
    return written;
  return file->commit();
}
