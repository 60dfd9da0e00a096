// RUN: ccq-opt %s --ccq-expand-vector-math | FileCheck %s

// The exponential function of a vector becomes arithmetic; that of a scalar and
// other functions of vectors stay.
// CHECK-LABEL: func @powers(
//   CHECK-NOT:   math.exp %{{.*}} : vector
//       CHECK:   math.fma %{{.*}} : vector<8xf32>
//       CHECK:   math.exp %{{.*}} : f32
//       CHECK:   math.tanh %{{.*}} : vector<8xf32>
func.func @powers(%x: vector<8xf32>, %y: f32) -> (vector<8xf32>, f32, vector<8xf32>) {
  %0 = math.exp %x : vector<8xf32>
  %1 = math.exp %y : f32
  %2 = math.tanh %x : vector<8xf32>
  return %0, %1, %2 : vector<8xf32>, f32, vector<8xf32>
}
