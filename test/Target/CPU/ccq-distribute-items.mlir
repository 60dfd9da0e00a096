// RUN: ccq-opt %s --ccq-distribute-items --split-input-file --verify-diagnostics | FileCheck %s

// Items are the tiles of rows and channels, channels fastest.
// CHECK-DAG: #[[GRID:.*]] = affine_map<(d0) -> ((d0 ceildiv 8) * 4)>
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0) -> (d0 * 8)>
// CHECK-DAG: #[[CHANNELS:.*]] = affine_map<(d0) -> (d0 * 32)>
// CHECK-LABEL: func @tiles(
//  CHECK-SAME:   %[[X:.*]]: tensor<?x128xf32>{{.*}}, %[[M:.*]]: index, %[[BEGIN:.*]]: index, %[[END:.*]]: index)
//  CHECK-SAME:   ccq.grid = #[[GRID]]
//       CHECK:   scf.for %[[ITEM:.*]] = %[[BEGIN]] to %[[END]] step %{{.*}} iter_args(%[[OUT:.*]] = %{{.*}})
//       CHECK:     %[[C:.*]] = arith.remui %[[ITEM]], %{{.*}}
//       CHECK:     %[[R:.*]] = arith.divui %[[ITEM]], %{{.*}}
//       CHECK:     %[[N:.*]] = affine.apply #[[CHANNELS]](%[[C]])
//       CHECK:     %[[I:.*]] = affine.apply #[[ROWS]](%[[R]])
//       CHECK:     tensor.insert_slice %{{.*}} into %[[OUT]][%[[I]], %[[N]]]
//   CHECK-NOT:   scf.forall
func.func @tiles(%x: tensor<?x128xf32> {ccq.extents = array<i64: 0>}, %m: index) -> tensor<?x128xf32> {
  %empty = tensor.empty(%m) : tensor<?x128xf32>
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x128xf32>
  %0 = scf.forall (%i, %n) = (0, 0) to (%rows, 128) step (8, 32) shared_outs(%o = %empty) -> (tensor<?x128xf32>) {
    %size = affine.min affine_map<(d0)[s0] -> (-d0 + s0, 8)>(%i)[%m]
    %a = tensor.extract_slice %x[%i, %n] [%size, 32] [1, 1] : tensor<?x128xf32> to tensor<?x32xf32>
    %b = tensor.extract_slice %o[%i, %n] [%size, 32] [1, 1] : tensor<?x128xf32> to tensor<?x32xf32>
    %t = linalg.exp ins(%a : tensor<?x32xf32>) outs(%b : tensor<?x32xf32>) -> tensor<?x32xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %t into %o[%i, %n] [%size, 32] [1, 1] : tensor<?x32xf32> into tensor<?x128xf32>
    }
  }
  return %0 : tensor<?x128xf32>
}

// -----

// Loops over different parts of the output: items are numbered through.
// CHECK: #[[GRID:.*]] = affine_map<() -> (3)>
// CHECK-LABEL: func @parts(
//  CHECK-SAME:   %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index)
//  CHECK-SAME:   ccq.grid = #[[GRID]]
//       CHECK:   %[[FIRST:.*]] = arith.maxsi %[[BEGIN]], %{{.*}}
//       CHECK:   %[[LAST:.*]] = arith.minsi %[[END]], %c2{{.*}}
//       CHECK:   scf.for %{{.*}} = %[[FIRST]] to %[[LAST]]
//       CHECK:   %[[LATER:.*]] = arith.subi %[[BEGIN]], %c2{{.*}}
//       CHECK:   arith.maxsi %[[LATER]]
//       CHECK:   scf.for
func.func @parts(%x: tensor<40xf32>) -> tensor<40xf32> {
  %empty = tensor.empty() : tensor<40xf32>
  %low = tensor.extract_slice %empty[0] [32] [1] : tensor<40xf32> to tensor<32xf32>
  %0 = scf.forall (%i) = (0) to (32) step (16) shared_outs(%o = %low) -> (tensor<32xf32>) {
    %a = tensor.extract_slice %x[%i] [16] [1] : tensor<40xf32> to tensor<16xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %a into %o[%i] [16] [1] : tensor<16xf32> into tensor<32xf32>
    }
  }
  %1 = tensor.insert_slice %0 into %empty[0] [32] [1] : tensor<32xf32> into tensor<40xf32>
  %high = tensor.extract_slice %1[32] [8] [1] : tensor<40xf32> to tensor<8xf32>
  %2 = scf.forall (%i) = (0) to (8) step (8) shared_outs(%o = %high) -> (tensor<8xf32>) {
    %a = tensor.extract_slice %x[%i] [8] [1] : tensor<40xf32> to tensor<8xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %a into %o[%i] [8] [1] : tensor<8xf32> into tensor<8xf32>
    }
  }
  %3 = tensor.insert_slice %2 into %1[32] [8] [1] : tensor<8xf32> into tensor<40xf32>
  return %3 : tensor<40xf32>
}

