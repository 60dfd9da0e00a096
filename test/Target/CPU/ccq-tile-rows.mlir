// RUN: ccq-opt %s --ccq-tile-rows="item-elements=1024" --split-input-file | FileCheck %s
// RUN: not ccq-opt %s --ccq-tile-rows="item-elements=0" --split-input-file 2>&1 | FileCheck %s --check-prefix=ZERO

// ZERO: error: expected item-elements of at least 1, got 0

// CHECK-LABEL: func @elementwise(
//       CHECK:   scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (8)
//       CHECK:     linalg.exp {{.*}} -> tensor<?x128xf32>
func.func @elementwise(%x: tensor<?x128xf32>, %m: index) -> tensor<?x128xf32> {
  %empty = tensor.empty(%m) : tensor<?x128xf32>
  %0 = linalg.exp ins(%x : tensor<?x128xf32>) outs(%empty : tensor<?x128xf32>) -> tensor<?x128xf32>
  return %0 : tensor<?x128xf32>
}

// -----

// One row, cut along its elements; a small op stays whole.
// CHECK-LABEL: func @one_row(
//       CHECK:   scf.forall (%{{.*}}) = (0) to (4096) step (1024)
// CHECK-LABEL: func @small(
//   CHECK-NOT:   scf.forall
//       CHECK:   linalg.exp
func.func @one_row(%x: tensor<1x4096xf32>) -> tensor<1x4096xf32> {
  %empty = tensor.empty() : tensor<1x4096xf32>
  %0 = linalg.exp ins(%x : tensor<1x4096xf32>) outs(%empty : tensor<1x4096xf32>) -> tensor<1x4096xf32>
  return %0 : tensor<1x4096xf32>
}
func.func @small(%x: tensor<1x36xf32>) -> tensor<1x36xf32> {
  %empty = tensor.empty() : tensor<1x36xf32>
  %0 = linalg.exp ins(%x : tensor<1x36xf32>) outs(%empty : tensor<1x36xf32>) -> tensor<1x36xf32>
  return %0 : tensor<1x36xf32>
}

// -----

// The reduction of a row is computed with the row.
// CHECK-LABEL: func @row_reduction(
//       CHECK:   scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (16)
//       CHECK:     linalg.fill {{.*}} -> tensor<?xf32>
//       CHECK:     linalg.reduce
//       CHECK:     linalg.generic
//   CHECK-NOT:   linalg.{{fill|reduce|generic}}
func.func @row_reduction(%x: tensor<?x64xf32>, %m: index) -> tensor<?x64xf32> {
  %low = arith.constant 0xFF800000 : f32
  %rows = tensor.empty(%m) : tensor<?xf32>
  %fill = linalg.fill ins(%low : f32) outs(%rows : tensor<?xf32>) -> tensor<?xf32>
  %max = linalg.reduce {arith.maximumf} ins(%x : tensor<?x64xf32>) outs(%fill : tensor<?xf32>) dimensions = [1]
  %empty = tensor.empty(%m) : tensor<?x64xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %max : tensor<?x64xf32>, tensor<?xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.subf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// Two dynamic dimensions are both cut; a softmax keeps its row whole.
// CHECK-LABEL: func @two_dynamic(
//       CHECK:   scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (%{{.*}}, %{{.*}}) step (1, 8)
// CHECK-LABEL: func @dynamic_rows(
//       CHECK:   scf.forall (%{{.*}}, %{{.*}}) in (%{{.*}}, %{{.*}})
//       CHECK:     linalg.reduce {{.*}} outs(%{{.*}} : tensor<1x1xf32>)
func.func @two_dynamic(%x: tensor<?x?x128xf32>, %b: index, %s: index) -> tensor<?x?x128xf32> {
  %empty = tensor.empty(%b, %s) : tensor<?x?x128xf32>
  %0 = linalg.exp ins(%x : tensor<?x?x128xf32>) outs(%empty : tensor<?x?x128xf32>) -> tensor<?x?x128xf32>
  return %0 : tensor<?x?x128xf32>
}
func.func @dynamic_rows(%x: tensor<?x?x?xf32>, %b: index, %s: index) -> tensor<?x?x?xf32> {
  %zero = arith.constant 0.0 : f32
  %rows = tensor.empty(%b, %s) : tensor<?x?xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%rows : tensor<?x?xf32>) -> tensor<?x?xf32>
  %sum = linalg.reduce {arith.addf} ins(%x : tensor<?x?x?xf32>) outs(%fill : tensor<?x?xf32>) dimensions = [2]
  %empty = tensor.empty(%b, %s, %s) : tensor<?x?x?xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(b, m, n) -> (b, m, n)>, affine_map<(b, m, n) -> (b, m)>, affine_map<(b, m, n) -> (b, m, n)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %sum : tensor<?x?x?xf32>, tensor<?x?xf32>) outs(%empty : tensor<?x?x?xf32>) {
  ^bb0(%a: f32, %b0: f32, %o: f32):
    %d = arith.divf %a, %b0 : f32
    linalg.yield %d : f32
  } -> tensor<?x?x?xf32>
  return %0 : tensor<?x?x?xf32>
}

