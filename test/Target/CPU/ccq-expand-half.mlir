// RUN: ccq-opt %s --ccq-expand-half | FileCheck %s
// RUN: ccq-opt %s --ccq-expand-half="has-conversion=true" | FileCheck %s --check-prefix=NATIVE

// CHECK-LABEL: func @extend(
//       CHECK:   arith.bitcast %{{.*}} : vector<8xf16> to vector<8xi16>
//       CHECK:   arith.mulf %{{.*}} : vector<8xf32>
//       CHECK:   arith.select
//   CHECK-NOT:   arith.extf
func.func @extend(%h: vector<8xf16>) -> vector<8xf32> {
  %f = arith.extf %h : vector<8xf16> to vector<8xf32>
  return %f : vector<8xf32>
}

// CHECK-LABEL: func @extend_to_double(
//       CHECK:   arith.bitcast %{{.*}} : i32 to f32
//       CHECK:   arith.extf %{{.*}} : f32 to f64
//  NATIVE-LABEL: func @extend_to_double(
//        NATIVE:   arith.extf %{{.*}} : f16 to f64
func.func @extend_to_double(%h: f16) -> f64 {
  %f = arith.extf %h : f16 to f64
  return %f : f64
}

// CHECK-LABEL: func @truncate(
//   CHECK-NOT:   arith.truncf
//       CHECK:   arith.bitcast %{{.*}} : vector<8xi16> to vector<8xf16>
//  NATIVE-LABEL: func @truncate(
//        NATIVE:   arith.truncf
func.func @truncate(%f: vector<8xf32>) -> vector<8xf16> {
  %h = arith.truncf %f : vector<8xf32> to vector<8xf16>
  return %h : vector<8xf16>
}

// From f64 in two steps, the first of which keeps what the second has to know.
// CHECK-LABEL: func @truncate_double(
//       CHECK:   arith.truncf %{{.*}} : f64 to f32
//   CHECK-NOT:   arith.truncf %{{.*}} : f{{[0-9]+}} to f16
//       CHECK:   arith.truncf %{{.*}} : f32 to bf16
//  NATIVE-LABEL: func @truncate_double(
//        NATIVE:   arith.truncf %{{.*}} : f64 to f32
//        NATIVE:   arith.truncf %{{.*}} : f32 to f16
//        NATIVE:   arith.truncf %{{.*}} : f32 to bf16
func.func @truncate_double(%d: f64) -> (f16, bf16) {
  %h = arith.truncf %d : f64 to f16
  %b = arith.truncf %d : f64 to bf16
  return %h, %b : f16, bf16
}

// Other extensions stay.
// CHECK-LABEL: func @other(
//       CHECK:   arith.extf %{{.*}} : f32 to f64
func.func @other(%f: f32) -> f64 {
  %d = arith.extf %f : f32 to f64
  return %d : f64
}