// -----

// A loop that reads another's result, or work beside the loops, makes the
// kernel one item, which runs everything.
// CHECK: #[[ONE:.*]] = affine_map<() -> (1)>
// CHECK-LABEL: func @dependent(
//  CHECK-SAME:   ccq.grid = #[[ONE]]
// CHECK-COUNT-2: scf.for %{{.*}} = %c0{{.*}} to %c2
// CHECK-LABEL: func @beside(
//  CHECK-SAME:   ccq.grid = #[[ONE]]
//       CHECK:   linalg.fill
//       CHECK:   scf.for %{{.*}} = %c0{{.*}} to %c2
// CHECK-LABEL: func @no_loop(
//  CHECK-SAME:   ccq.grid = #[[ONE]]
func.func @dependent(%x: tensor<32xf32>, %out: tensor<32xf32>) -> tensor<32xf32> {
  %0 = scf.forall (%i) = (0) to (32) step (16) shared_outs(%o = %out) -> (tensor<32xf32>) {
    %a = tensor.extract_slice %x[%i] [16] [1] : tensor<32xf32> to tensor<16xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %a into %o[%i] [16] [1] : tensor<16xf32> into tensor<32xf32>
    }
  }
  %empty = tensor.empty() : tensor<32xf32>
  %1 = scf.forall (%i) = (0) to (32) step (16) shared_outs(%o = %empty) -> (tensor<32xf32>) {
    %a = tensor.extract_slice %0[0] [16] [1] : tensor<32xf32> to tensor<16xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %a into %o[%i] [16] [1] : tensor<16xf32> into tensor<32xf32>
    }
  }
  return %1 : tensor<32xf32>
}
func.func @beside(%x: tensor<32xf32>) -> tensor<32xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<32xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<32xf32>) -> tensor<32xf32>
  %0 = scf.forall (%i) = (0) to (32) step (16) shared_outs(%o = %fill) -> (tensor<32xf32>) {
    %a = tensor.extract_slice %x[%i] [16] [1] : tensor<32xf32> to tensor<16xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %a into %o[%i] [16] [1] : tensor<16xf32> into tensor<32xf32>
    }
  }
  return %0 : tensor<32xf32>
}
func.func @no_loop(%x: tensor<32xf32>) -> tensor<32xf32> {
  return %x : tensor<32xf32>
}

// -----

// expected-error@+1 {{expected ccq.extents of argument 0 to name 1 of 1 index arguments, got 0 names}}
func.func @extents(%x: tensor<?xf32>, %m: index) -> index {
  %c0 = arith.constant 0 : index
  %dim = tensor.dim %x, %c0 : tensor<?xf32>
  return %dim : index
}

// -----

// expected-error@+1 {{expected a kernel of one block}}
func.func @blocks() {
  cf.br ^bb1
^bb1:
  return
}

// -----

// Two dynamic extents are multiplied, which takes symbols.
// CHECK: #[[GRID:.*]] = affine_map<()[s0, s1] -> ((s0 ceildiv 8) * s1)>
// CHECK-LABEL: func @product(
//  CHECK-SAME:   ccq.grid = #[[GRID]]
//       CHECK:   scf.for
func.func @product(%x: tensor<?x?xf32> {ccq.extents = array<i64: 0, 1>}, %m: index, %n: index) -> (tensor<?x?xf32> {ccq.extents = array<i64: 0, 1>}) {
  %empty = tensor.empty(%m, %n) : tensor<?x?xf32>
  %0 = scf.forall (%i, %j) = (0, 0) to (%m, %n) step (8, 1) shared_outs(%o = %empty) -> (tensor<?x?xf32>) {
    %size = affine.min affine_map<(d0)[s0] -> (-d0 + s0, 8)>(%i)[%m]
    %a = tensor.extract_slice %x[%i, %j] [%size, 1] [1, 1] : tensor<?x?xf32> to tensor<?x1xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %a into %o[%i, %j] [%size, 1] [1, 1] : tensor<?x1xf32> into tensor<?x?xf32>
    }
  }
  return %0 : tensor<?x?xf32>
}
