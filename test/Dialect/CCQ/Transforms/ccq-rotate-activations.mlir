// RUN: ccq-opt %s --ccq-rotate-activations --split-input-file --verify-diagnostics | FileCheck %s
// RUN: ccq-opt %s --ccq-rotate-activations --ccq-rotate-activations --split-input-file --verify-diagnostics | FileCheck %s

// The activations are rotated, the weights decoded in the rotated basis.
#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = linked>
// CHECK-LABEL: func @rotated(
//  CHECK-SAME:   %[[X:.*]]: tensor<?x300xf32>, %[[E:.*]]: !ccq.tensor<300x64xf32, #[[T2:.*]]>, %[[Z:.*]]: tensor<?x64xf32>)
//       CHECK:   %[[R:.*]] = ccq.rotate %[[X]] at %c0 {block = 256 : i64, seed = 7 : i64} : tensor<?x300xf32>
//       CHECK:   %[[U:.*]] = ccq.drop_rotation %[[E]] : !ccq.tensor<300x64xf32, #[[T2]]> -> !ccq.tensor<300x64xf32, #t2_rotate_none_scheme>
//       CHECK:   %[[D:.*]] = ccq.decode %[[U]]
//   CHECK-NOT:   ccq.decode
//       CHECK:   linalg.matmul ins(%[[R]], %[[D]] : {{.*}}) outs(%[[Z]] :
func.func @rotated(%x: tensor<?x300xf32>, %e: !ccq.tensor<300x64xf32, #t2>, %z: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %d = ccq.decode %e : !ccq.tensor<300x64xf32, #t2> -> tensor<300x64xf32>
  %y = linalg.matmul ins(%x, %d : tensor<?x300xf32>, tensor<300x64xf32>) outs(%z : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Hashed streams are rotated alike.
#t2_hash = #ccq.hash<state = 12, index = 8, offset = 927, sixteenths = 32, tile = 256, rotation = 64, seed = 5, scale = channel, start = zero>
// CHECK: #[[PLAIN:.*]] = #ccq.hash<state = 12, index = 8, offset = 927, sixteenths = 32, tile = 256, rotation = none, seed = 0, scale = channel, start = zero>
// CHECK-LABEL: func @hashed(
//       CHECK:   %[[R:.*]] = ccq.rotate %{{.*}} at %c0 {block = 64 : i64, seed = 5 : i64} : tensor<?x300xf32>
//       CHECK:   ccq.drop_rotation %{{.*}} -> !ccq.tensor<300x64xf32, #[[PLAIN]]>
//       CHECK:   linalg.matmul ins(%[[R]], %{{.*}} : {{.*}})
func.func @hashed(%x: tensor<?x300xf32>, %e: !ccq.tensor<300x64xf32, #t2_hash>, %z: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %d = ccq.decode %e : !ccq.tensor<300x64xf32, #t2_hash> -> tensor<300x64xf32>
  %y = linalg.matmul ins(%x, %d : tensor<?x300xf32>, tensor<300x64xf32>) outs(%z : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Materialized weights and weights without rotation stay.
#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = linked>
#t2_none = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = linked>
// CHECK-LABEL: func @others(
//   CHECK-NOT:   ccq.rotate
func.func @others(%x: tensor<?x300xf32>, %e: !ccq.tensor<300x64xf32, #t2>, %f: !ccq.tensor<300x64xf32, #t2_none>, %z: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %d = ccq.decode %e materialized : !ccq.tensor<300x64xf32, #t2> -> tensor<300x64xf32>
  %y = linalg.matmul ins(%x, %d : tensor<?x300xf32>, tensor<300x64xf32>) outs(%z : tensor<?x64xf32>) -> tensor<?x64xf32>
  %g = ccq.decode %f : !ccq.tensor<300x64xf32, #t2_none> -> tensor<300x64xf32>
  %v = linalg.matmul ins(%x, %g : tensor<?x300xf32>, tensor<300x64xf32>) outs(%y : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %v : tensor<?x64xf32>
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = linked>
func.func @half(%x: tensor<?x300xf16>, %e: !ccq.tensor<300x64xf32, #t2>, %z: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %d = ccq.decode %e : !ccq.tensor<300x64xf32, #t2> -> tensor<300x64xf32>
  // expected-error@+1 {{expected f32 activations for rotated weights, got 'f16'}}
  %y = linalg.matmul ins(%x, %d : tensor<?x300xf16>, tensor<300x64xf32>) outs(%z : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
