// RUN: ccq-opt %s --ccq-expand-rotations | FileCheck %s

// Four columns: signs and 1/2, then two steps inside a vector. Number 0 of the
// generator under seed 0 is e220a8397b1dcdaf, so columns 0 to 3 are negated.
// CHECK-LABEL: func @within_a_vector(
//  CHECK-SAME:   %[[X:.*]]: tensor<?x4xf32>)
//       CHECK:   %[[OUT:.*]] = scf.for %[[M:.*]] = %c0{{.*}} to %{{.*}} step %c1{{.*}} iter_args(%[[ACC:.*]] = %{{.*}})
//       CHECK:     %[[LOADED:.*]] = vector.transfer_read %[[X]][%[[M]], %{{.*}}]{{.*}} : tensor<?x4xf32>, vector<4xf32>
//       CHECK:     %[[SIGNS:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<4xi1>, vector<4xf32>
//       CHECK:     %[[V:.*]] = arith.mulf %[[LOADED]], %[[SIGNS]]
//       CHECK:     vector.shuffle %[[V]], %[[V]] [0, 0, 2, 2]
//       CHECK:     vector.shuffle %[[V]], %[[V]] [1, 1, 3, 3]
//       CHECK:     %[[W:.*]] = arith.addf
//       CHECK:     vector.shuffle %[[W]], %[[W]] [0, 1, 0, 1]
//       CHECK:     vector.shuffle %[[W]], %[[W]] [2, 3, 2, 3]
//       CHECK:     %[[R:.*]] = arith.addf
//       CHECK:     vector.transfer_write %[[R]], %[[ACC]]
//       CHECK:   return %[[OUT]]
func.func @within_a_vector(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %r = ccq.rotate %x at %c0 {block = 256 : i64, seed = 0 : i64} : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// 40 columns in blocks of 16: two in a loop, then one of eight.
// CHECK-LABEL: func @ragged(
//       CHECK:   scf.for
//       CHECK:     scf.for %{{.*}} = %c0{{.*}} to %c32{{.*}} step %c16
//       CHECK:       arith.subf
//       CHECK:     vector.transfer_read %{{.*}}[%{{.*}}, %c32{{.*}}]
func.func @ragged(%x: tensor<3x40xf32>, %k: index) -> tensor<3x40xf32> {
  %r = ccq.rotate %x at %k {block = 16 : i64, seed = 5 : i64} : tensor<3x40xf32>
  return %r : tensor<3x40xf32>
}

// Steps of 256 columns and more go through memory.
// CHECK-LABEL: func @long(
//       CHECK:   scf.for
//       CHECK:     scf.for %{{.*}} to %c256{{.*}} step %c8
//       CHECK:       arith.addf
//       CHECK:       arith.subf
func.func @long(%x: tensor<3x512xf32>) -> tensor<3x512xf32> {
  %c0 = arith.constant 0 : index
  %r = ccq.rotate %x at %c0 {block = 512 : i64, seed = 5 : i64} : tensor<3x512xf32>
  return %r : tensor<3x512xf32>
}
