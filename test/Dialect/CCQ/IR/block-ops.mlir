// RUN: ccq-opt %s | FileCheck %s
// RUN: ccq-opt %s | ccq-opt | FileCheck %s
// RUN: ccq-opt %s --emit-bytecode | ccq-opt | FileCheck %s

// CHECK-LABEL: func.func @blocks
func.func @blocks(%codes: tensor<8x2x16xi8>, %scales: tensor<8x2xf32>, %packed: tensor<8x1xi8>, %zeros: tensor<16xf16>) -> tensor<64x8xf32> {
  // CHECK: ccq.dequantize %{{.*}}, %{{.*}} bits 4 block 32 : tensor<8x2x16xi8>, tensor<8x2xf32> -> tensor<64x8xf32>
  %0 = ccq.dequantize %codes, %scales bits 4 block 32 : tensor<8x2x16xi8>, tensor<8x2xf32> -> tensor<64x8xf32>
  // CHECK: ccq.dequantize %{{.*}}, %{{.*}} zero %{{.*}} bits 4 block 32 {name = "w"} : tensor<8x2x16xi8>, tensor<8x2xf32> zero tensor<8x1xi8> -> tensor<64x8xf32>
  %1 = ccq.dequantize %codes, %scales zero %packed bits 4 block 32 {name = "w"} : tensor<8x2x16xi8>, tensor<8x2xf32> zero tensor<8x1xi8> -> tensor<64x8xf32>
  // CHECK: ccq.dequantize %{{.*}} zero tensor<16xf16> -> tensor<40x8xf32>
  %2 = ccq.dequantize %codes, %scales zero %zeros bits 4 block 32 : tensor<8x2x16xi8>, tensor<8x2xf32> zero tensor<16xf16> -> tensor<40x8xf32>
  return %0 : tensor<64x8xf32>
}
