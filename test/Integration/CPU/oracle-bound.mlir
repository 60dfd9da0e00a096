// A coded layer with fused multiply-add against the layer with the decoded
// weights in float32 and without: both are within the bound of
// docs/Rationale/CpuKernels.md of the exact sum. K = 150, |x| <= 1, no bias, and
// codes of weights of at most 1 decode to at most 1.25, so that sum |x| |w| is
// at most 187.5 and the bound (K + 3) 2^-23 187.5 = 3.5e-3.
// REQUIRES: avx2
// DEFINE: %{words} = --ccq-quantize-weights="scheme=w2.5"
// DEFINE: %{integers} = --ccq-quantize-weights="scheme=i8"
// DEFINE: %{oracle} = --pass-pipeline="builtin.module(func.func(ccq-materialize-decode))"
// RUN: rm -rf %t && mkdir %t
// RUN: python3 %src_root/test/Tools/ccq/Inputs/make-npy.py %t/w.npy '<f4' 150x37 0.5 -1 0.25 0.75 1 -0.125 0.9 -0.3 0 0.625 -0.8
// RUN: python3 %src_root/test/Tools/ccq/Inputs/make-npy.py %t/x.npy '<f4' 5x150 1 -1 0.3 -0.7 0.99 -0.01 0.123
// RUN: cp %s %t/in.mlir
// RUN: ccq-opt %t/in.mlir %{words} -o %t/words.mlir
// RUN: ccq-opt %t/words.mlir --ccq-cpu-pipeline="target=cpu:x86-64-v3" --emit=artifact -o %t/words.ccq
// RUN: ccq-opt %t/words.mlir %{oracle} -o %t/words-oracle.mlir
// RUN: ccq-opt %t/words-oracle.mlir --ccq-cpu-pipeline="target=cpu:x86-64" --emit=artifact -o %t/words-oracle.ccq
// RUN: ccq-run %t/words-oracle.ccq -q --input x=%t/x.npy --output y=%t/words.npy
// RUN: ccq-run %t/words.ccq --input x=%t/x.npy --expect y=%t/words.npy --rtol 0 --atol 3.5e-3
// RUN: ccq-opt %t/in.mlir %{integers} -o %t/integers.mlir
// RUN: ccq-opt %t/integers.mlir --ccq-cpu-pipeline="target=cpu:x86-64-v3" --emit=artifact -o %t/integers.ccq
// RUN: ccq-opt %t/integers.mlir %{oracle} -o %t/integers-oracle.mlir
// RUN: ccq-opt %t/integers-oracle.mlir --ccq-cpu-pipeline="target=cpu:x86-64" --emit=artifact -o %t/integers-oracle.ccq
// RUN: ccq-run %t/integers-oracle.ccq -q --input x=%t/x.npy --output y=%t/integers.npy
// RUN: ccq-run %t/integers.ccq --input x=%t/x.npy --expect y=%t/integers.npy --rtol 0 --atol 3.5e-3

ccq.store @file "w.npy"
func.func @main(%x: tensor<?x150xf32> {ccq.name = "x", ccq.dims = ["batch"]}) -> (tensor<?x37xf32> {ccq.name = "y", ccq.dims = ["batch"]}) {
  %batch = ccq.dim "batch" : index
  %w = ccq.source @file[128, 22200] {name = "w"} : tensor<150x37xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%batch) : tensor<?x37xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x37xf32>) -> tensor<?x37xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x150xf32>, tensor<150x37xf32>) outs(%fill : tensor<?x37xf32>) -> tensor<?x37xf32>
  return %y : tensor<?x37xf32>
}
