// RUN: ccq-opt %s --ccq-expand-half | FileCheck %s

// CHECK-LABEL: func @extend(
//       CHECK:   arith.bitcast %{{.*}} : vector<8xf16> to vector<8xi16>
//       CHECK:   arith.mulf %{{.*}} : vector<8xf32>
//       CHECK:   arith.select
//   CHECK-NOT:   arith.extf
func.func @extend(%h: vector<8xf16>) -> vector<8xf32> {
  %f = arith.extf %h : vector<8xf16> to vector<8xf32>
  return %f : vector<8xf32>
}

// Other extensions stay.
// CHECK-LABEL: func @other(
//       CHECK:   arith.extf %{{.*}} : f32 to f64
func.func @other(%f: f32) -> f64 {
  %d = arith.extf %f : f32 to f64
  return %d : f64
}
