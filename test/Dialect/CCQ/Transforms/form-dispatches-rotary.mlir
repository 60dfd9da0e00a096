// RUN: ccq-opt %s --split-input-file --ccq-form-dispatches | FileCheck %s
// RUN: ccq-opt %s --split-input-file --canonicalize --cse --ccq-form-dispatches | FileCheck %s

// The rotation of halves is one dispatch: what is computed from concatenated
// parts is computed on the parts.
// CHECK-LABEL: func.func @halves
//   CHECK-NOT:   linalg
//       CHECK:   ccq.dispatch_region
//   CHECK-DAG:     tensor.extract_slice %{{.*}}[0, 0, 0] [%{{.*}}, 4, 4]
//   CHECK-DAG:     tensor.extract_slice %{{.*}}[0, 0, 4] [%{{.*}}, 4, 4]
//   CHECK-DAG:     tensor.extract_slice %{{.*}}[0, 0] [%{{.*}}, 4]
//   CHECK-DAG:     tensor.extract_slice %{{.*}}[0, 4] [%{{.*}}, 4]
//       CHECK:     arith.addf
//   CHECK-NOT:     ccq.dispatch_region
//       CHECK:     arith.addf
//       CHECK:     %[[LOW:.*]] = tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 0]
//       CHECK:     %[[HIGH:.*]] = tensor.insert_slice %{{.*}} into %[[LOW]][0, 0, 4]
//       CHECK:     ccq.yield %[[HIGH]]
//   CHECK-NOT:   ccq.dispatch_region
//       CHECK:   return
#all = affine_map<(s, h, d) -> (s, h, d)>
#angle = affine_map<(s, h, d) -> (s, d)>
func.func @halves(%x: tensor<?x4x8xf32> {ccq.dims = ["seq"], ccq.name = "x"}, %cos: tensor<?x8xf32> {ccq.dims = ["seq"], ccq.name = "cos"}, %sin: tensor<?x8xf32> {ccq.dims = ["seq"], ccq.name = "sin"})
    -> (tensor<?x4x8xf32> {ccq.dims = ["seq"], ccq.name = "y"}) {
  %seq = ccq.dim "seq" : index
  %low = tensor.extract_slice %x[0, 0, 0] [%seq, 4, 4] [1, 1, 1] : tensor<?x4x8xf32> to tensor<?x4x4xf32>
  %high = tensor.extract_slice %x[0, 0, 4] [%seq, 4, 4] [1, 1, 1] : tensor<?x4x8xf32> to tensor<?x4x4xf32>
  %half = tensor.empty(%seq) : tensor<?x4x4xf32>
  %negated = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel"]} ins(%high : tensor<?x4x4xf32>) outs(%half : tensor<?x4x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.negf %a : f32
    linalg.yield %r : f32
  } -> tensor<?x4x4xf32>
  %whole = tensor.empty(%seq) : tensor<?x4x8xf32>
  %first = tensor.insert_slice %negated into %whole[0, 0, 0] [%seq, 4, 4] [1, 1, 1] : tensor<?x4x4xf32> into tensor<?x4x8xf32>
  %turned = tensor.insert_slice %low into %first[0, 0, 4] [%seq, 4, 4] [1, 1, 1] : tensor<?x4x4xf32> into tensor<?x4x8xf32>
  %by_sin = linalg.generic {indexing_maps = [#all, #angle, #all], iterator_types = ["parallel", "parallel", "parallel"]} ins(%turned, %sin : tensor<?x4x8xf32>, tensor<?x8xf32>) outs(%whole : tensor<?x4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %r = arith.mulf %a, %b : f32
    linalg.yield %r : f32
  } -> tensor<?x4x8xf32>
  %by_cos = linalg.generic {indexing_maps = [#all, #angle, #all], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %cos : tensor<?x4x8xf32>, tensor<?x8xf32>) outs(%whole : tensor<?x4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %r = arith.mulf %a, %b : f32
    linalg.yield %r : f32
  } -> tensor<?x4x8xf32>
  %y = linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel", "parallel"]} ins(%by_cos, %by_sin : tensor<?x4x8xf32>, tensor<?x4x8xf32>) outs(%whole : tensor<?x4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %r = arith.addf %a, %b : f32
    linalg.yield %r : f32
  } -> tensor<?x4x8xf32>
  return %y : tensor<?x4x8xf32>
}

// -----