// -----

// What is only moved becomes copies, which are tiled like everything else.
// CHECK-LABEL: func @concat(
// CHECK-COUNT-2: scf.forall
func.func @concat(%a: tensor<?x128xf32>, %b: tensor<?x256xf32>, %m: index) -> tensor<?x384xf32> {
  %empty = tensor.empty(%m) : tensor<?x384xf32>
  %0 = tensor.insert_slice %a into %empty[0, 0] [%m, 128] [1, 1] : tensor<?x128xf32> into tensor<?x384xf32>
  %1 = tensor.insert_slice %b into %0[0, 128] [%m, 256] [1, 1] : tensor<?x256xf32> into tensor<?x384xf32>
  return %1 : tensor<?x384xf32>
}

// -----

// CHECK-LABEL: func @slice(
//       CHECK:   scf.forall
//       CHECK:     linalg.copy
func.func @slice(%a: tensor<?x384xf32>, %m: index) -> tensor<?x128xf32> {
  %0 = tensor.extract_slice %a[0, 128] [%m, 128] [1, 1] : tensor<?x384xf32> to tensor<?x128xf32>
  return %0 : tensor<?x128xf32>
}

// -----

// A product that mixes by rows which the kernel computes: eight rows of one
// batch per item, with everything that makes them, two products in one loop.
// CHECK-LABEL: func @mixture(
//       CHECK:   scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (%{{.*}}, %{{.*}}) step (1, 8)
// CHECK-COUNT-2: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]
//       CHECK:   scf.forall.in_parallel
//   CHECK-NOT:   linalg.generic
#scores = affine_map<(b, m, n, k) -> (b, m, n)>
#row = affine_map<(b, m, n, k) -> (b, m, k)>
#key = affine_map<(b, m, n, k) -> (b, n, k)>
#value = affine_map<(b, m, n, k) -> (b, k, n)>
func.func @mixture(%q: tensor<?x?x8xf32>, %k: tensor<?x?x8xf32>, %v: tensor<?x?x8xf32>, %b: index, %m: index, %n: index) -> tensor<?x?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %se = tensor.empty(%b, %m, %n) : tensor<?x?x?xf32>
  %sf = linalg.fill ins(%zero : f32) outs(%se : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %s = linalg.generic {indexing_maps = [#row, #key, #scores], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<?x?x8xf32>, tensor<?x?x8xf32>) outs(%sf : tensor<?x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %a = arith.addf %o, %p : f32
    linalg.yield %a : f32
  } -> tensor<?x?x?xf32>
  %ye = tensor.empty(%b, %m) : tensor<?x?x8xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %y = linalg.generic {indexing_maps = [#row, #value, #scores], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%s, %v : tensor<?x?x?xf32>, tensor<?x?x8xf32>) outs(%yf : tensor<?x?x8xf32>) {
  ^bb0(%x: f32, %z: f32, %o: f32):
    %p = arith.mulf %x, %z : f32
    %a = arith.addf %o, %p : f32
    linalg.yield %a : f32
  } -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// What computes a part of a tensor writes it where it belongs, also when a
// reshape gave it a dimension of size one for that.
// CHECK-LABEL: func @interleaved(
//       CHECK:   %[[LOW:.*]] = scf.forall
//       CHECK:     linalg.negf
//       CHECK:   %[[WITH:.*]] = tensor.insert_slice %[[LOW]] into %{{.*}}[0, 0, 0]
//       CHECK:   %[[SECOND:.*]] = tensor.extract_slice %[[WITH]][0, 0, 1]
//       CHECK:   %[[HIGH:.*]] = scf.forall {{.*}} shared_outs(%{{.*}} = %[[SECOND]])
//       CHECK:     linalg.exp
//       CHECK:   tensor.insert_slice %[[HIGH]] into %[[WITH]][0, 0, 1]
func.func @interleaved(%x: tensor<?x64xf32>, %m: index) -> tensor<?x64x2xf32> {
  %e = tensor.empty(%m) : tensor<?x64xf32>
  %a = linalg.negf ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
  %b = linalg.exp ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
  %c = tensor.expand_shape %a [[0], [1, 2]] output_shape [%m, 64, 1] : tensor<?x64xf32> into tensor<?x64x1xf32>
  %d = tensor.expand_shape %b [[0], [1, 2]] output_shape [%m, 64, 1] : tensor<?x64xf32> into tensor<?x64x1xf32>
  %whole = tensor.empty(%m) : tensor<?x64x2xf32>
  %i = tensor.insert_slice %c into %whole[0, 0, 0] [%m, 64, 1] [1, 1, 1] : tensor<?x64x1xf32> into tensor<?x64x2xf32>
  %y = tensor.insert_slice %d into %i[0, 0, 1] [%m, 64, 1] [1, 1, 1] : tensor<?x64x1xf32> into tensor<?x64x2xf32>
  return %y : tensor<?x64x2xf32>
}
