// RUN: ccq-opt %s --ccq-cuda-kernel-pipeline | FileCheck %s

// A kernel on tensors becomes a GPU module in the LLVM and NVVM dialects.
// CHECK-NOT: func.func
//     CHECK: gpu.module @k
// CHECK-SAME:  ccq.strategy
//     CHECK:   llvm.func @k(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>)
// CHECK-NOT: {{(vector|memref|scf|arith|ccq)\.[a-z]+ }}
//     CHECK:     nvvm.mma.sync
//     CHECK:     llvm.return

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @k(%x: tensor<3x64xf32>, %w: !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %w : !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>> -> tensor<64x32xf32>
  %e = tensor.empty() : tensor<3x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %y = linalg.matmul ins(%x, %d : tensor<3x64xf32>, tensor<64x32xf32>) outs(%f : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %y : tensor<3x32xf32>
}
