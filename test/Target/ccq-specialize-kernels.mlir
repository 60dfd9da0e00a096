// RUN: ccq-opt %s --ccq-specialize-kernels="target=cpu:x86-64-v3" | FileCheck %s --check-prefix=CPU
// RUN: ccq-opt %s --ccq-specialize-kernels="target=cuda:sm_90a formats=ptx,cubin" | FileCheck %s --check-prefix=GPU
// RUN: ccq-opt %s --ccq-specialize-kernels="target=cpu:native" | FileCheck %s --check-prefix=NATIVE
// RUN: not ccq-opt %s --ccq-specialize-kernels="target=cpu:pentium" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not ccq-opt %s --ccq-specialize-kernels="target=cpu:x86-64" --ccq-specialize-kernels="target=cpu:x86-64" 2>&1 | FileCheck %s --check-prefix=TWICE

// All kernels for a CPU, beside the originals.
//       CPU: func.func private @coded({{.*}}!ccq.tensor<64x30xf32, #{{[a-z0-9_]*}}>
//       CPU: func.func private @plain
//       CPU: func.func @main
//       CPU: module @cpu_x86_64_v3 attributes {ccq.target = "cpu:x86-64-v3"} {
//       CPU:   func.func private @coded({{.*}}!ccq.tensor<64x30xf32, #{{[a-z0-9_]*}}>
//       CPU:   func.func private @plain
//   CPU-NOT:   func.func

// Coded matmuls for a GPU, with aligned rows.
//       GPU: module @cuda_sm_90a attributes {ccq.formats = ["ptx", "cubin"], ccq.target = "cuda:sm_90a"} {
//       GPU:   func.func private @coded({{.*}}!ccq.tensor<64x30xf32, #{{[a-z0-9_]*}}, #ccq.row_pitch<16>>
//       GPU:     ccq.decode %{{.*}} : !ccq.tensor<64x30xf32, #{{[a-z0-9_]*}}, #ccq.row_pitch<16>> -> tensor<64x30xf32>
//   GPU-NOT:   func.func

// NATIVE: module @cpu_{{x86_64|x86_64_v3|x86_64_v4|avx512vnni}} attributes {ccq.target = "cpu:{{x86-64|x86-64-v3|x86-64-v4|avx512vnni}}"}

// UNKNOWN: error: expected a target that `ccq targets` lists, got "cpu:pentium"
// TWICE: error: expected no module for target "cpu:x86-64" yet

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func private @coded(%x: tensor<4x64xf32>, %e: !ccq.tensor<64x30xf32, #i8>, %init: tensor<4x30xf32>) -> tensor<4x30xf32> attributes {ccq.kernel} {
  %d = ccq.decode %e : !ccq.tensor<64x30xf32, #i8> -> tensor<64x30xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<4x64xf32>, tensor<64x30xf32>) outs(%init : tensor<4x30xf32>) -> tensor<4x30xf32>
  return %0 : tensor<4x30xf32>
}
func.func private @plain(%x: tensor<4x64xf32>) -> tensor<4x64xf32> attributes {ccq.kernel} {
  %0 = tensor.empty() : tensor<4x64xf32>
  %1 = linalg.exp ins(%x : tensor<4x64xf32>) outs(%0 : tensor<4x64xf32>) -> tensor<4x64xf32>
  return %1 : tensor<4x64xf32>
}
func.func @main(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %0 = ccq.dispatch @plain(%x) : (tensor<4x64xf32>) -> tensor<4x64xf32>
  return %0 : tensor<4x64xf32>
}
