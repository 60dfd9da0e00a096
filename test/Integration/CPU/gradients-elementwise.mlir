// Derivatives of scalar functions against finite differences.
// DEFINE: %{check} = python3 %S/Inputs/check-gradients.py
// RUN: rm -rf %t
// RUN: %{check} %s %t cotangent a=p8:5x3 b=p8:3 cotangent=g8:5x3 | FileCheck %s
// RUN: rm -rf %t
// RUN: %{check} %s %t squares a=p8:2x3 b=p8:3 target=g8:2x3 | FileCheck %s
// CHECK: ok: 2 parameters

#id = affine_map<(d0, d1) -> (d0, d1)>
#last = affine_map<(d0, d1) -> (d1)>
func.func @main(%a: tensor<?x3xf64> {ccq.name = "a", ccq.dims = ["rows"]}, %b: tensor<3xf64> {ccq.name = "b"}) -> (tensor<?x3xf64> {ccq.name = "y", ccq.dims = ["rows"]}) {
  %rows = ccq.dim "rows" : index
  %e = tensor.empty(%rows) : tensor<?x3xf64>
  %y = linalg.generic {indexing_maps = [#id, #last, #id], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<?x3xf64>, tensor<3xf64>) outs(%e : tensor<?x3xf64>) {
  ^bb0(%x: f64, %z: f64, %out: f64):
    %half = arith.constant 0.5 : f64
    %1 = math.exp %x : f64
    %2 = math.log %z : f64
    %3 = math.sqrt %x : f64
    %4 = math.rsqrt %z : f64
    %5 = math.tanh %x : f64
    %6 = math.erf %z : f64
    %7 = math.sin %x : f64
    %8 = math.cos %z : f64
    %9 = math.powf %x, %z : f64
    %10 = math.log1p %x : f64
    %11 = math.expm1 %z : f64
    %12 = arith.divf %1, %2 : f64
    %13 = arith.mulf %3, %4 : f64
    %14 = arith.subf %5, %6 : f64
    %15 = arith.mulf %7, %8 : f64
    %16 = arith.mulf %10, %11 : f64
    %17 = arith.negf %16 : f64
    %18 = arith.maximumf %x, %z : f64
    %19 = arith.minimumf %13, %15 : f64
    %c = arith.cmpf olt, %x, %z : f64
    %20 = arith.select %c, %9, %14 : f64
    %21 = math.absf %17 : f64
    %22 = math.fma %18, %19, %20 : f64
    %23 = arith.addf %22, %21 : f64
    %24 = arith.mulf %12, %half : f64
    %25 = math.floor %x : f64
    %26 = arith.mulf %24, %25 : f64
    %27 = arith.addf %23, %26 : f64
    %28 = math.log2 %x : f64
    %29 = math.exp2 %28 : f64
    %30 = arith.addf %27, %29 : f64
    %31 = math.atan %z : f64
    %32 = arith.mulf %30, %31 : f64
    linalg.yield %32 : f64
  } -> tensor<?x3xf64>
  return %y : tensor<?x3xf64>
}
