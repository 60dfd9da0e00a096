// Derivatives of what transformers consist of, against finite differences:
// gathered rows, a norm with its gain, products, slices put together again,
// attention with a mask, and the divergence of logits from a target.
// DEFINE: %{check} = python3 %S/Inputs/check-gradients.py
// RUN: rm -rf %t
// RUN: %{check} %s %t divergence ids=i8:2x5 table=f8:4x6 gain=f8:6 wq=f8:6x6 wv=f8:6x6 head=f8:6x4 mask=g8:5x5 target=g8:2x5x4 | FileCheck %s
// CHECK: ok: 5 parameters

#bs = affine_map<(d0, d1, d2) -> (d0, d1)>
#bsd = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#unit = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#last = affine_map<(d0, d1, d2) -> (d2)>
#mask = affine_map<(d0, d1, d2) -> (d1, d2)>
#row = affine_map<(d0, d1) -> (d0, d1)>
func.func @main(%ids: tensor<?x?xi64> {ccq.name = "ids", ccq.dims = ["b", "s"]}, %table: tensor<4x6xf64> {ccq.name = "table"}, %gain: tensor<6xf64> {ccq.name = "gain"},
                %wq: tensor<6x6xf64> {ccq.name = "wq"}, %wv: tensor<6x6xf64> {ccq.name = "wv"}, %head: tensor<6x4xf64> {ccq.name = "head"}, %mask: tensor<?x?xf64> {ccq.name = "mask", ccq.dims = ["s", "s"]})
    -> (tensor<?x?x4xf64> {ccq.name = "logits", ccq.dims = ["b", "s"]}) {
  %b = ccq.dim "b" : index
  %s = ccq.dim "s" : index
  %zero = arith.constant 0.0 : f64
  %lowest = arith.constant 0xFFF0000000000000 : f64
  %e3 = tensor.empty(%b, %s) : tensor<?x?x6xf64>
  %x = linalg.generic {indexing_maps = [#bs, #bsd], iterator_types = ["parallel", "parallel", "parallel"]} ins(%ids : tensor<?x?xi64>) outs(%e3 : tensor<?x?x6xf64>) {
  ^bb0(%id: i64, %out: f64):
    %column = linalg.index 2 : index
    %place = arith.index_cast %id : i64 to index
    %0 = tensor.extract %table[%place, %column] : tensor<4x6xf64>
    linalg.yield %0 : f64
  } -> tensor<?x?x6xf64>
  // x / sqrt(mean(x^2) + 0.1) * gain
  %e2 = tensor.empty(%b, %s) : tensor<?x?xf64>
  %z2 = linalg.fill ins(%zero : f64) outs(%e2 : tensor<?x?xf64>) -> tensor<?x?xf64>
  %squares = linalg.generic {indexing_maps = [#bsd, #bs], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x : tensor<?x?x6xf64>) outs(%z2 : tensor<?x?xf64>) {
  ^bb0(%in: f64, %sum: f64):
    %0 = arith.mulf %in, %in : f64
    %1 = arith.addf %sum, %0 : f64
    linalg.yield %1 : f64
  } -> tensor<?x?xf64>
  %kept = tensor.expand_shape %squares [[0], [1, 2]] output_shape [%b, %s, 1] : tensor<?x?xf64> into tensor<?x?x1xf64>
  %n = linalg.generic {indexing_maps = [#bsd, #unit, #last, #bsd], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %kept, %gain : tensor<?x?x6xf64>, tensor<?x?x1xf64>, tensor<6xf64>) outs(%e3 : tensor<?x?x6xf64>) {
  ^bb0(%in: f64, %sum: f64, %g: f64, %out: f64):
    %six = arith.constant 6.0 : f64
    %eps = arith.constant 0.1 : f64
    %0 = arith.divf %sum, %six : f64
    %1 = arith.addf %0, %eps : f64
    %2 = math.rsqrt %1 : f64
    %3 = arith.mulf %in, %2 : f64
    %4 = arith.mulf %3, %g : f64
    linalg.yield %4 : f64
  } -> tensor<?x?x6xf64>
  %rows = arith.muli %b, %s : index
  %flat = tensor.collapse_shape %n [[0, 1], [2]] : tensor<?x?x6xf64> into tensor<?x6xf64>
  %ef = tensor.empty(%rows) : tensor<?x6xf64>
  %zf = linalg.fill ins(%zero : f64) outs(%ef : tensor<?x6xf64>) -> tensor<?x6xf64>
  %qf = linalg.matmul ins(%flat, %wq : tensor<?x6xf64>, tensor<6x6xf64>) outs(%zf : tensor<?x6xf64>) -> tensor<?x6xf64>
  %vf = linalg.matmul ins(%flat, %wv : tensor<?x6xf64>, tensor<6x6xf64>) outs(%zf : tensor<?x6xf64>) -> tensor<?x6xf64>
  %q = tensor.expand_shape %qf [[0, 1], [2]] output_shape [%b, %s, 6] : tensor<?x6xf64> into tensor<?x?x6xf64>
  %v = tensor.expand_shape %vf [[0, 1], [2]] output_shape [%b, %s, 6] : tensor<?x6xf64> into tensor<?x?x6xf64>
  // Halves change places.
  %low = tensor.extract_slice %q[0, 0, 0] [%b, %s, 2] [1, 1, 1] : tensor<?x?x6xf64> to tensor<?x?x2xf64>
  %high = tensor.extract_slice %q[0, 0, 2] [%b, %s, 4] [1, 1, 1] : tensor<?x?x6xf64> to tensor<?x?x4xf64>
  %i0 = tensor.insert_slice %high into %e3[0, 0, 0] [%b, %s, 4] [1, 1, 1] : tensor<?x?x4xf64> into tensor<?x?x6xf64>
  %k = tensor.insert_slice %low into %i0[0, 0, 4] [%b, %s, 2] [1, 1, 1] : tensor<?x?x2xf64> into tensor<?x?x6xf64>
  %et = tensor.empty(%b, %s) : tensor<?x6x?xf64>
  %kt = linalg.transpose ins(%k : tensor<?x?x6xf64>) outs(%et : tensor<?x6x?xf64>) permutation = [0, 2, 1]
  %es = tensor.empty(%b, %s, %s) : tensor<?x?x?xf64>
  %zs = linalg.fill ins(%zero : f64) outs(%es : tensor<?x?x?xf64>) -> tensor<?x?x?xf64>
  %scores = linalg.batch_matmul ins(%q, %kt : tensor<?x?x6xf64>, tensor<?x6x?xf64>) outs(%zs : tensor<?x?x?xf64>) -> tensor<?x?x?xf64>
  %masked = linalg.generic {indexing_maps = [#bsd, #mask, #bsd], iterator_types = ["parallel", "parallel", "parallel"]} ins(%scores, %mask : tensor<?x?x?xf64>, tensor<?x?xf64>) outs(%es : tensor<?x?x?xf64>) {
  ^bb0(%in: f64, %m: f64, %out: f64):
    %row = linalg.index 1 : index
    %column = linalg.index 2 : index
    %hidden = arith.cmpi ugt, %column, %row : index
    %0 = arith.addf %in, %m : f64
    %1 = arith.select %hidden, %lowest, %0 : f64
    linalg.yield %1 : f64
  } -> tensor<?x?x?xf64>
  %l2 = linalg.fill ins(%lowest : f64) outs(%e2 : tensor<?x?xf64>) -> tensor<?x?xf64>
  %largest = linalg.generic {indexing_maps = [#bsd, #bs], iterator_types = ["parallel", "parallel", "reduction"]} ins(%masked : tensor<?x?x?xf64>) outs(%l2 : tensor<?x?xf64>) {
  ^bb0(%in: f64, %out: f64):
    %0 = arith.maximumf %out, %in : f64
    linalg.yield %0 : f64
  } -> tensor<?x?xf64>
  %powers = linalg.generic {indexing_maps = [#bsd, #bs, #bsd], iterator_types = ["parallel", "parallel", "parallel"]} ins(%masked, %largest : tensor<?x?x?xf64>, tensor<?x?xf64>) outs(%es : tensor<?x?x?xf64>) {
  ^bb0(%in: f64, %max: f64, %out: f64):
    %0 = arith.subf %in, %max : f64
    %1 = math.exp %0 : f64
    linalg.yield %1 : f64
  } -> tensor<?x?x?xf64>
  %total = linalg.generic {indexing_maps = [#bsd, #bs], iterator_types = ["parallel", "parallel", "reduction"]} ins(%powers : tensor<?x?x?xf64>) outs(%z2 : tensor<?x?xf64>) {
  ^bb0(%in: f64, %sum: f64):
    %0 = arith.addf %sum, %in : f64
    linalg.yield %0 : f64
  } -> tensor<?x?xf64>
  // The largest counts once more, so that its own derivative does not cancel.
  %weights = linalg.generic {indexing_maps = [#bsd, #bs, #bs, #bsd], iterator_types = ["parallel", "parallel", "parallel"]} ins(%powers, %total, %largest : tensor<?x?x?xf64>, tensor<?x?xf64>, tensor<?x?xf64>) outs(%es : tensor<?x?x?xf64>) {
  ^bb0(%in: f64, %sum: f64, %max: f64, %out: f64):
    %0 = arith.divf %in, %sum : f64
    %1 = arith.mulf %0, %max : f64
    linalg.yield %1 : f64
  } -> tensor<?x?x?xf64>
  %z3 = linalg.fill ins(%zero : f64) outs(%e3 : tensor<?x?x6xf64>) -> tensor<?x?x6xf64>
  %mixed = linalg.batch_matmul ins(%weights, %v : tensor<?x?x?xf64>, tensor<?x?x6xf64>) outs(%z3 : tensor<?x?x6xf64>) -> tensor<?x?x6xf64>
  %e12 = tensor.empty(%b, %s) : tensor<?x?x12xf64>
  %first = tensor.insert_slice %mixed into %e12[0, 0, 0] [%b, %s, 6] [1, 1, 1] : tensor<?x?x6xf64> into tensor<?x?x12xf64>
  %both = tensor.insert_slice %x into %first[0, 0, 6] [%b, %s, 6] [1, 1, 1] : tensor<?x?x6xf64> into tensor<?x?x12xf64>
  %part = tensor.extract_slice %both[0, 0, 3] [%b, %s, 6] [1, 1, 1] : tensor<?x?x12xf64> to tensor<?x?x6xf64>
  %flat2 = tensor.collapse_shape %part [[0, 1], [2]] : tensor<?x?x6xf64> into tensor<?x6xf64>
  %el = tensor.empty(%rows) : tensor<?x4xf64>
  %zl = linalg.fill ins(%zero : f64) outs(%el : tensor<?x4xf64>) -> tensor<?x4xf64>
  %flatLogits = linalg.matmul ins(%flat2, %head : tensor<?x6xf64>, tensor<6x4xf64>) outs(%zl : tensor<?x4xf64>) -> tensor<?x4xf64>
  %logits = tensor.expand_shape %flatLogits [[0, 1], [2]] output_shape [%b, %s, 4] : tensor<?x4xf64> into tensor<?x?x4xf64>
  return %logits : tensor<?x?x4xf64>
}
