//===- CpuPasses.td - passes that lower kernels for a CPU -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_CPUPASSES_TD
#define CCQ_TARGET_CPUPASSES_TD

include "mlir/Pass/PassBase.td"

def AbsorbReshapes : Pass<"ccq-absorb-reshapes", "::mlir::func::FuncOp"> {
  let summary = "pass arguments in the shape that the kernel reads";
  let description = [{
    An argument of a kernel that is read with one dimension split into several
    of dynamic size becomes an argument of that shape, and `ccq.extents` names
    the sizes; other readers get the argument collapsed. The memory is the
    same. MLIR 19 cannot lower such a split by itself: it takes the sizes of an
    expanded shape to follow from the source's.

    Before:
    ```mlir
    func.func private @k(%x: tensor<?x64xf32> {ccq.extents = array<i64: 2>}, %b: index, %s: index, %bs: index) ... {
      %e = tensor.expand_shape %x [[0, 1], [2]] output_shape [%b, %s, 64] : tensor<?x64xf32> into tensor<?x?x64xf32>
    ```
    After:
    ```mlir
    func.func private @k(%e: tensor<?x?x64xf32> {ccq.extents = array<i64: 0, 1>}, %b: index, %s: index, %bs: index) ...
    ```

    Precondition: a kernel on tensors before tiling, its sizes index arguments.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def FuseElementwise : Pass<"ccq-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "one elementwise op instead of a chain";
  let description = [{
    Merges an elementwise linalg.generic into the linalg.generic that is its
    only reader. In contrast to linalg-fuse-elementwise-ops of MLIR, reshapes
    stay where they are: in kernels they belong to arguments and cost nothing
    there.

    Before:
    ```mlir
    %a = linalg.generic ... ins(%x) { negf }
    %b = linalg.generic ... ins(%a) { math.exp }
    ```
    After:
    ```mlir
    %b = linalg.generic ... ins(%x) { negf, math.exp }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def TileRows : Pass<"ccq-tile-rows", "::mlir::func::FuncOp"> {
  let summary = "work items for elementwise ops, row reductions and moves";
  let description = [{
    Gives kernels without a contraction parallel loops: every linalg op that no
    other linalg op reads is tiled with scf.forall along its parallel loops, the
    outermost first, until a tile has about `item-elements` elements, and the
    linalg ops that feed it are computed per tile. Loops that a row reduction in
    the kernel runs over stay whole (a softmax: all of it per block of rows).
    A product of which the kernel computes an operand, attention, is tiled to
    eight rows of one batch and head. What is only moved, into a part of a
    tensor or out of the function, becomes a linalg.copy first; what computes
    such a part writes it in place. Ops of up to `item-elements` elements stay whole.

    Before:
    ```mlir
    %y = linalg.exp ins(%x : tensor<?x512xf32>) outs(%e : tensor<?x512xf32>) -> tensor<?x512xf32>
    ```
    After, with item-elements=16384:
    ```mlir
    %y = scf.forall (%i) = (0) to (%m) step (32) shared_outs(%o = %e) -> (tensor<?x512xf32>) {
      %t = linalg.exp ins(%xs : tensor<?x512xf32>) outs(%os : tensor<?x512xf32>) -> tensor<?x512xf32>
      ...
    ```

    Precondition: a function on tensors; loops of ccq-fuse-decode are kept.
  }];
  let options = [
    Option<"itemElements", "item-elements", "int64_t", /*default=*/"16384",
           "elements that make a work item worth a call">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def DistributeItems : Pass<"ccq-distribute-items", "::mlir::func::FuncOp"> {
  let summary = "parallel loops to loops over a range of work items";
  let description = [{
    The outermost scf.forall loops of a kernel become loops over the part of
    their iterations that a call is given: two index arguments, the half-open
    range of work items, are added at the end. Items of several loops are
    numbered one after the other. The number of items, a function of the
    kernel's index arguments, becomes the attribute `ccq.grid`. Loops that read
    each other's results, and kernels that compute beside their loops, are one
    item, which runs all of the kernel and ignores the range.

    Before:
    ```mlir
    func.func @k(%x: tensor<?x512xf32>, %m: index) -> tensor<?x512xf32> {
      %y = scf.forall (%i) = (0) to (%m) step (32) shared_outs(%o = %e) -> (tensor<?x512xf32>) {
    ```
    After:
    ```mlir
    func.func @k(%x: tensor<?x512xf32>, %m: index, %begin: index, %end: index) -> tensor<?x512xf32>
        attributes {ccq.grid = affine_map<(d0) -> (d0 ceildiv 32)>} {
      %y = scf.for %item = %begin to %end step %c1 iter_args(%o = %e) -> (tensor<?x512xf32>) {
    ```

    Precondition: one block. Idempotent.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

def BindBuffers : Pass<"ccq-bind-buffers", "::mlir::func::FuncOp"> {
  let summary = "kernels to the calling convention of CPU kernels";
  let description = [{
    Gives a kernel the signature
    `void k(void *const *buffers, const int64_t *scalars, int64_t begin, int64_t end)`:
    buffers are the tensor arguments, then the results, in order, row-major and
    contiguous; scalars are the index arguments; [begin, end) are the work items
    of the call. `ccq.extents` says which scalar each dynamic extent is. The body
    stays on tensors: inputs are read-only tensors of the memory, and the results are
    materialized in the output buffers, so that bufferization works in place.

    Before:
    ```mlir
    func.func private @k(%x: tensor<?x512xf32> {ccq.extents = array<i64: 0>}, %m: index, %begin: index, %end: index) -> (tensor<?x512xf32> {ccq.extents = array<i64: 0>})
    ```
    After:
    ```mlir
    func.func @k(%buffers: !llvm.ptr, %scalars: !llvm.ptr, %begin: index, %end: index) {
      %x = bufferization.to_tensor %memref restrict : memref<?x512xf32>
      ...
      bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?x512xf32>, memref<?x512xf32>) -> ()
    ```

    Precondition: `ccq-distribute-items`, no coded arguments.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"
  ];
}

def ReuseInputs : Pass<"ccq-reuse-inputs", "::mlir::func::FuncOp"> {
  let summary = "let elementwise ops overwrite what they read last";
  let description = [{
    An elementwise linalg op that ignores the old value of its destination, and
    reads a tile computed in the kernel for the last time, gets that tile as its
    destination. The epilogue of a contraction then works in place, and the
    chain from fill to epilogue needs one buffer, the output.

    Before:
    ```mlir
    %y = linalg.exp ins(%sum : tensor<4x32xf32>) outs(%slice : tensor<4x32xf32>) -> tensor<4x32xf32>
    ```
    After:
    ```mlir
    %y = linalg.exp ins(%sum : tensor<4x32xf32>) outs(%sum : tensor<4x32xf32>) -> tensor<4x32xf32>
    ```
  }];
}

def PlaceScratch : Pass<"ccq-place-scratch", "::mlir::func::FuncOp"> {
  let summary = "scratch buffers on the stack where they have a bound";
  let description = [{
    Every memref.alloc of bounded size becomes part of the stack frame: memory
    taken once at the entry, however often loops run. Dynamic extents are
    replaced by their constant upper bound. Scratch without one (a row of a
    dynamic length, say) and what goes beyond `max-bytes` in all stays on the
    heap: it is taken in front of the outermost loop where the size has a bound
    there, and freed at the end of the function, otherwise freed at the end of
    its block.

    Before:
    ```mlir
    scf.for ... { %t = memref.alloc() : memref<64x32xf32> ... }
    ```
    After:
    ```mlir
    %t = memref.alloca() {alignment = 64 : i64} : memref<64x32xf32>
    scf.for ... { ... }
    ```

    Precondition: bufferized; no buffer allocated in a loop outlives the
    iteration.
  }];
  let options = [
    Option<"maxBytes", "max-bytes", "int64_t", /*default=*/"262144",
           "most bytes of scratch on the stack">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def ExpandCopies : Pass<"ccq-expand-copies", "::mlir::func::FuncOp"> {
  let summary = "memref.copy to linalg.copy";
  let description = [{
    MLIR lowers a memref.copy between layouts to a call of a runtime function
    that kernels do not have; a linalg.copy becomes loops.

    Before:
    ```mlir
    memref.copy %a, %b : memref<4x8xf32, strided<[16, 1]>> to memref<4x8xf32>
    ```
    After:
    ```mlir
    linalg.copy ins(%a : memref<4x8xf32, strided<[16, 1]>>) outs(%b : memref<4x8xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def VectorizeMatmul : Pass<"ccq-vectorize-matmul", "::mlir::func::FuncOp"> {
  let summary = "matmul tiles to register blocks of vector fma";
  let description = [{
    Replaces linalg.matmul on f32 buffers with static K and N and contiguous
    rows by loops: blocks of four rows by two registers of channels, then single
    rows by up to eight registers, each with its accumulators in registers over
    all of K; channels beyond whole registers form one narrower vector. Every
    sum runs over k in ascending order with one rounding per step where the
    target has fma. Other matmuls are left to generic loops.

    Before:
    ```mlir
    linalg.matmul ins(%a, %b : memref<?x64xf32>, memref<64x32xf32>) outs(%c : memref<?x32xf32>)
    ```
    After, the loop over k of one row:
    ```mlir
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%acc = %c_row) -> (vector<32xf32>) {
      %w = vector.load %b[%k, %c0] : memref<64x32xf32>, vector<32xf32>
      %x = memref.load %a[%m, %k] : memref<?x64xf32>
      %v = vector.broadcast %x : f32 to vector<32xf32>
      %f = vector.fma %v, %w, %acc : vector<32xf32>
      scf.yield %f : vector<32xf32>
    }
    ```
  }];
  let options = [
    Option<"registerLanes", "register-lanes", "int64_t", /*default=*/"8",
           "f32 lanes of a vector register">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

def VectorizeProducts : Pass<"ccq-vectorize-products", "::mlir::func::FuncOp"> {
  let summary = "products of attention to register blocks of vector fma";
  let description = [{
    Replaces products on f32 buffers, linalg ops that add up the product of two
    operands over one loop, by loops: of scores, whose operands both have the
    summed loop innermost, as dot products of up to four rows by two columns at
    a time; of products whose second operand and result have one loop innermost,
    as sums of rows, four rows by two registers or one by eight. Sizes may be
    dynamic. A dot product has one partial sum per lane, added up as a tree at
    the end; a sum of rows runs in ascending order with one rounding per step
    where the target has fma. linalg.matmul and other products are kept.

    Before:
    ```mlir
    linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>], ...}
        ins(%q, %k : memref<?x64xf32>, memref<?x64xf32>) outs(%s : memref<?x?xf32>)
    ```
    After, the loop over one register of k of one row and column:
    ```mlir
    %p = scf.for %k = %c0 to %c64 step %c8 iter_args(%acc = %zeros) -> (vector<8xf32>) {
      %a = vector.load %q[%m, %k] : memref<?x64xf32>, vector<8xf32>
      %b = vector.load %k[%n, %k] : memref<?x64xf32>, vector<8xf32>
      %f = vector.fma %a, %b, %acc : vector<8xf32>
      scf.yield %f : vector<8xf32>
    }
    %d = vector.reduction <add>, %p : vector<8xf32> into f32
    ```
  }];
  let options = [
    Option<"registerLanes", "register-lanes", "int64_t", /*default=*/"8",
           "f32 lanes of a vector register">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def VectorizeRows : Pass<"ccq-vectorize-rows", "::mlir::func::FuncOp"> {
  let summary = "row reductions and functions of rows to vectors";
  let description = [{
    Replaces linalg ops on f32 buffers whose innermost loop runs over contiguous
    elements by loops over vectors of that many lanes, and scalars for the rest,
    if LLVM would not vectorize them itself: reductions of rows to a sum, a
    minimum or a maximum, and elementwise ops that call functions such as exp.
    A sum has one partial sum per lane of two registers, added up as a tree at
    the end.

    Before:
    ```mlir
    linalg.generic {iterator_types = ["parallel", "reduction"], ...} ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %o, %a : f32
      linalg.yield %s : f32
    }
    ```
    After, the loop over whole vectors of a row:
    ```mlir
    %p = scf.for %i = %c0 to %whole step %c16 iter_args(%acc = %zeros) -> (vector<16xf32>) {
      %v = vector.load %x[%m, %i] : memref<?x?xf32>, vector<16xf32>
      %s = arith.addf %acc, %v : vector<16xf32>
      scf.yield %s : vector<16xf32>
    }
    ```
  }];
  let options = [
    Option<"registerLanes", "register-lanes", "int64_t", /*default=*/"8",
           "f32 lanes of a vector register">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def ExpandVectorMath : Pass<"ccq-expand-vector-math", "::mlir::func::FuncOp"> {
  let summary = "exp on vectors as polynomials";
  let description = [{
    Replaces math.exp on vectors of f32 by arithmetic, because the C library has
    it for scalars only; see docs/Rationale/Attention.md for its error. Scalars
    keep the call.

    Before:
    ```mlir
    %y = math.exp %x : vector<8xf32>
    ```
    After: the fraction and the integer part of x / ln 2, a polynomial of the
    former and an exponent made of the latter.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExpandHalf : Pass<"ccq-expand-half", "::mlir::func::FuncOp"> {
  let summary = "conversions of f16 and bf16 in integer arithmetic";
  let description = [{
    Rewrites the conversions for which LLVM would call a function of the
    compiler's run-time library, which a kernel cannot rely on: f64 to f16 and
    bf16 on every processor, and with `has-conversion=false` f16 to f32 and f64
    and f32 to f16 as well. Exact, and rounded to nearest with ties to even, for
    every number, subnormal, infinite and NaN included.

    Before:
    ```mlir
    %f = arith.extf %h : vector<8xf16> to vector<8xf32>
    ```
    After: shifts, one multiplication by 2^112 and a select.
  }];
  let options = [
    Option<"hasConversion", "has-conversion", "bool", /*default=*/"false",
           "the processor converts between f16 and f32 itself">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

#endif // CCQ_TARGET_CPUPASSES_TD
