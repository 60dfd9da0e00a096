// RUN: ccq-opt %s --canonicalize | FileCheck %s

#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>
#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>
#i8 = #ccq.scalar<bits = 8, group = 64>

// decode(encode(constant)) is the codec's answer: i8 codes 1.27 at scale 0.01.
// CHECK-LABEL: func.func @decode_of_constant
// CHECK-NOT: ccq.
// CHECK: arith.constant dense<{{.*}}> : tensor<2x1xf32>
func.func @decode_of_constant() -> tensor<2x1xf32> {
  %w = arith.constant dense<[[127.0], [-64.0]]> : tensor<2x1xf32>
  %e = ccq.encode %w : tensor<2x1xf32> -> !ccq.tensor<2x1xf32, #i8>
  %d = ccq.decode %e : !ccq.tensor<2x1xf32, #i8> -> tensor<2x1xf32>
  return %d : tensor<2x1xf32>
}

// Weights that the encoder refuses are left for the located error at emission.
// CHECK-LABEL: func.func @decode_of_nan
// CHECK: ccq.decode
func.func @decode_of_nan() -> tensor<1x1xf32> {
  %w = arith.constant dense<0x7FC00000> : tensor<1x1xf32>
  %e = ccq.encode %w : tensor<1x1xf32> -> !ccq.tensor<1x1xf32, #i8>
  %d = ccq.decode %e : !ccq.tensor<1x1xf32, #i8> -> tensor<1x1xf32>
  return %d : tensor<1x1xf32>
}

// Statistics change the codes, and are not at hand here.
ccq.store @statistics "m.stats"
// CHECK-LABEL: func.func @decode_with_statistics
// CHECK: ccq.decode
func.func @decode_with_statistics() -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<1x1xf32>
  %e = ccq.encode %w {stats = "statistics", name = "w"} : tensor<1x1xf32> -> !ccq.tensor<1x1xf32, #i8>
  %d = ccq.decode %e : !ccq.tensor<1x1xf32, #i8> -> tensor<1x1xf32>
  return %d : tensor<1x1xf32>
}

// Byte 0xB4: windows 1011, 1101 and 0100 are 11, 13 and 4; minus the bias 8.
// CHECK-LABEL: func.func @trellis_decode_of_byte
// CHECK: arith.constant dense<{{\[}}[3], [5], [-4]]> : vector<3x1xi8>
func.func @trellis_decode_of_byte() -> vector<3x1xi8> {
  %w = arith.constant dense<0xB4> : vector<1x1xi8>
  %q = ccq.trellis_decode #w2_75 %w : vector<1x1xi8> -> vector<3x1xi8>
  return %q : vector<3x1xi8>
}

// The example of docs/Format.md: nibbles a and 3 of the lowest word.
// CHECK-LABEL: func.func @trellis_decode_of_step
// CHECK: arith.constant dense<{{\[}}[-34], [-14],
// CHECK-SAME: [30], [-29],
func.func @trellis_decode_of_step() -> vector<16x1xi8> {
  %w = arith.constant dense<[[0x3a], [0], [0], [0]]> : vector<4x1xi32>
  %q = ccq.trellis_decode #t2 %w : vector<4x1xi32> -> vector<16x1xi8>
  return %q : vector<16x1xi8>
}

// Floats stand for the middle of the level.
// CHECK-LABEL: func.func @trellis_decode_of_step_to_float
// CHECK: arith.constant dense<{{\[}}[-3.350000e+01], [-1.350000e+01],
func.func @trellis_decode_of_step_to_float() -> vector<16x1xf16> {
  %w = arith.constant dense<[[0x3a], [0], [0], [0]]> : vector<4x1xi32>
  %q = ccq.trellis_decode #t2 %w : vector<4x1xi32> -> vector<16x1xf16>
  return %q : vector<16x1xf16>
}

// The tail word: window 7 at shift 13 minus the bias 4; the scale is not read.
// CHECK-LABEL: func.func @trellis_decode_of_tail
// CHECK: arith.constant dense<3.000000e+00> : vector<1x2xf16>
func.func @trellis_decode_of_tail() -> vector<1x2xf16> {
  %w = arith.constant dense<0xE001> : vector<1x2xi16>
  %q = ccq.trellis_decode #w2_5 %w first_word 9 : vector<1x2xi16> -> vector<1x2xf16>
  return %q : vector<1x2xf16>
}