// So is the rotation of neighbours, the results of which are interleaved.
// CHECK-LABEL: func.func @neighbours
//       CHECK:   ccq.dispatch_region
//       CHECK:     arith.subf
//       CHECK:     arith.addf
//       CHECK:     tensor.insert_slice
//       CHECK:     tensor.insert_slice
//       CHECK:     ccq.yield
//   CHECK-NOT:   ccq.dispatch_region
//       CHECK:   return
#all = affine_map<(s, d) -> (s, d)>
func.func @neighbours(%x: tensor<?x4x2xf32> {ccq.dims = ["seq"], ccq.name = "x"}, %cos: tensor<?x4xf32> {ccq.dims = ["seq"], ccq.name = "cos"}, %sin: tensor<?x4xf32> {ccq.dims = ["seq"], ccq.name = "sin"})
    -> (tensor<?x4x2xf32> {ccq.dims = ["seq"], ccq.name = "y"}) {
  %seq = ccq.dim "seq" : index
  %even = tensor.extract_slice %x[0, 0, 0] [%seq, 4, 1] [1, 1, 1] : tensor<?x4x2xf32> to tensor<?x4x1xf32>
  %odd = tensor.extract_slice %x[0, 0, 1] [%seq, 4, 1] [1, 1, 1] : tensor<?x4x2xf32> to tensor<?x4x1xf32>
  %a = tensor.collapse_shape %even [[0], [1, 2]] : tensor<?x4x1xf32> into tensor<?x4xf32>
  %b = tensor.collapse_shape %odd [[0], [1, 2]] : tensor<?x4x1xf32> into tensor<?x4xf32>
  %e = tensor.empty(%seq) : tensor<?x4xf32>
  %ac = linalg.mul ins(%a, %cos : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %bs = linalg.mul ins(%b, %sin : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %first = linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]} ins(%ac, %bs : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.subf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<?x4xf32>
  %as = linalg.mul ins(%a, %sin : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %bc = linalg.mul ins(%b, %cos : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %second = linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]} ins(%as, %bc : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.addf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<?x4xf32>
  %c = tensor.expand_shape %first [[0], [1, 2]] output_shape [%seq, 4, 1] : tensor<?x4xf32> into tensor<?x4x1xf32>
  %d = tensor.expand_shape %second [[0], [1, 2]] output_shape [%seq, 4, 1] : tensor<?x4xf32> into tensor<?x4x1xf32>
  %whole = tensor.empty(%seq) : tensor<?x4x2xf32>
  %i = tensor.insert_slice %c into %whole[0, 0, 0] [%seq, 4, 1] [1, 1, 1] : tensor<?x4x1xf32> into tensor<?x4x2xf32>
  %y = tensor.insert_slice %d into %i[0, 0, 1] [%seq, 4, 1] [1, 1, 1] : tensor<?x4x1xf32> into tensor<?x4x2xf32>
  return %y : tensor<?x4x2xf32>
}

// -----

// The epilogue of a product stays with the product.
// CHECK-LABEL: func.func @epilogue
//       CHECK:   ccq.dispatch_region
//       CHECK:     tensor.insert_slice
//       CHECK:   ccq.dispatch_region
//       CHECK:     linalg.matmul
//       CHECK:     linalg.generic
//       CHECK:   return
#all = affine_map<(s, d) -> (s, d)>
func.func @epilogue(%x: tensor<?x8xf32> {ccq.dims = ["seq"], ccq.name = "x"}, %w: tensor<8x8xf32>, %z: tensor<?x4xf32> {ccq.dims = ["seq"], ccq.name = "z"}) -> (tensor<?x8xf32> {ccq.dims = ["seq"], ccq.name = "y"}) {
  %zero = arith.constant 0.0 : f32
  %seq = ccq.dim "seq" : index
  %whole = tensor.empty(%seq) : tensor<?x8xf32>
  %i = tensor.insert_slice %z into %whole[0, 0] [%seq, 4] [1, 1] : tensor<?x4xf32> into tensor<?x8xf32>
  %twice = tensor.insert_slice %z into %i[0, 4] [%seq, 4] [1, 1] : tensor<?x4xf32> into tensor<?x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%whole : tensor<?x8xf32>) -> tensor<?x8xf32>
  %m = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x8xf32>) outs(%f : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]} ins(%m, %twice : tensor<?x8xf32>, tensor<?x8xf32>) outs(%whole : tensor<?x8xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.addf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
