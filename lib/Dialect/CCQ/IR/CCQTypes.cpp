//===- CCQTypes.cpp - coded tensor types -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQTypes.h"

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

#define GET_TYPEDEF_CLASSES
#include "ccq/Dialect/CCQ/IR/CCQTypes.cpp.inc"

void CCQDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "ccq/Dialect/CCQ/IR/CCQTypes.cpp.inc"
      >();
}

Type CodedTensorType::parse(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<int64_t> shape;
  Type elementType;
  Attribute scheme, layout;
  if (parser.parseLess() || parser.parseDimensionList(shape) ||
      parser.parseType(elementType) || parser.parseComma() ||
      parser.parseAttribute(scheme))
    return {};
  if (succeeded(parser.parseOptionalComma()) && parser.parseAttribute(layout))
    return {};
  if (parser.parseGreater())
    return {};
  auto schemeAttr = llvm::dyn_cast<SchemeAttrInterface>(scheme);
  if (!schemeAttr) {
    parser.emitError(loc, "expected a scheme attribute, got ") << scheme;
    return {};
  }
  return parser.getChecked<CodedTensorType>(loc, parser.getContext(), shape,
                                            elementType, schemeAttr, layout);
}

void CodedTensorType::print(AsmPrinter &printer) const {
  printer << "<";
  printer.printDimensionList(getShape());
  printer << "x" << getElementType() << ", " << getScheme();
  if (getLayout())
    printer << ", " << getLayout();
  printer << ">";
}

LogicalResult
CodedTensorType::verify(function_ref<InFlightDiagnostic()> emitError,
                        ArrayRef<int64_t> shape, Type elementType,
                        SchemeAttrInterface scheme, Attribute layout) {
  if (shape.size() != 2)
    return emitError() << "tensor_c1: expected two dimensions, got "
                       << shape.size();
  for (int64_t extent : shape)
    if (ShapedType::isDynamic(extent) || extent < 1)
      return emitError() << "tensor_c1: expected static extents of at least 1";
  if (!elementType.isF32())
    return emitError() << "tensor_c2: expected element type f32, got "
                       << elementType;
  if (layout && !llvm::isa<RowPitchAttr>(layout))
    return emitError() << "tensor_c3: expected layout #ccq.row_pitch, got "
                       << layout;
  return success();
}

RankedTensorType CodedTensorType::getDecodedType() const {
  return RankedTensorType::get(getShape(), getElementType());
}

static Type getElementTypeOf(codec::ElementType type, MLIRContext *context) {
  Builder builder(context);
  switch (type) {
  case codec::ElementType::U8:
  case codec::ElementType::I8:
    return builder.getI8Type();
  case codec::ElementType::U16:
    return builder.getI16Type();
  case codec::ElementType::F16:
    return builder.getF16Type();
  case codec::ElementType::F32:
    return builder.getF32Type();
  case codec::ElementType::U32:
    return builder.getI32Type();
  case codec::ElementType::BF16:
    return builder.getBF16Type();
  }
  llvm_unreachable("element type of no component");
}

/// Extent along N of the components: rounded up until a row of codes, which
/// has `elementBytes` per channel, is a multiple of the layout's alignment.
static int64_t getPaddedN(int64_t n, unsigned elementBytes, Attribute layout) {
  auto pitch = dyn_cast_if_present<RowPitchAttr>(layout);
  if (!pitch || pitch.getAlignment() <= elementBytes)
    return n;
  return llvm::alignTo(n, pitch.getAlignment() / elementBytes);
}

SmallVector<RankedTensorType> CodedTensorType::getComponentTypes() const {
  SmallVector<RankedTensorType> types;
  auto specs =
      codec::getComponentSpecs(getScheme().getScheme(), {getK(), getN()});
  int64_t paddedN = getPaddedN(
      getN(), codec::getElementBytes(specs.front().type), getLayout());
  for (const codec::ComponentSpec &spec : specs) {
    SmallVector<int64_t> dims(spec.dims.begin(), spec.dims.end());
    // Without a layout the last extent need not be N: streams have 32 words.
    if (getLayout())
      dims.back() = paddedN;
    types.push_back(
        RankedTensorType::get(dims, getElementTypeOf(spec.type, getContext())));
  }
  return types;
}

SmallVector<std::string> CodedTensorType::getComponentNames() const {
  SmallVector<std::string> names;
  for (const codec::ComponentSpec &spec :
       codec::getComponentSpecs(getScheme().getScheme(), {getK(), getN()}))
    names.emplace_back(codec::getComponentSuffix(spec.role));
  return names;
}
