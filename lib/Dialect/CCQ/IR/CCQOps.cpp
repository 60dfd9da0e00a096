//===- CCQOps.cpp - verifiers of coded values and their decode -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"

#include "ccq/Codec/Stream.h"
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

#define GET_OP_CLASSES
#include "ccq/Dialect/CCQ/IR/CCQOps.cpp.inc"

void CCQDialect::registerOperations() {
  addOperations<
#define GET_OP_LIST
#include "ccq/Dialect/CCQ/IR/CCQOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// store, source, dim
//===----------------------------------------------------------------------===//

LogicalResult StoreOp::verify() {
  if (llvm::sys::path::is_absolute(getPath()) || getPath().empty())
    return emitOpError() << "store_c1: expected a relative path, got \""
                         << getPath() << "\"";
  for (StringRef part : llvm::make_range(llvm::sys::path::begin(getPath()),
                                         llvm::sys::path::end(getPath())))
    if (part == "..")
      return emitOpError() << "store_c1: expected a path without '..', got \""
                           << getPath() << "\"";
  if (llvm::sys::path::is_absolute(getRoot()) || getRoot().empty())
    return emitOpError() << "store_c2: expected a relative root, got \""
                         << getRoot() << "\"";
  return success();
}

LogicalResult SourceOp::verify() {
  auto type = cast<RankedTensorType>(getResult().getType());
  unsigned width =
      type.getElementType().isIntOrFloat() ? type.getElementTypeBitWidth() : 0;
  if (!type.hasStaticShape() ||
      (width != 8 && width != 16 && width != 32 && width != 64))
    return emitOpError() << "source_c1: expected a static tensor of 8, 16, 32 "
                            "or 64-bit elements, got "
                         << type;
  int64_t bytes = type.getNumElements() * (width / 8);
  if (static_cast<int64_t>(getBytes()) != bytes)
    return emitOpError() << "source_c2: expected " << bytes << " bytes for "
                         << type << ", got " << getBytes();
  if (static_cast<int64_t>(getOffset()) < 0)
    return emitOpError() << "source_c3: expected a non-negative offset, got "
                         << static_cast<int64_t>(getOffset());
  if (getTransposed() && type.getRank() != 2)
    return emitOpError() << "source_c4: expected rank 2 for a transposed "
                            "source, got rank "
                         << type.getRank();
  return success();
}

LogicalResult SourceOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!symbols.lookupNearestSymbolFrom<StoreOp>(*this, getStoreAttr()))
    return emitOpError() << "source_c5: expected " << getStoreAttr()
                         << " to name a ccq.store";
  return success();
}

LogicalResult DimOp::verify() {
  if (getName().empty())
    return emitOpError() << "dim_c1: expected a dimension name, got \"\"";
  return success();
}

//===----------------------------------------------------------------------===//
// encode, decode
//===----------------------------------------------------------------------===//

LogicalResult EncodeOp::verify() {
  auto source = cast<RankedTensorType>(getSource().getType());
  CodedTensorType result = getResult().getType();
  if (source.getShape() != result.getShape())
    return emitOpError() << "encode_c1: expected operand and result of one "
                            "shape, got "
                         << source << " and " << result;
  if (result.getLayout())
    return emitOpError() << "encode_c3: expected a result in the canonical "
                            "layout, got "
                         << result.getLayout();
  if (getStats() &&
      (!getName() ||
       !SymbolTable::lookupNearestSymbolFrom<StoreOp>(*this, getStatsAttr())))
    return emitOpError() << "encode_c4: expected " << getStatsAttr()
                         << " to name a ccq.store, and a name";
  return success();
}

LogicalResult DecodeOp::verify() {
  RankedTensorType expected = getSource().getType().getDecodedType();
  if (getResult().getType() != expected)
    return emitOpError() << "decode_c1: expected result type " << expected
                         << ", got " << getResult().getType();
  return success();
}

LogicalResult
DecodeOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  CodedTensorType type = getSource().getType();
  reifiedReturnShapes.push_back(
      {builder.getIndexAttr(type.getK()), builder.getIndexAttr(type.getN())});
  return success();
}

//===----------------------------------------------------------------------===//
// extract_slice
//===----------------------------------------------------------------------===//

/// Checks one dimension of a slice: c2 and the bounds part of c3.
static LogicalResult verifySliceDimension(ExtractSliceOp op, StringRef name,
                                          Value offset, int64_t extent,
                                          int64_t size) {
  if (size > extent)
    return op.emitOpError() << "extract_slice_c2: expected at most " << extent
                            << " along " << name << ", got " << size;
  APInt constant;
  if (!matchPattern(offset, m_ConstantInt(&constant)))
    return success();
  int64_t begin = constant.getSExtValue();
  if (begin < 0 || begin + size > extent)
    return op.emitOpError()
           << "extract_slice_c3: expected a slice inside 0.." << extent
           << " along " << name << ", got " << begin << ".." << begin + size;
  return success();
}

