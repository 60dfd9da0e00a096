//===- Einsum.cpp - sums of products by index -----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Einsum.h"

#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

/// Indices as small numbers: letters of the equation, and the dimensions of the
/// ellipsis behind them.
using Indices = SmallVector<int>;
constexpr int firstEllipsis = 256;

class Einsum {
public:
  explicit Einsum(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult parse();
  FailureOr<Indices> parseTerm(StringRef text, int64_t rank);
  LogicalResult bindSizes();
  LogicalResult addImplicitOutput();
  std::optional<ImportedTensor> tryProduct();
  ImportedTensor emitSums();
  Shape getShape(ArrayRef<int> indices) const;

  NodeImporter &node;
  SmallVector<Indices> terms;
  Indices output;
  int64_t ellipsis = 0;
  llvm::DenseMap<int, Size> sizes;
};

} // namespace

/// `rank` is that of the operand, or -1 for the output.
FailureOr<Indices> Einsum::parseTerm(StringRef text, int64_t rank) {
  Indices indices;
  auto [before, behind] = text.split("...");
  bool hasEllipsis = text.contains("...");
  for (char letter : before)
    indices.push_back(letter);
  if (hasEllipsis) {
    int64_t own =
        rank < 0 ? ellipsis : rank - int64_t(before.size() + behind.size());
    if (own < 0 || own > 16)
      return node.malformed("expected an operand of the term '" + text +
                            "', got rank " + Twine(rank));
    ellipsis = std::max(ellipsis, own);
    // The last dimensions of ellipses belong together.
    for (int64_t i = own; i > 0; --i)
      indices.push_back(firstEllipsis + 16 - int(i));
    for (char letter : behind)
      indices.push_back(letter);
  }
  bool isWord = llvm::all_of(indices, [](int index) {
    return index >= firstEllipsis || llvm::isAlpha(char(index));
  });
  if (!isWord || (rank >= 0 && int64_t(indices.size()) != rank))
    return node.malformed("expected a term of " + Twine(rank) +
                          " letters, got '" + text + "'");
  return indices;
}

LogicalResult Einsum::parse() {
  std::string equation = node.getString("equation", "");
  llvm::erase_if(equation, [](char c) { return c == ' '; });
  auto [left, right] = StringRef(equation).split("->");
  bool isExplicit = StringRef(equation).contains("->");
  SmallVector<StringRef> texts;
  left.split(texts, ',');
  if (texts.size() != node.getNumInputs())
    return node.malformed("expected an equation of " +
                          Twine(node.getNumInputs()) + " operands, got '" +
                          equation + "'");
  for (auto [i, text] : llvm::enumerate(texts)) {
    FailureOr<Indices> term = parseTerm(text, node.getInput(i).getRank());
    if (failed(term))
      return failure();
    terms.push_back(*term);
  }
  if (failed(bindSizes()))
    return failure();
  if (!isExplicit)
    return addImplicitOutput();
  FailureOr<Indices> parsed = parseTerm(right, -1);
  if (failed(parsed))
    return failure();
  output = *parsed;
  for (int index : output)
    if (!sizes.contains(index) || llvm::count(output, index) != 1)
      return node.malformed("expected indices of the operands, each once, in "
                            "the result, got '" +
                            right + "'");
  return success();
}

LogicalResult Einsum::bindSizes() {
  for (auto [i, term] : llvm::enumerate(terms))
    for (auto [index, size] : llvm::zip(term, node.getInput(i).shape)) {
      auto [entry, isNew] = sizes.try_emplace(index, size);
      if (isNew || entry->second == size)
        continue;
      if (isConstant(size, 1) || isConstant(entry->second, 1))
        return node.unsupported("expected equal sizes of an index, got one "
                                "that is repeated");
      if (!node.equate(entry->second, size))
        return node.malformed("expected one size of each index, got " +
                              node.sizes.print(entry->second) + " and " +
                              node.sizes.print(size));
    }
  return success();
}

/// The ellipsis, then the indices that occur once, in alphabetical order.
LogicalResult Einsum::addImplicitOutput() {
  Indices once;
  for (const Indices &term : terms)
    for (int index : term) {
      size_t count = 0;
      for (const Indices &other : terms)
        count += llvm::count(other, index);
      if (count == 1 && index < firstEllipsis)
        once.push_back(index);
    }
  llvm::sort(once);
  for (int64_t i = ellipsis; i > 0; --i)
    output.push_back(firstEllipsis + 16 - int(i));
  llvm::append_range(output, once);
  return success();
}

Shape Einsum::getShape(ArrayRef<int> indices) const {
  Shape shape;
  for (int index : indices)
    shape.push_back(sizes.lookup(index));
  return shape;
}

