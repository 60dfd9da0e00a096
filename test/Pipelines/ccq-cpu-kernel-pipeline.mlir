// RUN: ccq-opt %s --ccq-cpu-kernel-pipeline="tile-n=32" --mlir-print-ir-before=ccq-vectorize-matmul -o /dev/null 2>&1 | FileCheck %s
// RUN: ccq-opt %s --ccq-cpu-kernel-pipeline="tile-n=32" | FileCheck %s --check-prefix=LLVM

// A layer is computed in its output: the only memory besides is one tile of
// weights on the stack, taken at the entry. Nothing is copied or allocated.
// CHECK-LABEL: func.func @layer(
//       CHECK:   memref.alloca() {{.*}} : memref<64x32xf32>
//   CHECK-NOT:   memref.alloc
//   CHECK-NOT:   memref.copy
//   CHECK-NOT:   linalg.copy
//       CHECK:   linalg.matmul
//   CHECK-NOT:   memref.alloc
//   CHECK-NOT:   linalg.copy
//       CHECK:   linalg.generic
//   CHECK-NOT:   linalg.copy
//       CHECK:   return

// LLVM-LABEL: llvm.func @layer(
//   LLVM-NOT:   llvm.call @
//       LLVM:   llvm.intr.fmuladd

#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>
func.func private @layer(%x: tensor<?x640xf32> {ccq.extents = array<i64: 0>}, %e: !ccq.tensor<640x320xf32, #w2_75>, %b: tensor<320xf32>, %m: index) -> (tensor<?x320xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %e : !ccq.tensor<640x320xf32, #w2_75> -> tensor<640x320xf32>
  %empty = tensor.empty(%m) : tensor<?x320xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x320xf32>) -> tensor<?x320xf32>
  %mm = linalg.matmul ins(%x, %d : tensor<?x640xf32>, tensor<640x320xf32>) outs(%fill : tensor<?x320xf32>) -> tensor<?x320xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%mm, %b : tensor<?x320xf32>, tensor<320xf32>) outs(%empty : tensor<?x320xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x320xf32>
  return %y : tensor<?x320xf32>
}