// CHECK-LABEL: func.func @nested_slices
// CHECK: %[[K:.*]] = arith.addi
// CHECK: %[[N:.*]] = arith.addi
// CHECK: %[[S:.*]] = ccq.extract_slice %{{.*}}[%[[K]], %[[N]]] : !ccq.tensor<256x64xf32, #i8_scheme> to !ccq.tensor<64x16xf32, #i8_scheme>
// CHECK: return %[[S]]
func.func @nested_slices(%e: !ccq.tensor<256x64xf32, #i8>, %a: index, %b: index, %c: index, %d: index) -> !ccq.tensor<64x16xf32, #i8> {
  %0 = ccq.extract_slice %e[%a, %b] : !ccq.tensor<256x64xf32, #i8> to !ccq.tensor<128x32xf32, #i8>
  %1 = ccq.extract_slice %0[%c, %d] : !ccq.tensor<128x32xf32, #i8> to !ccq.tensor<64x16xf32, #i8>
  return %1 : !ccq.tensor<64x16xf32, #i8>
}

// CHECK-LABEL: func.func @slice_of_whole
// CHECK-NOT: ccq.extract_slice
func.func @slice_of_whole(%e: !ccq.tensor<128x32xf32, #i8>, %k: index, %n: index) -> !ccq.tensor<128x32xf32, #i8> {
  %0 = ccq.extract_slice %e[%k, %n] : !ccq.tensor<128x32xf32, #i8> to !ccq.tensor<128x32xf32, #i8>
  return %0 : !ccq.tensor<128x32xf32, #i8>
}

// CHECK-LABEL: func.func @components_of_compose
// CHECK-SAME: (%[[A:.*]]: tensor<128x32xi8>, %[[B:.*]]: tensor<2x32xf16>)
// CHECK-NEXT: return %[[A]], %[[B]]
func.func @components_of_compose(%a: tensor<128x32xi8>, %b: tensor<2x32xf16>) -> (tensor<128x32xi8>, tensor<2x32xf16>) {
  %e = ccq.compose %a, %b : tensor<128x32xi8>, tensor<2x32xf16> -> !ccq.tensor<128x32xf32, #i8>
  %c:2 = ccq.components %e : !ccq.tensor<128x32xf32, #i8> -> tensor<128x32xi8>, tensor<2x32xf16>
  return %c#0, %c#1 : tensor<128x32xi8>, tensor<2x32xf16>
}

// CHECK-LABEL: func.func @compose_of_components
// CHECK-SAME: (%[[E:.*]]: !ccq.tensor
// CHECK-NEXT: return %[[E]]
func.func @compose_of_components(%e: !ccq.tensor<128x32xf32, #i8>) -> !ccq.tensor<128x32xf32, #i8> {
  %c:2 = ccq.components %e : !ccq.tensor<128x32xf32, #i8> -> tensor<128x32xi8>, tensor<2x32xf16>
  %0 = ccq.compose %c#0, %c#1 : tensor<128x32xi8>, tensor<2x32xf16> -> !ccq.tensor<128x32xf32, #i8>
  return %0 : !ccq.tensor<128x32xf32, #i8>
}

// Components in another order are another matrix.
// CHECK-LABEL: func.func @compose_of_mixed_components
// CHECK: ccq.compose
func.func @compose_of_mixed_components(%e: !ccq.tensor<128x32xf32, #i8>, %s: tensor<2x32xf16>) -> !ccq.tensor<128x32xf32, #i8> {
  %c:2 = ccq.components %e : !ccq.tensor<128x32xf32, #i8> -> tensor<128x32xi8>, tensor<2x32xf16>
  %0 = ccq.compose %c#0, %s : tensor<128x32xi8>, tensor<2x32xf16> -> !ccq.tensor<128x32xf32, #i8>
  return %0 : !ccq.tensor<128x32xf32, #i8>
}
