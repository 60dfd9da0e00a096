// RUN: ccq-opt %s --ccq-specialize-kernels="target=cpu:x86-64-v3" --ccq-specialize-kernels="target=ptx:sm_80" --ccq-lower-cuda-kernels | FileCheck %s

// CUDA modules are lowered; modules of other targets and the originals stay.
//     CHECK: func.func private @k
//     CHECK: func.func private @copy
//     CHECK: module @cpu_x86_64_v3
//     CHECK:   func.func private @k
//     CHECK: module @ptx_sm_80 attributes {ccq.target = "ptx:sm_80", gpu.container_module}
//     CHECK:   gpu.module @k
// CHECK-SAME:    ccq.block = array<i64: 64, 1, 1>
// CHECK-SAME:    ccq.grid =
//     CHECK:     llvm.func @k(%{{.*}}: !llvm.ptr<1>, {{.*}}, %{{.*}}: i32)
// CHECK-SAME:      nvvm.kernel
// CHECK-NOT: builtin.unrealized_conversion_cast
//     CHECK:     llvm.inline_asm {{.*}}"lop3.b32
//     CHECK:     llvm.return
// CHECK-NOT: @copy


#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func private @k(%x: tensor<?x128xf32> {ccq.extents = array<i64: 0>}, %e: !ccq.tensor<128x40xf32, #w2_5>, %m: index) -> (tensor<?x40xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %e : !ccq.tensor<128x40xf32, #w2_5> -> tensor<128x40xf32>
  %empty = tensor.empty(%m) : tensor<?x40xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x40xf32>) -> tensor<?x40xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<?x128xf32>, tensor<128x40xf32>) outs(%fill : tensor<?x40xf32>) -> tensor<?x40xf32>
  return %0 : tensor<?x40xf32>
}
func.func private @copy(%x: tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel} {
  return %x : tensor<4xf32>
}