LogicalResult ExtractSliceOp::verify() {
  CodedTensorType source = getSource().getType();
  CodedTensorType result = getResult().getType();
  if (source.getScheme() != result.getScheme() ||
      source.getElementType() != result.getElementType() ||
      source.getLayout() != result.getLayout())
    return emitOpError() << "extract_slice_c1: expected scheme, element type "
                            "and layout of "
                         << source << ", got " << result;
  if (failed(verifySliceDimension(*this, "K", getKOffset(), source.getK(),
                                  result.getK())) ||
      failed(verifySliceDimension(*this, "N", getNOffset(), source.getN(),
                                  result.getN())))
    return failure();
  int64_t group = source.getScheme().getGroupSize();
  APInt offset;
  bool isConstant = matchPattern(getKOffset(), m_ConstantInt(&offset));
  if (isConstant && offset.getSExtValue() % group != 0)
    return emitOpError() << "extract_slice_c3: expected an offset along K "
                            "that is a multiple of "
                         << group << ", got " << offset.getSExtValue();
  bool reachesEnd =
      !isConstant || offset.getSExtValue() + result.getK() == source.getK();
  if (result.getK() % group != 0 &&
      !(reachesEnd && source.getK() % group == result.getK() % group))
    return emitOpError() << "extract_slice_c4: expected an extent along K that "
                            "is a multiple of "
                         << group << " or ends the operand, got "
                         << result.getK();
  if (!findStreamFrame(source.getScheme()))
    return success();
  APInt channel;
  if (matchPattern(getNOffset(), m_ConstantInt(&channel)) &&
      channel.getSExtValue() % codec::streamTileColumns != 0)
    return emitOpError() << "extract_slice_c5: expected an offset along N that "
                            "is a multiple of "
                         << codec::streamTileColumns << ", got "
                         << channel.getSExtValue();
  return success();
}

OpFoldResult ExtractSliceOp::fold(FoldAdaptor) {
  // A slice of the whole is the whole: only offset 0 keeps it in bounds.
  if (getSource().getType() == getResult().getType())
    return getSource();
  return {};
}

namespace {

/// extract_slice(extract_slice(e)) = extract_slice(e) with summed offsets.
struct MergeNestedSlices : public OpRewritePattern<ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    auto outer = op.getSource().getDefiningOp<ExtractSliceOp>();
    if (!outer)
      return failure();
    auto add = [&](Value a, Value b) {
      return rewriter.createOrFold<arith::AddIOp>(op.getLoc(), a, b);
    };
    Value k = add(outer.getKOffset(), op.getKOffset());
    Value n = add(outer.getNOffset(), op.getNOffset());
    rewriter.replaceOpWithNewOp<ExtractSliceOp>(op, op.getType(),
                                                outer.getSource(), k, n);
    return success();
  }
};

} // namespace

void ExtractSliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                 MLIRContext *context) {
  patterns.add<MergeNestedSlices>(context);
}

//===----------------------------------------------------------------------===//
// components, compose, pack
//===----------------------------------------------------------------------===//

/// Checks that `types` are the component types of `coded`; `label` names the
/// constraint.
static LogicalResult verifyComponents(Operation *op, StringRef label,
                                      CodedTensorType coded, TypeRange types) {
  SmallVector<RankedTensorType> expected = coded.getComponentTypes();
  if (TypeRange(SmallVector<Type>(expected.begin(), expected.end())) == types)
    return success();
  InFlightDiagnostic diag = op->emitOpError() << label << ": expected (";
  llvm::interleaveComma(expected, diag);
  diag << "), got (";
  llvm::interleaveComma(types, diag);
  return diag << ")";
}

LogicalResult ComponentsOp::verify() {
  return verifyComponents(*this, "components_c1", getSource().getType(),
                          getResultTypes());
}

LogicalResult ComponentsOp::fold(FoldAdaptor,
                                 SmallVectorImpl<OpFoldResult> &results) {
  auto compose = getSource().getDefiningOp<ComposeOp>();
  if (!compose)
    return failure();
  llvm::append_range(results, compose.getComponents());
  return success();
}

LogicalResult ComposeOp::verify() {
  return verifyComponents(*this, "compose_c1", getResult().getType(),
                          getOperandTypes());
}

OpFoldResult ComposeOp::fold(FoldAdaptor) {
  auto components = getComponents().empty()
                        ? ComponentsOp()
                        : getComponents().front().getDefiningOp<ComponentsOp>();
  if (components && getComponents() == components.getResults() &&
      components.getSource().getType() == getResult().getType())
    return components.getSource();
  return {};
}

LogicalResult PackOp::verify() {
  CodedTensorType source = getSource().getType();
  CodedTensorType result = getResult().getType();
  auto canonical =
      CodedTensorType::get(getContext(), result.getShape(),
                           result.getElementType(), result.getScheme(), {});
  if (source != canonical || source == result)
    return emitOpError() << "pack_c1: expected a canonical operand and a "
                            "result that differs in layout only, got "
                         << source << " and " << result;
  return success();
}
