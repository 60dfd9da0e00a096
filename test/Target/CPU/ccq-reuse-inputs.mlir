// RUN: ccq-opt %s --ccq-reuse-inputs | FileCheck %s

#identity = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (n)>

// The tile that the product left behind becomes the destination.
// CHECK-LABEL: func @epilogue(
//       CHECK:   %[[SUM:.*]] = linalg.matmul
//       CHECK:   linalg.generic {{.*}} ins(%[[SUM]], %{{.*}}) outs(%[[SUM]] :
func.func @epilogue(%a: tensor<4x8xf32>, %b: tensor<8x16xf32>, %init: tensor<4x16xf32>, %bias: tensor<16xf32>, %out: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %sum = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %0 = linalg.generic {indexing_maps = [#identity, #row, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%sum, %bias : tensor<4x16xf32>, tensor<16xf32>) outs(%out : tensor<4x16xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %s = arith.addf %x, %y : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// Not what the caller owns, what is read again, or what is accumulated onto; but
// the last reader may overwrite what others read before.
// CHECK-LABEL: func @kept(
//  CHECK-SAME:   %[[A:[^:]*]]: tensor<4x4xf32>, %[[OUT:[^:]*]]: tensor<4x4xf32>)
//       CHECK:   %[[ARGUMENT:.*]] = linalg.exp ins(%[[A]] : tensor<4x4xf32>) outs(%[[OUT]] :
//       CHECK:   linalg.exp ins(%[[ARGUMENT]] : tensor<4x4xf32>) outs(%[[OUT]] :
//       CHECK:   linalg.exp ins(%[[ARGUMENT]] : tensor<4x4xf32>) outs(%[[ARGUMENT]] :
//       CHECK:   linalg.generic {{.*}} ins(%{{.*}} : tensor<4x4xf32>) outs(%[[OUT]] :
func.func @kept(%a: tensor<4x4xf32>, %out: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = linalg.exp ins(%a : tensor<4x4xf32>) outs(%out : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.exp ins(%0 : tensor<4x4xf32>) outs(%out : tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = linalg.exp ins(%0 : tensor<4x4xf32>) outs(%out : tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<4x4xf32>) outs(%out : tensor<4x4xf32>) {
  ^bb0(%x: f32, %o: f32):
    %s = arith.addf %x, %o : f32
    linalg.yield %s : f32
  } -> tensor<4x4xf32>
  return %2, %3 : tensor<4x4xf32>, tensor<4x4xf32>
}
