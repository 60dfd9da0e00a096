// RUN: ccq-opt %s --split-input-file --ccq-form-dispatches | FileCheck %s
// RUN: ccq-opt %s --split-input-file --canonicalize --cse --ccq-form-dispatches | FileCheck %s
// An RMS normalization whose mean keeps its axis is one dispatch: the loops of
// one iteration are dropped.
// CHECK-LABEL: func.func @rms_norm
//       CHECK:   %[[Y:.*]] = ccq.dispatch_region
//   CHECK-DAG:     linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
//   CHECK-DAG:     math.rsqrt
//       CHECK:     ccq.yield %{{.*}} : tensor<?x?x64xf32>
//   CHECK-NOT:   ccq.dispatch_region
//       CHECK:   return %[[Y]]
#row = affine_map<(b, s, n) -> (b, s)>
#mean = affine_map<(b, s, n) -> (b, s, 0)>
#all = affine_map<(b, s, n) -> (b, s, n)>
func.func @rms_norm(%x: tensor<?x?x64xf32> {ccq.dims = ["batch", "seq"], ccq.name = "x"}) -> (tensor<?x?x64xf32> {ccq.dims = ["batch", "seq"], ccq.name = "y"}) {
  %zero = arith.constant 0.0 : f32
  %batch = ccq.dim "batch" : index
  %seq = ccq.dim "seq" : index
  %sums = tensor.empty(%batch, %seq) : tensor<?x?xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%sums : tensor<?x?xf32>) -> tensor<?x?xf32>
  %sum = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<?x?x64xf32>) outs(%fill : tensor<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = arith.mulf %a, %a : f32
    %q = arith.addf %o, %p : f32
    linalg.yield %q : f32
  } -> tensor<?x?xf32>
  %kept = tensor.expand_shape %sum [[0], [1, 2]] output_shape [%batch, %seq, 1] : tensor<?x?xf32> into tensor<?x?x1xf32>
  %scales = tensor.empty(%batch, %seq) : tensor<?x?x1xf32>
  %scale = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%kept : tensor<?x?x1xf32>) outs(%scales : tensor<?x?x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = math.rsqrt %a : f32
    linalg.yield %r : f32
  } -> tensor<?x?x1xf32>
  %ys = tensor.empty(%batch, %seq) : tensor<?x?x64xf32>
  %y = linalg.generic {indexing_maps = [#all, #mean, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %scale : tensor<?x?x64xf32>, tensor<?x?x1xf32>) outs(%ys : tensor<?x?x64xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %r = arith.mulf %a, %s : f32
    linalg.yield %r : f32
  } -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// The sum with a residual is computed on the rows of the product in front of
// it, in its dispatch, and expanded afterwards; what feeds a reduction is not.
// CHECK-LABEL: func.func @residual
//       CHECK:   %[[ROWS:.*]] = ccq.dispatch_region
//       CHECK:     linalg.matmul
//       CHECK:     linalg.generic
//       CHECK:     ccq.yield %{{.*}} : tensor<?x64xf32>
//       CHECK:   ccq.dispatch_region
//       CHECK:     tensor.expand_shape %[[ROWS]]
//       CHECK:     arith.mulf
//       CHECK:     arith.addf
#row = affine_map<(b, s, n) -> (b, s)>
#bias = affine_map<(b, s, n) -> (n)>
#all = affine_map<(b, s, n) -> (b, s, n)>
func.func @residual(%x: tensor<?x?x64xf32> {ccq.dims = ["batch", "seq"], ccq.name = "x"}, %w: tensor<64x64xf32>, %b: tensor<64xf32>) -> (tensor<?x?xf32> {ccq.dims = ["batch", "seq"], ccq.name = "y"}) {
  %zero = arith.constant 0.0 : f32
  %batch = ccq.dim "batch" : index
  %seq = ccq.dim "seq" : index
  %rows = arith.muli %batch, %seq : index
  %in = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x64xf32> into tensor<?x64xf32>
  %product = tensor.empty(%rows) : tensor<?x64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%product : tensor<?x64xf32>) -> tensor<?x64xf32>
  %mm = linalg.matmul ins(%in, %w : tensor<?x64xf32>, tensor<64x64xf32>) outs(%init : tensor<?x64xf32>) -> tensor<?x64xf32>
  %out = tensor.expand_shape %mm [[0, 1], [2]] output_shape [%batch, %seq, 64] : tensor<?x64xf32> into tensor<?x?x64xf32>
  %ys = tensor.empty(%batch, %seq) : tensor<?x?x64xf32>
  %y = linalg.generic {indexing_maps = [#all, #all, #bias, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%out, %x, %b : tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<64xf32>) outs(%ys : tensor<?x?x64xf32>) {
  ^bb0(%a: f32, %c: f32, %d: f32, %o: f32):
    %r = arith.addf %a, %c : f32
    %t = arith.addf %r, %d : f32
    linalg.yield %t : f32
  } -> tensor<?x?x64xf32>
  %squares = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%y : tensor<?x?x64xf32>) outs(%ys : tensor<?x?x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.mulf %a, %a : f32
    linalg.yield %r : f32
  } -> tensor<?x?x64xf32>
  %sums = tensor.empty(%batch, %seq) : tensor<?x?xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%sums : tensor<?x?xf32>) -> tensor<?x?xf32>
  %sum = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%squares : tensor<?x?x64xf32>) outs(%fill : tensor<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.addf %o, %a : f32
    linalg.yield %q : f32
  } -> tensor<?x?xf32>
  return %sum : tensor<?x?xf32>
}
