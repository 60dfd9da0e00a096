// RUN: ccq-opt %s | FileCheck %s
// RUN: ccq-opt %s | ccq-opt | FileCheck %s
// RUN: ccq-opt %s --emit-bytecode | ccq-opt | FileCheck %s

#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>
#i8 = #ccq.scalar<bits = 8, group = 64>
#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = linked>
#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = 256, seed = 0, scale = channel, start = linked>
#t2_5_none = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = none, seed = 0, scale = channel, start = linked>
#w2 = #ccq.cluster<window = 6, shifts = [9, 6, 3, 0], group = 64, scales = high_first>

// Stores (test/Tools/ccq-opt/rebase-on-output.test has the roots).
// CHECK: ccq.store @model "model.onnx"
ccq.store @model "model.onnx"
// CHECK: ccq.store @external "weights/layer0.bin" root
ccq.store @external "weights/layer0.bin" root "../export"

// CHECK-LABEL: func.func @source
func.func @source() -> (tensor<128x32xf32>, tensor<32xf16>) {
  // CHECK: ccq.source @model[1024, 16384] transposed {name = "fc1.weight"} : tensor<128x32xf32>
  %0 = ccq.source @model[1024, 16384] transposed {name = "fc1.weight"} : tensor<128x32xf32>
  // CHECK: ccq.source @external[0, 64] : tensor<32xf16>
  %1 = ccq.source @external[0, 64] : tensor<32xf16>
  return %0, %1 : tensor<128x32xf32>, tensor<32xf16>
}

// CHECK-LABEL: func.func @code
func.func @code(%w: tensor<128x32xf32>) -> tensor<128x32xf32> {
  // CHECK: ccq.encode %{{.*}} {name = "w"} : tensor<128x32xf32> -> !ccq.tensor<128x32xf32, #w2_5_scheme>
  %e = ccq.encode %w {name = "w"} : tensor<128x32xf32> -> !ccq.tensor<128x32xf32, #w2_5>
  // CHECK: ccq.decode %{{.*}} : !ccq.tensor<128x32xf32, #w2_5_scheme> -> tensor<128x32xf32>
  %d = ccq.decode %e : !ccq.tensor<128x32xf32, #w2_5> -> tensor<128x32xf32>
  // CHECK: ccq.decode %{{.*}} materialized : !ccq.tensor<128x32xf32, #w2_5_scheme> -> tensor<128x32xf32>
  %m = ccq.decode %e materialized : !ccq.tensor<128x32xf32, #w2_5> -> tensor<128x32xf32>
  return %d : tensor<128x32xf32>
}

// CHECK-LABEL: func.func @slice
func.func @slice(%e: !ccq.tensor<128x32xf32, #i8>, %k: index, %n: index) -> !ccq.tensor<64x16xf32, #i8> {
  // CHECK: ccq.extract_slice %{{.*}}[%{{.*}}, %{{.*}}] : !ccq.tensor<128x32xf32, #i8_scheme> to !ccq.tensor<64x16xf32, #i8_scheme>
  %0 = ccq.extract_slice %e[%k, %n] : !ccq.tensor<128x32xf32, #i8> to !ccq.tensor<64x16xf32, #i8>
  return %0 : !ccq.tensor<64x16xf32, #i8>
}

// Components of each scheme, and of a padded layout.
// CHECK-LABEL: func.func @components
func.func @components(%a: !ccq.tensor<130x30xf32, #w2_5>, %b: !ccq.tensor<130x30xf32, #w2_75>,
                      %c: !ccq.tensor<130x30xf32, #i8>, %d: !ccq.tensor<130x30xf32, #ccq.scalar<bits = 8, group = channel>>) {
  // CHECK: ccq.components {{.*}} -> tensor<30x30xi16>, tensor<30xf32>
  %0:2 = ccq.components %a : !ccq.tensor<130x30xf32, #w2_5> -> tensor<30x30xi16>, tensor<30xf32>
  // CHECK: ccq.components {{.*}} -> tensor<66x30xi8>, tensor<30xf32>
  %1:2 = ccq.components %b : !ccq.tensor<130x30xf32, #w2_75> -> tensor<66x30xi8>, tensor<30xf32>
  // CHECK: ccq.components {{.*}} -> tensor<130x30xi8>, tensor<3x30xf16>
  %2:2 = ccq.components %c : !ccq.tensor<130x30xf32, #i8> -> tensor<130x30xi8>, tensor<3x30xf16>
  // CHECK: ccq.components {{.*}} -> tensor<130x30xi8>, tensor<30xf16>
  %3:2 = ccq.components %d : !ccq.tensor<130x30xf32, #ccq.scalar<bits = 8, group = channel>> -> tensor<130x30xi8>, tensor<30xf16>
  // CHECK: ccq.pack {{.*}} -> !ccq.tensor<130x30xf32, #w2_5_scheme, #ccq.row_pitch<16>>
  %p = ccq.pack %a : !ccq.tensor<130x30xf32, #w2_5> -> !ccq.tensor<130x30xf32, #w2_5, #ccq.row_pitch<16>>
  // CHECK: ccq.components {{.*}} -> tensor<30x32xi16>, tensor<32xf32>
  %4:2 = ccq.components %p : !ccq.tensor<130x30xf32, #w2_5, #ccq.row_pitch<16>> -> tensor<30x32xi16>, tensor<32xf32>
  // CHECK: ccq.compose {{.*}} : tensor<30x32xi16>, tensor<32xf32> -> !ccq.tensor<130x30xf32, #w2_5_scheme, #ccq.row_pitch<16>>
  %5 = ccq.compose %4#0, %4#1 : tensor<30x32xi16>, tensor<32xf32> -> !ccq.tensor<130x30xf32, #w2_5, #ccq.row_pitch<16>>
  return
}

