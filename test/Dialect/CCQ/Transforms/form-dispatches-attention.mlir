// RUN: ccq-opt %s --split-input-file --ccq-form-dispatches | FileCheck %s
// RUN: ccq-opt %s --split-input-file --canonicalize --cse --ccq-form-dispatches | FileCheck %s
// RUN: ccq-opt %s --split-input-file --ccq-form-dispatches=fuse-attention=false | FileCheck %s --check-prefix=APART

// Attention as exporters write it, with a mask and two heads per key head, is
// one dispatch: keys and values are read from where they are, key head h / 2
// for head h, and the result is written by row and head.
// CHECK-DAG: #[[QUERY:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>
// CHECK-DAG: #[[KEY:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1 floordiv 2, d4)>
// CHECK-DAG: #[[SCORE:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[WEIGHT:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[VALUE:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d1 floordiv 2, d3)>
// CHECK-DAG: #[[MIXED:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d3)>
// CHECK-LABEL: func.func @grouped_heads
//   CHECK-NOT:   linalg
//       CHECK:   %[[Y:.*]] = ccq.dispatch_region
//       CHECK:     linalg.generic {indexing_maps = [#[[QUERY]], #[[KEY]], #[[SCORE]]]
//   CHECK-DAG:     math.exp
//   CHECK-DAG:     arith.divf
//       CHECK:     linalg.generic {indexing_maps = [#[[WEIGHT]], #[[VALUE]], #[[MIXED]]]
//       CHECK:     ccq.yield %{{.*}} : tensor<?x?x4x8xf32>
//   CHECK-NOT:   linalg
//       CHECK:   return
// Apart, it is the repetition of keys and values, transposes and three more.
// APART-LABEL: func.func @grouped_heads
// APART-COUNT-9: ccq.dispatch_region
#all = affine_map<(b, h, m, n) -> (b, h, m, n)>
#row = affine_map<(b, h, m, n) -> (b, h, m)>
#mask = affine_map<(b, h, m, n) -> (m, n)>
#key = affine_map<(b, g, r, n, d) -> (b, g, n, d)>
#repeated = affine_map<(b, g, r, n, d) -> (b, g, r, n, d)>
func.func @grouped_heads(%q: tensor<?x?x4x8xf32> {ccq.dims = ["batch", "rows"], ccq.name = "q"}, %k: tensor<?x?x2x8xf32> {ccq.dims = ["batch", "columns"], ccq.name = "k"},
                         %v: tensor<?x?x2x8xf32> {ccq.dims = ["batch", "columns"], ccq.name = "v"}, %mask: tensor<?x?xf32> {ccq.dims = ["rows", "columns"], ccq.name = "mask"})
    -> (tensor<?x?x4x8xf32> {ccq.dims = ["batch", "rows"], ccq.name = "y"}) {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %scale = arith.constant 0.353553385 : f32
  %c4 = arith.constant 4 : index
  %batch = ccq.dim "batch" : index
  %rows = ccq.dim "rows" : index
  %columns = ccq.dim "columns" : index
  %heads = arith.muli %batch, %c4 : index
  %qe = tensor.empty(%batch, %rows) : tensor<?x4x?x8xf32>
  %qt = linalg.transpose ins(%q : tensor<?x?x4x8xf32>) outs(%qe : tensor<?x4x?x8xf32>) permutation = [0, 2, 1, 3]
  %ke = tensor.empty(%batch, %columns) : tensor<?x2x?x8xf32>
  %kt = linalg.transpose ins(%k : tensor<?x?x2x8xf32>) outs(%ke : tensor<?x2x?x8xf32>) permutation = [0, 2, 1, 3]
  %ve = tensor.empty(%batch, %columns) : tensor<?x2x?x8xf32>
  %vt = linalg.transpose ins(%v : tensor<?x?x2x8xf32>) outs(%ve : tensor<?x2x?x8xf32>) permutation = [0, 2, 1, 3]
  %re = tensor.empty(%batch, %columns) : tensor<?x2x2x?x8xf32>
  %kr = linalg.generic {indexing_maps = [#key, #repeated], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%kt : tensor<?x2x?x8xf32>) outs(%re : tensor<?x2x2x?x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<?x2x2x?x8xf32>
  %vr = linalg.generic {indexing_maps = [#key, #repeated], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%vt : tensor<?x2x?x8xf32>) outs(%re : tensor<?x2x2x?x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<?x2x2x?x8xf32>
  %kh = tensor.collapse_shape %kr [[0], [1, 2], [3], [4]] : tensor<?x2x2x?x8xf32> into tensor<?x4x?x8xf32>
  %vh = tensor.collapse_shape %vr [[0], [1, 2], [3], [4]] : tensor<?x2x2x?x8xf32> into tensor<?x4x?x8xf32>
  %ce = tensor.empty(%batch, %columns) : tensor<?x4x8x?xf32>
  %kc = linalg.transpose ins(%kh : tensor<?x4x?x8xf32>) outs(%ce : tensor<?x4x8x?xf32>) permutation = [0, 1, 3, 2]
  %lhs = tensor.collapse_shape %qt [[0, 1], [2], [3]] : tensor<?x4x?x8xf32> into tensor<?x?x8xf32>
  %rhs = tensor.collapse_shape %kc [[0, 1], [2], [3]] : tensor<?x4x8x?xf32> into tensor<?x8x?xf32>
  %se = tensor.empty(%heads, %rows, %columns) : tensor<?x?x?xf32>
  %sf = linalg.fill ins(%zero : f32) outs(%se : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %product = linalg.batch_matmul ins(%lhs, %rhs : tensor<?x?x8xf32>, tensor<?x8x?xf32>) outs(%sf : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %scores = tensor.expand_shape %product [[0, 1], [2], [3]] output_shape [%batch, 4, %rows, %columns] : tensor<?x?x?xf32> into tensor<?x4x?x?xf32>
  %me = tensor.empty(%batch, %rows, %columns) : tensor<?x4x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#all, #mask, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32>) outs(%me : tensor<?x4x?x?xf32>) {
  ^bb0(%a: f32, %m: f32, %o: f32):
    %p = arith.mulf %a, %scale : f32
    %s = arith.addf %p, %m : f32
    linalg.yield %s : f32
  } -> tensor<?x4x?x?xf32>
  %te = tensor.empty(%batch, %rows) : tensor<?x4x?xf32>
  %pf = linalg.fill ins(%lowest : f32) outs(%te : tensor<?x4x?xf32>) -> tensor<?x4x?xf32>
  %peak = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%masked : tensor<?x4x?x?xf32>) outs(%pf : tensor<?x4x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.maximumf %o, %a : f32
    linalg.yield %r : f32
  } -> tensor<?x4x?xf32>
  %powers = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%masked, %peak : tensor<?x4x?x?xf32>, tensor<?x4x?xf32>) outs(%me : tensor<?x4x?x?xf32>) {
  ^bb0(%a: f32, %p: f32, %o: f32):
    %d = arith.subf %a, %p : f32
    %r = math.exp %d : f32
    linalg.yield %r : f32
  } -> tensor<?x4x?x?xf32>
  %uf = linalg.fill ins(%zero : f32) outs(%te : tensor<?x4x?xf32>) -> tensor<?x4x?xf32>
  %sum = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%powers : tensor<?x4x?x?xf32>) outs(%uf : tensor<?x4x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %o, %a : f32
    linalg.yield %r : f32
  } -> tensor<?x4x?xf32>
  %weights = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%powers, %sum : tensor<?x4x?x?xf32>, tensor<?x4x?xf32>) outs(%me : tensor<?x4x?x?xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %r = arith.divf %a, %s : f32
    linalg.yield %r : f32
  } -> tensor<?x4x?x?xf32>
  %wc = tensor.collapse_shape %weights [[0, 1], [2], [3]] : tensor<?x4x?x?xf32> into tensor<?x?x?xf32>
  %vc = tensor.collapse_shape %vh [[0, 1], [2], [3]] : tensor<?x4x?x8xf32> into tensor<?x?x8xf32>
  %oe = tensor.empty(%heads, %rows) : tensor<?x?x8xf32>
  %of = linalg.fill ins(%zero : f32) outs(%oe : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %mixed = linalg.batch_matmul ins(%wc, %vc : tensor<?x?x?xf32>, tensor<?x?x8xf32>) outs(%of : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [%batch, 4, %rows, 8] : tensor<?x?x8xf32> into tensor<?x4x?x8xf32>
  %ye = tensor.empty(%batch, %rows) : tensor<?x?x4x8xf32>
  %y = linalg.transpose ins(%by_head : tensor<?x4x?x8xf32>) outs(%ye : tensor<?x?x4x8xf32>) permutation = [0, 2, 1, 3]
  return %y : tensor<?x?x4x8xf32>
}

// -----

// One head, no mask, weights that are no softmax: any reductions and
// elementwise ops on the rows of scores will do. The scores of the second
// function are a result: they are computed in a dispatch of their own.
// CHECK-LABEL: func.func @one_head
//       CHECK:   %[[Y:.*]] = ccq.dispatch_region
//       CHECK:     linalg.generic
//       CHECK:     ccq.yield %{{.*}} : tensor<?x8xf32>
//   CHECK-NOT:   ccq.dispatch_region
//       CHECK:   return %[[Y]]
#all = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m)>
func.func @one_head(%q: tensor<?x8xf32> {ccq.dims = ["rows"], ccq.name = "q"}, %k: tensor<8x12xf32> {ccq.name = "k"}, %v: tensor<12x8xf32> {ccq.name = "v"}) -> (tensor<?x8xf32> {ccq.dims = ["rows"], ccq.name = "y"}) {
  %zero = arith.constant 0.0 : f32
  %rows = ccq.dim "rows" : index
  %se = tensor.empty(%rows) : tensor<?x12xf32>
  %sf = linalg.fill ins(%zero : f32) outs(%se : tensor<?x12xf32>) -> tensor<?x12xf32>
  %scores = linalg.matmul ins(%q, %k : tensor<?x8xf32>, tensor<8x12xf32>) outs(%sf : tensor<?x12xf32>) -> tensor<?x12xf32>
  %te = tensor.empty(%rows) : tensor<?xf32>
  %uf = linalg.fill ins(%zero : f32) outs(%te : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]} ins(%scores : tensor<?x12xf32>) outs(%uf : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %o, %a : f32
    linalg.yield %r : f32
  } -> tensor<?xf32>
  %weights = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel"]} ins(%scores, %sum : tensor<?x12xf32>, tensor<?xf32>) outs(%se : tensor<?x12xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %r = arith.divf %a, %s : f32
    linalg.yield %r : f32
  } -> tensor<?x12xf32>
  %ye = tensor.empty(%rows) : tensor<?x8xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = linalg.matmul ins(%weights, %v : tensor<?x12xf32>, tensor<12x8xf32>) outs(%yf : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @scores_are_read
//       CHECK:   ccq.dispatch_region
//       CHECK:     linalg.matmul
//       CHECK:     ccq.yield %{{.*}} : tensor<?x12xf32>
//       CHECK:   ccq.dispatch_region
//       CHECK:   ccq.dispatch_region
//       CHECK:     linalg.matmul
//       CHECK:     ccq.yield %{{.*}} : tensor<?x8xf32>
func.func @scores_are_read(%q: tensor<?x8xf32> {ccq.dims = ["rows"], ccq.name = "q"}, %k: tensor<8x12xf32> {ccq.name = "k"}, %v: tensor<12x8xf32> {ccq.name = "v"})
    -> (tensor<?x8xf32> {ccq.dims = ["rows"], ccq.name = "y"}, tensor<?x12xf32> {ccq.dims = ["rows"], ccq.name = "s"}) {
  %zero = arith.constant 0.0 : f32
  %rows = ccq.dim "rows" : index
  %se = tensor.empty(%rows) : tensor<?x12xf32>
  %sf = linalg.fill ins(%zero : f32) outs(%se : tensor<?x12xf32>) -> tensor<?x12xf32>
  %scores = linalg.matmul ins(%q, %k : tensor<?x8xf32>, tensor<8x12xf32>) outs(%sf : tensor<?x12xf32>) -> tensor<?x12xf32>
  %te = tensor.empty(%rows) : tensor<?xf32>
  %uf = linalg.fill ins(%zero : f32) outs(%te : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]} ins(%scores : tensor<?x12xf32>) outs(%uf : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %o, %a : f32
    linalg.yield %r : f32
  } -> tensor<?xf32>
  %weights = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel"]} ins(%scores, %sum : tensor<?x12xf32>, tensor<?xf32>) outs(%se : tensor<?x12xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %r = arith.divf %a, %s : f32
    linalg.yield %r : f32
  } -> tensor<?x12xf32>
  %ye = tensor.empty(%rows) : tensor<?x8xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = linalg.matmul ins(%weights, %v : tensor<?x12xf32>, tensor<12x8xf32>) outs(%yf : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y, %scores : tensor<?x8xf32>, tensor<?x12xf32>
}
