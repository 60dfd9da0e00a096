// Attention with everything at once: two query heads per key head, cached keys
// and values that the model gives out with the new ones behind them, a mask and
// later columns hidden; five columns per head are no multiple of a register.
// Numbers of rows and columns on both sides of what a work item and a register
// take.
// RUN: rm -rf %t
// RUN: python3 %S/Inputs/compare-attention.py %s %t 6 \
// RUN:   q=f4:1x1x4x5 k=f4:1x1x2x5 v=f4:1x1x2x5 past_k=f4:1x2x0x5 past_v=f4:1x2x0x5 mask=f4:1x1 -- \
// RUN:   q=f4:1x1x4x5 k=f4:1x1x2x5 v=f4:1x1x2x5 past_k=f4:1x2x40x5 past_v=f4:1x2x40x5 mask=f4:1x1 -- \
// RUN:   q=f4:3x9x4x5 k=f4:3x9x2x5 v=f4:3x9x2x5 past_k=f4:3x2x0x5 past_v=f4:3x2x0x5 mask=f4:3x9 -- \
// RUN:   q=f4:2x29x4x5 k=f4:2x29x2x5 v=f4:2x29x2x5 past_k=f4:2x2x11x5 past_v=f4:2x2x11x5 mask=f4:2x29 \
// RUN:   | FileCheck %s
// CHECK: ok: 4 sets of inputs
#all = affine_map<(b, h, m, n) -> (b, h, m, n)>
#row = affine_map<(b, h, m, n) -> (b, h, m)>
#mask = affine_map<(b, h, m, n) -> (b, m)>
#key = affine_map<(b, g, r, n, d) -> (b, g, n, d)>
#repeated = affine_map<(b, g, r, n, d) -> (b, g, r, n, d)>
func.func @main(%q: tensor<?x?x4x5xf32> {ccq.dims = ["batch", "rows"], ccq.name = "q"}, %k: tensor<?x?x2x5xf32> {ccq.dims = ["batch", "rows"], ccq.name = "k"},
                         %v: tensor<?x?x2x5xf32> {ccq.dims = ["batch", "rows"], ccq.name = "v"}, %pk: tensor<?x2x?x5xf32> {ccq.dims = ["batch", "past"], ccq.name = "past_k"},
                         %pv: tensor<?x2x?x5xf32> {ccq.dims = ["batch", "past"], ccq.name = "past_v"}, %mask: tensor<?x?xf32> {ccq.dims = ["batch", "rows"], ccq.name = "mask"})
    -> (tensor<?x?x4x5xf32> {ccq.dims = ["batch", "rows"], ccq.name = "y"}, tensor<?x2x?x5xf32> {ccq.name = "present_k"}, tensor<?x2x?x5xf32> {ccq.name = "present_v"}) {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %scale = arith.constant 0.353553385 : f32
  %c4 = arith.constant 4 : index
  %batch = ccq.dim "batch" : index
  %rows = ccq.dim "rows" : index
  %past = ccq.dim "past" : index
  %columns = arith.addi %past, %rows : index
  %heads = arith.muli %batch, %c4 : index
  %qe = tensor.empty(%batch, %rows) : tensor<?x4x?x5xf32>
  %qt = linalg.transpose ins(%q : tensor<?x?x4x5xf32>) outs(%qe : tensor<?x4x?x5xf32>) permutation = [0, 2, 1, 3]
  %ne = tensor.empty(%batch, %rows) : tensor<?x2x?x5xf32>
  %kn = linalg.transpose ins(%k : tensor<?x?x2x5xf32>) outs(%ne : tensor<?x2x?x5xf32>) permutation = [0, 2, 1, 3]
  %vn = linalg.transpose ins(%v : tensor<?x?x2x5xf32>) outs(%ne : tensor<?x2x?x5xf32>) permutation = [0, 2, 1, 3]
  %ce0 = tensor.empty(%batch, %columns) : tensor<?x2x?x5xf32>
  %kp = tensor.insert_slice %pk into %ce0[0, 0, 0, 0] [%batch, 2, %past, 5] [1, 1, 1, 1] : tensor<?x2x?x5xf32> into tensor<?x2x?x5xf32>
  %kt = tensor.insert_slice %kn into %kp[0, 0, %past, 0] [%batch, 2, %rows, 5] [1, 1, 1, 1] : tensor<?x2x?x5xf32> into tensor<?x2x?x5xf32>
  %vp = tensor.insert_slice %pv into %ce0[0, 0, 0, 0] [%batch, 2, %past, 5] [1, 1, 1, 1] : tensor<?x2x?x5xf32> into tensor<?x2x?x5xf32>
  %vt = tensor.insert_slice %vn into %vp[0, 0, %past, 0] [%batch, 2, %rows, 5] [1, 1, 1, 1] : tensor<?x2x?x5xf32> into tensor<?x2x?x5xf32>
  %re = tensor.empty(%batch, %columns) : tensor<?x2x2x?x5xf32>
  %kr = linalg.generic {indexing_maps = [#key, #repeated], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%kt : tensor<?x2x?x5xf32>) outs(%re : tensor<?x2x2x?x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<?x2x2x?x5xf32>
  %vr = linalg.generic {indexing_maps = [#key, #repeated], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%vt : tensor<?x2x?x5xf32>) outs(%re : tensor<?x2x2x?x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<?x2x2x?x5xf32>
  %kh = tensor.collapse_shape %kr [[0], [1, 2], [3], [4]] : tensor<?x2x2x?x5xf32> into tensor<?x4x?x5xf32>
  %vh = tensor.collapse_shape %vr [[0], [1, 2], [3], [4]] : tensor<?x2x2x?x5xf32> into tensor<?x4x?x5xf32>
  %ce = tensor.empty(%batch, %columns) : tensor<?x4x5x?xf32>
  %kc = linalg.transpose ins(%kh : tensor<?x4x?x5xf32>) outs(%ce : tensor<?x4x5x?xf32>) permutation = [0, 1, 3, 2]
  %lhs = tensor.collapse_shape %qt [[0, 1], [2], [3]] : tensor<?x4x?x5xf32> into tensor<?x?x5xf32>
  %rhs = tensor.collapse_shape %kc [[0, 1], [2], [3]] : tensor<?x4x5x?xf32> into tensor<?x5x?xf32>
  %se = tensor.empty(%heads, %rows, %columns) : tensor<?x?x?xf32>
  %sf = linalg.fill ins(%zero : f32) outs(%se : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %product = linalg.batch_matmul ins(%lhs, %rhs : tensor<?x?x5xf32>, tensor<?x5x?xf32>) outs(%sf : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %scores = tensor.expand_shape %product [[0, 1], [2], [3]] output_shape [%batch, 4, %rows, %columns] : tensor<?x?x?xf32> into tensor<?x4x?x?xf32>
  %me = tensor.empty(%batch, %rows, %columns) : tensor<?x4x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#all, #mask, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32>) outs(%me : tensor<?x4x?x?xf32>) {
  ^bb0(%a: f32, %m: f32, %o: f32):
    %p = arith.mulf %a, %scale : f32
    %s = arith.addf %p, %m : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %own = arith.addi %i, %past : index
    %seen = arith.cmpi sle, %j, %own : index
    %c = arith.select %seen, %s, %lowest : f32
    linalg.yield %c : f32
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
  %vc = tensor.collapse_shape %vh [[0, 1], [2], [3]] : tensor<?x4x?x5xf32> into tensor<?x?x5xf32>
  %oe = tensor.empty(%heads, %rows) : tensor<?x?x5xf32>
  %of = linalg.fill ins(%zero : f32) outs(%oe : tensor<?x?x5xf32>) -> tensor<?x?x5xf32>
  %mixed = linalg.batch_matmul ins(%wc, %vc : tensor<?x?x?xf32>, tensor<?x?x5xf32>) outs(%of : tensor<?x?x5xf32>) -> tensor<?x?x5xf32>
  %by_head = tensor.expand_shape %mixed [[0, 1], [2], [3]] output_shape [%batch, 4, %rows, 5] : tensor<?x?x5xf32> into tensor<?x4x?x5xf32>
  %ye = tensor.empty(%batch, %rows) : tensor<?x?x4x5xf32>
  %y = linalg.transpose ins(%by_head : tensor<?x4x?x5xf32>) outs(%ye : tensor<?x?x4x5xf32>) permutation = [0, 2, 1, 3]
  return %y, %kt, %vt : tensor<?x?x4x5xf32>, tensor<?x2x?x5xf32>, tensor<?x2x?x5xf32>
}