/// The product as batch x (M x K) x (K x N), or nothing when the term has
/// another form.
std::optional<ImportedTensor> Einsum::tryProduct() {
  if (terms.size() != 2)
    return std::nullopt;
  Indices batch, m, n, k;
  auto has = [](ArrayRef<int> list, int index) {
    return llvm::is_contained(list, index);
  };
  for (const Indices &term : terms)
    for (int index : term)
      if (llvm::count(term, index) != 1)
        return std::nullopt;
  for (int index : terms[0]) {
    bool inOther = has(terms[1], index), inOutput = has(output, index);
    if (!inOther && !inOutput)
      return std::nullopt;
    (inOther ? (inOutput ? batch : k) : m).push_back(index);
  }
  for (int index : terms[1]) {
    if (has(terms[0], index))
      continue;
    if (!has(output, index))
      return std::nullopt;
    n.push_back(index);
  }
  if (k.empty())
    return std::nullopt;
  auto arrange = [&](size_t input, ArrayRef<Indices> groups) {
    Indices order;
    for (const Indices &group : groups)
      llvm::append_range(order, group);
    SmallVector<int64_t> permutation;
    for (int index : order)
      permutation.push_back(llvm::find(terms[input], index) -
                            terms[input].begin());
    ImportedTensor tensor = node.getInput(input);
    if (!llvm::is_sorted(permutation))
      tensor = emitTranspose(node, tensor, permutation);
    Shape shape;
    for (const Indices &group : groups)
      shape.push_back(node.sizes.tryGetProduct(getShape(group)));
    return emitReshape(node, tensor, shape);
  };
  ImportedTensor product;
  Size count = node.sizes.tryGetProduct(getShape(batch));
  if (batch.empty()) {
    ImportedTensor a = arrange(0, {m, k}), b = arrange(1, {k, n});
    product = emitMatrixProduct(node, a, b);
  } else {
    ImportedTensor a = arrange(0, {batch, m, k}), b = arrange(1, {batch, k, n});
    product = emitBatchProduct(node, a, b, count);
  }
  Indices order = batch;
  llvm::append_range(order, m);
  llvm::append_range(order, n);
  ImportedTensor result = emitReshape(node, product, getShape(order));
  SmallVector<int64_t> permutation;
  for (int index : output)
    permutation.push_back(llvm::find(order, index) - order.begin());
  if (!llvm::is_sorted(permutation))
    result = emitTranspose(node, result, permutation);
  return emitConversion(node, result, node.getInput(0).elementType);
}

ImportedTensor Einsum::emitSums() {
  Indices loops = output;
  for (const Indices &term : terms)
    for (int index : term)
      if (!llvm::is_contained(loops, index))
        loops.push_back(index);
  MLIRContext *context = node.builder.getContext();
  auto getMap = [&](ArrayRef<int> indices) {
    SmallVector<AffineExpr> exprs;
    for (int index : indices)
      exprs.push_back(node.builder.getAffineDimExpr(llvm::find(loops, index) -
                                                    loops.begin()));
    return AffineMap::get(loops.size(), 0, exprs, context);
  };
  SmallVector<AffineMap> maps;
  SmallVector<Value> operands;
  for (auto [i, term] : llvm::enumerate(terms)) {
    maps.push_back(getMap(term));
    operands.push_back(node.emit(node.getInput(i)));
  }
  maps.push_back(getMap(output));
  SmallVector<utils::IteratorType> iterators(loops.size(),
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), output.size(), utils::IteratorType::parallel);
  ElementType accumulator = getAccumulatorType(node.getInput(0).elementType);
  Type type = findBuiltinType(accumulator, context);
  Shape shape = getShape(output);
  Value zeros =
      emitFill(node, cast<TypedAttr>(node.builder.getZeroAttr(type)), shape);
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, zeros.getType(), operands, zeros, maps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        Value product;
        for (Value factor : args.drop_back()) {
          if (factor.getType() != type)
            factor = b.create<arith::ExtFOp>(type, factor);
          if (!product)
            product = factor;
          else if (isa<FloatType>(type))
            product = b.create<arith::MulFOp>(product, factor);
          else
            product = b.create<arith::MulIOp>(product, factor);
        }
        Value sum =
            isa<FloatType>(type)
                ? b.create<arith::AddFOp>(args.back(), product).getResult()
                : b.create<arith::AddIOp>(args.back(), product).getResult();
        b.create<linalg::YieldOp>(sum);
      });
  ImportedTensor result =
      node.getResult(accumulator, shape, generic.getResult(0));
  return emitConversion(node, result, node.getInput(0).elementType);
}

LogicalResult Einsum::run() {
  ElementType type = node.getInput(0).elementType;
  for (ImportedTensor *operand : node.getInputs())
    if (operand->elementType != type || (!isFloat(type) && !isInteger(type)))
      return node.malformed("expected operands of one type of numbers, got " +
                            ::ccq::getElementTypeName(type) + " and " +
                            ::ccq::getElementTypeName(operand->elementType));
  if (failed(parse()))
    return failure();
  if (!node.sizes.tryGetProduct(getShape(output)))
    return node.tooLarge();
  std::optional<ImportedTensor> product = tryProduct();
  node.setOutput(0, product ? *product : emitSums());
  return success();
}

LogicalResult importer::importEinsum(NodeImporter &node) {
  return Einsum(node).run();
}
