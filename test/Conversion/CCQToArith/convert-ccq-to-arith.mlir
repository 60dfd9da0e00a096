// RUN: ccq-opt %s --convert-ccq-to-arith | FileCheck %s
// RUN: ccq-opt %s --convert-ccq-to-arith="byte-shuffle=true" | FileCheck %s --check-prefix=SHUFFLE
// Constant words decode at compile time with the same result.
// RUN: ccq-opt %s --convert-ccq-to-arith --canonicalize | FileCheck %s --check-prefix=FOLD

#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = 256, seed = 0, scale = channel, start = zero>
#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>

// A word is widened once. The topmost window needs no mask, the lowest no shift.
// CHECK-LABEL: func @to_f32(
//  CHECK-SAME:   %[[WORDS:.*]]: vector<1x8xi16>)
//       CHECK:   %[[ROW:.*]] = vector.extract %[[WORDS]][0]
//       CHECK:   %[[WIDE:.*]] = arith.extui %[[ROW]] : vector<8xi16> to vector<8xi32>
//       CHECK:   %[[TOP:.*]] = arith.shrui %[[WIDE]], %{{.*}} : vector<8xi32>
//       CHECK:   %[[C0:.*]] = arith.subi %[[TOP]], %{{.*}}
//       CHECK:   %[[F0:.*]] = arith.sitofp %[[C0]] : vector<8xi32> to vector<8xf32>
//       CHECK:   vector.insert %[[F0]], %{{.*}} [0]
//       CHECK:   %[[S1:.*]] = arith.shrui %[[WIDE]],
//       CHECK:   arith.andi %[[S1]],
//   CHECK-NOT:   extui
//       CHECK:   %[[M6:.*]] = arith.andi %[[WIDE]],
//       CHECK:   %[[C6:.*]] = arith.subi %[[M6]],
//       CHECK:   %[[F6:.*]] = arith.sitofp %[[C6]]
//       CHECK:   %[[RESULT:.*]] = vector.insert %[[F6]], %{{.*}} [6]
//       CHECK:   return %[[RESULT]]
func.func @to_f32(%words: vector<1x8xi16>) -> vector<7x8xf32> {
  %q = ccq.trellis_decode #w2_5 %words : vector<1x8xi16> -> vector<7x8xf32>
  return %q : vector<7x8xf32>
}

// Narrow integer results stay in the word's width; the tail word holds one
// window, above the scale.
// CHECK-LABEL: func @tail_to_i8(
//       CHECK:   arith.shrui %{{.*}} : vector<8xi16>
//   CHECK-NOT:   arith.andi
//       CHECK:   arith.subi %{{.*}} : vector<8xi16>
//       CHECK:   arith.trunci %{{.*}} : vector<8xi16> to vector<8xi8>
func.func @tail_to_i8(%words: vector<1x8xi16>) -> vector<1x8xi8> {
  %q = ccq.trellis_decode #w2_5 %words first_word 9 : vector<1x8xi16> -> vector<1x8xi8>
  return %q : vector<1x8xi8>
}

// Without lanes the rows are scalars.
// CHECK-LABEL: func @scalars(
//       CHECK:   %[[WORD:.*]] = vector.extract %{{.*}}[0] : i8 from vector<1xi8>
//       CHECK:   arith.shrui %[[WORD]], %{{.*}} : i8
//       CHECK:   arith.sitofp %{{.*}} : i8 to f16
//       CHECK:   vector.insert %{{.*}} [2] : f16 into vector<3xf16>
func.func @scalars(%words: vector<1xi8>) -> vector<3xf16> {
  %q = ccq.trellis_decode #w2_75 %words : vector<1xi8> -> vector<3xf16>
  return %q : vector<3xf16>
}

// CHECK-LABEL: func @window(
//  CHECK-SAME:   %[[WORD:.*]]: vector<4xi8>, %[[SHIFT:.*]]: i32)
//       CHECK:   %[[WIDE:.*]] = arith.extui %[[WORD]] : vector<4xi8> to vector<4xi32>
//       CHECK:   %[[SHIFTS:.*]] = vector.broadcast %[[SHIFT]] : i32 to vector<4xi32>
//       CHECK:   arith.shrui %[[WIDE]], %[[SHIFTS]]
//       CHECK:   arith.andi
//       CHECK:   arith.subi
//       CHECK:   arith.sitofp %{{.*}} : vector<4xi32> to vector<4xf32>
func.func @window(%word: vector<4xi8>, %shift: i32) -> vector<4xf32> {
  %q = ccq.extract_window #w2_75 %word, %shift : vector<4xi8> -> vector<4xf32>
  return %q : vector<4xf32>
}

// CHECK-LABEL: func @window_i8(
//       CHECK:   arith.trunci %{{.*}} : i32 to i16
//       CHECK:   arith.trunci %{{.*}} : vector<4xi16> to vector<4xi8>
func.func @window_i8(%word: vector<4xi16>, %shift: i32) -> vector<4xi8> {
  %q = ccq.extract_window #w2_5 %word, %shift : vector<4xi16> -> vector<4xi8>
  return %q : vector<4xi8>
}

// 0xB1 has the windows 11, 12 and 1, so 3, 4 and -7 around the bias of 8.
// FOLD-LABEL: func @constant(
//       FOLD:   arith.constant dense<[3, 4, -7]> : vector<3xi8>
func.func @constant() -> vector<3xi8> {
  %words = arith.constant dense<0xB1> : vector<1xi8>
  %q = ccq.trellis_decode #w2_75 %words : vector<1xi8> -> vector<3xi8>
  return %q : vector<3xi8>
}

// A step of a stream: taps, the extra bits of the odd weights, nibbles, two
// tables of sixteen entries for each half of the nibbles of each parity.
// CHECK-LABEL: func @stream(
//  CHECK-SAME:   %[[WORDS:.*]]: vector<4x8xi32>, %[[BITS:.*]]: vector<2x8xi32>)
//       CHECK:   %[[W0:.*]] = vector.extract %[[WORDS]][0]
//       CHECK:   %[[W2:.*]] = vector.extract %[[WORDS]][2]
//       CHECK:   %[[A:.*]] = arith.xori %[[W0]], %[[W2]]
//       CHECK:   %[[W3:.*]] = vector.extract %[[WORDS]][3]
//       CHECK:   arith.xori %[[A]], %[[W3]]
//   CHECK-NOT:   call_intrinsic
//       CHECK:   vector.extract %[[BITS]][1]
// SHUFFLE-LABEL: func @stream(
// SHUFFLE-COUNT-8: llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"
//     SHUFFLE-NOT: llvm.call_intrinsic
func.func @stream(%words: vector<4x8xi32>, %bits: vector<2x8xi32>) -> vector<16x8xf32> {
  %q = ccq.trellis_decode #t2_5 %words extra %bits : vector<4x8xi32>, vector<2x8xi32> -> vector<16x8xf32>
  return %q : vector<16x8xf32>
}