// Components of nibbles, clusters and streams.
// CHECK-LABEL: func.func @packed_components
func.func @packed_components(%a: !ccq.tensor<131x30xf32, #ccq.scalar<bits = 4, group = 64>>, %b: !ccq.tensor<130x30xf32, #w2>,
                             %c: !ccq.tensor<172x30xf32, #t2>, %d: !ccq.tensor<172x30xf32, #t2_5>) {
  // CHECK: ccq.components {{.*}} -> tensor<66x30xi8>, tensor<3x30xf16>
  %0:2 = ccq.components %a : !ccq.tensor<131x30xf32, #ccq.scalar<bits = 4, group = 64>> -> tensor<66x30xi8>, tensor<3x30xf16>
  // CHECK: ccq.components {{.*}} -> tensor<48x30xi8>, tensor<2x30xi8>, tensor<30xf32>, tensor<30xf32>, tensor<30xf32>
  %1:5 = ccq.components %b : !ccq.tensor<130x30xf32, #w2> -> tensor<48x30xi8>, tensor<2x30xi8>, tensor<30xf32>, tensor<30xf32>, tensor<30xf32>
  // CHECK: ccq.components {{.*}} -> tensor<12x32xi32>, tensor<30xbf16>
  %2:2 = ccq.components %c : !ccq.tensor<172x30xf32, #t2> -> tensor<12x32xi32>, tensor<30xbf16>
  // CHECK: ccq.components {{.*}} -> tensor<12x32xi32>, tensor<30xbf16>, tensor<3x32xi32>
  %3:3 = ccq.components %d : !ccq.tensor<172x30xf32, #t2_5> -> tensor<12x32xi32>, tensor<30xbf16>, tensor<3x32xi32>
  return
}

// CHECK-LABEL: func.func @rotation
func.func @rotation(%e: !ccq.tensor<172x30xf32, #t2_5>, %x: tensor<?x172xf32>, %k: index) -> tensor<?x172xf32> {
  // CHECK: ccq.drop_rotation %{{.*}} : !ccq.tensor<172x30xf32, #t2_5_scheme> -> !ccq.tensor<172x30xf32, #t2_5_rotate_none_scheme>
  %0 = ccq.drop_rotation %e : !ccq.tensor<172x30xf32, #t2_5> -> !ccq.tensor<172x30xf32, #t2_5_none>
  // CHECK: ccq.rotate %{{.*}} at %{{.*}} {block = 256 : i64, seed = 7 : i64} : tensor<?x172xf32>
  %1 = ccq.rotate %x at %k {block = 256 : i64, seed = 7 : i64} : tensor<?x172xf32>
  return %1 : tensor<?x172xf32>
}

// A whole group, lanes, a run of inner words, the tail word alone, bytes.
// CHECK-LABEL: func.func @trellis_decode
func.func @trellis_decode(%a: vector<10xi16>, %b: vector<10x16xi16>, %c: vector<2x2xi16>, %d: vector<1x4xi8>) {
  // CHECK: ccq.trellis_decode #w2_5_scheme %{{.*}} : vector<10xi16> -> vector<64xi8>
  %0 = ccq.trellis_decode #w2_5 %a : vector<10xi16> -> vector<64xi8>
  // CHECK: ccq.trellis_decode #w2_5_scheme %{{.*}} : vector<10x16xi16> -> vector<64x16xf32>
  %1 = ccq.trellis_decode #w2_5 %b : vector<10x16xi16> -> vector<64x16xf32>
  // CHECK: ccq.trellis_decode #w2_5_scheme %{{.*}} first_word 8 : vector<2x2xi16> -> vector<8x2xf16>
  %2 = ccq.trellis_decode #w2_5 %c first_word 8 : vector<2x2xi16> -> vector<8x2xf16>
  // CHECK: ccq.trellis_decode #w2_75_scheme %{{.*}} : vector<1x4xi8> -> vector<3x4xi32>
  %3 = ccq.trellis_decode #w2_75 %d : vector<1x4xi8> -> vector<3x4xi32>
  return
}

// One step of a thread, and of eight threads with extra bits.
// CHECK-LABEL: func.func @stream_step
func.func @stream_step(%a: vector<4x1xi32>, %b: vector<4x8xi32>, %bits: vector<2x8xi32>) {
  // CHECK: ccq.trellis_decode #t2_rotate_none_scheme %{{.*}} : vector<4x1xi32> -> vector<16x1xi8>
  %0 = ccq.trellis_decode #t2 %a : vector<4x1xi32> -> vector<16x1xi8>
  // CHECK: ccq.trellis_decode #t2_5_scheme %{{.*}} extra %{{.*}} : vector<4x8xi32>, vector<2x8xi32> -> vector<16x8xf32>
  %1 = ccq.trellis_decode #t2_5 %b extra %bits : vector<4x8xi32>, vector<2x8xi32> -> vector<16x8xf32>
  return
}

// CHECK-LABEL: func.func @extract_window
func.func @extract_window(%word: vector<2xi16>, %shift: i32) -> vector<2xf16> {
  // CHECK: ccq.extract_window #w2_5_scheme %{{.*}}, %{{.*}} : vector<2xi16> -> vector<2xf16>
  %0 = ccq.extract_window #w2_5 %word, %shift : vector<2xi16> -> vector<2xf16>
  return %0 : vector<2xf16>
}

// CHECK-LABEL: func.func @dim
func.func @dim() -> index {
  // CHECK: ccq.dim "batch" : index
  %0 = ccq.dim "batch" : index
  return %0 : index
}
