// RUN: ccq-opt %s --ccq-lower-gpu-math --split-input-file --verify-diagnostics | FileCheck %s

// Functions with instructions become intrinsics.
// CHECK-LABEL: func.func @instructions
// CHECK:         llvm.call_intrinsic "llvm.fabs"(%{{.*}}) : (f32) -> f32
// CHECK:         llvm.call_intrinsic "llvm.sqrt"
// CHECK:         llvm.call_intrinsic "llvm.fma"(%{{.*}}) : (vector<2xf16>, vector<2xf16>, vector<2xf16>) -> vector<2xf16>
func.func @instructions(%x: f32, %v: vector<2xf16>) -> (f32, vector<2xf16>) {
  %a = math.absf %x : f32
  %b = math.sqrt %a : f32
  %c = math.fma %v, %v, %v : vector<2xf16>
  return %b, %c : f32, vector<2xf16>
}

// The others become arithmetic.
// CHECK-LABEL: func.func @expansions
// CHECK-NOT:     math.
// CHECK:         return
func.func @expansions(%x: f32) -> f32 {
  %a = math.exp %x : f32
  %b = math.tanh %a : f32
  %c = math.erf %b : f32
  %d = math.log %c : f32
  %e = math.log1p %d : f32
  %f = math.rsqrt %e : f32
  %g = math.powf %f, %x : f32
  return %g : f32
}

// CHECK-LABEL: func.func @integers
// CHECK-SAME:    %[[X:.*]]: i32
// CHECK:         %[[NEGATIVE:.*]] = arith.subi %{{.*}}, %[[X]] : i32
// CHECK:         arith.maxsi %[[X]], %[[NEGATIVE]] : i32
func.func @integers(%x: i32) -> i32 {
  %a = math.absi %x : i32
  return %a : i32
}

// -----

func.func @unknown(%x: f32) -> f32 {
  // expected-error @+1 {{expected a function with a GPU expansion: absi, erf, exp, log, log1p, powf, rsqrt, tanh}}
  %z = math.sin %x : f32
  return %z : f32
}

// -----

func.func @double(%x: f64) -> f64 {
  // expected-error @+1 {{expected f32 operands of a GPU expansion, got 'f64'}}
  %z = math.exp %x : f64
  return %z : f64
}
