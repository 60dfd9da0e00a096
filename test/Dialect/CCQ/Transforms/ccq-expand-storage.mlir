// RUN: ccq-opt %s --ccq-expand-storage --ccq-verify-expanded --split-input-file --verify-diagnostics | FileCheck %s
// RUN: not ccq-opt %s --ccq-expand-storage="vector-lanes=0" --split-input-file 2>&1 | FileCheck %s --check-prefix=ZERO

// ZERO: error: expected vector-lanes of at least 1, got 0

// An argument becomes its components. 70 rows are one group of ten words and
// six rows of a second; 20 channels are 16 and 4.
#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
// CHECK-LABEL: func private @words(
//  CHECK-SAME:   %[[X:.*]]: tensor<4xf32>, %[[CODES:.*]]: tensor<20x20xi16>, %[[SUPER:.*]]: tensor<20xf32>, %{{.*}}: index)
//       CHECK:   %[[OUT:.*]] = tensor.empty() : tensor<70x20xf32>
//       CHECK:   %[[WORDS:.*]] = vector.transfer_read %[[CODES]]{{.*}} : tensor<20x20xi16>, vector<10x16xi16>
//       CHECK:   %[[TAIL:.*]] = vector.extract %[[WORDS]][9]
//       CHECK:   %[[BITS:.*]] = arith.andi %[[TAIL]], %{{.*}}
//       CHECK:   %[[LOCAL:.*]] = arith.uitofp %[[BITS]] : vector<16xi16> to vector<16xf32>
//       CHECK:   %[[SUPERS:.*]] = vector.transfer_read %[[SUPER]]
//       CHECK:   %[[SCALE:.*]] = arith.mulf %[[LOCAL]], %[[SUPERS]]
//       CHECK:   %[[WORD:.*]] = vector.extract_strided_slice %[[WORDS]] {offsets = [0, 0], sizes = [1, 16]
//       CHECK:   %[[WINDOWS:.*]] = ccq.trellis_decode #{{.*}} %[[WORD]] : vector<1x16xi16> -> vector<7x16xf32>
//       CHECK:   %[[SCALES:.*]] = vector.broadcast %[[SCALE]]
//       CHECK:   %[[VALUES:.*]] = arith.mulf %[[WINDOWS]], %[[SCALES]]
//       CHECK:   vector.transfer_write %[[VALUES]], %[[OUT]]
//       CHECK:   ccq.trellis_decode #{{.*}} %{{.*}} first_word 9 : vector<1x16xi16> -> vector<1x16xf32>
//       CHECK:   vector.extract_strided_slice {{.*}} : vector<7x16xf32> to vector<6x16xf32>
//       CHECK:   vector.transfer_write {{.*}} : vector<6x16xf32>
//       CHECK:   ccq.trellis_decode {{.*}} -> vector<7x4xf32>
//       CHECK:   vector.transfer_write {{.*}} : vector<6x4xf32>
//   CHECK-NOT:   ccq.trellis_decode
func.func private @words(%x: tensor<4xf32>, %e: !ccq.tensor<70x20xf32, #w2_5>, %n: index) -> tensor<70x20xf32> {
  %d = ccq.decode %e : !ccq.tensor<70x20xf32, #w2_5> -> tensor<70x20xf32>
  return %d : tensor<70x20xf32>
}

// -----

// A slice is a slice of every component: ten words per group of 64 rows.
#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>
// CHECK: #[[ROWS:.*]] = affine_map<()[s0] -> ((s0 floordiv 64) * 22)>
// CHECK-LABEL: func @slice(
//  CHECK-SAME:   %[[CODES:.*]]: tensor<44x64xi8>, %[[SUPER:.*]]: tensor<64xf32>, %[[K:.*]]: index, %[[N:.*]]: index)
//       CHECK:   %[[ROW:.*]] = affine.apply #[[ROWS]]()[%[[K]]]
//       CHECK:   %[[C:.*]] = tensor.extract_slice %[[CODES]][%[[ROW]], %[[N]]] [22, 16] [1, 1]
//       CHECK:   %[[S:.*]] = tensor.extract_slice %[[SUPER]][%[[N]]] [16] [1]
//       CHECK:   vector.transfer_read %[[C]]
//       CHECK:   vector.transfer_read %[[S]]
func.func @slice(%e: !ccq.tensor<128x64xf32, #w2_75>, %k: index, %n: index) -> tensor<64x16xf32> {
  %s = ccq.extract_slice %e[%k, %n] : !ccq.tensor<128x64xf32, #w2_75> to !ccq.tensor<64x16xf32, #w2_75>
  %d = ccq.decode %s : !ccq.tensor<64x16xf32, #w2_75> -> tensor<64x16xf32>
  return %d : tensor<64x16xf32>
}

// -----

// Grouped scalars: one row of f16 scales per 64 rows of codes.
#i8 = #ccq.scalar<bits = 8, group = 64>
// CHECK-LABEL: func @grouped(
//  CHECK-SAME:   %[[CODES:.*]]: tensor<128x16xi8>, %[[SCALES:.*]]: tensor<2x16xf16>)
//       CHECK:   scf.for %[[G:.*]] = %c0{{.*}} to %c2
//       CHECK:     vector.transfer_read %[[SCALES]][%[[G]], %{{.*}}]
//       CHECK:     arith.extf %{{.*}} : vector<16xf16> to vector<16xf32>
//       CHECK:     scf.for
//       CHECK:       vector.transfer_read %[[CODES]]
//       CHECK:       arith.sitofp %{{.*}} : vector<16xi8> to vector<16xf32>
//       CHECK:       arith.mulf
//       CHECK:       vector.transfer_write
func.func @grouped(%e: !ccq.tensor<128x16xf32, #i8>) -> tensor<128x16xf32> {
  %d = ccq.decode %e : !ccq.tensor<128x16xf32, #i8> -> tensor<128x16xf32>
  return %d : tensor<128x16xf32>
}

// -----

// One scale per channel; a slice along K keeps all of it.
#i8_channel = #ccq.scalar<bits = 8, group = channel>
// CHECK-LABEL: func @channel(
//  CHECK-SAME:   %[[CODES:.*]]: tensor<90x16xi8>, %[[SCALES:.*]]: tensor<16xf16>, %[[K:.*]]: index)
//       CHECK:   tensor.extract_slice %[[CODES]][%[[K]], 0] [40, 16] [1, 1]
//       CHECK:   tensor.extract_slice %[[SCALES]][0] [16] [1]
//       CHECK:   scf.for %{{.*}} = %c0{{.*}} to %c40
func.func @channel(%e: !ccq.tensor<90x16xf32, #i8_channel>, %k: index) -> tensor<40x16xf32> {
  %c0 = arith.constant 0 : index
  %s = ccq.extract_slice %e[%k, %c0] : !ccq.tensor<90x16xf32, #i8_channel> to !ccq.tensor<40x16xf32, #i8_channel>
  %d = ccq.decode %s : !ccq.tensor<40x16xf32, #i8_channel> -> tensor<40x16xf32>
  return %d : tensor<40x16xf32>
}

// -----

// Dispatches, calls and launches take components; what codes the weights stays.
#i8 = #ccq.scalar<bits = 8, group = 64>
// CHECK-LABEL: func private @kernel(
//  CHECK-SAME:   tensor<?x64xf32>, tensor<64x16xi8>, tensor<1x16xf16>, index)
func.func private @kernel(%x: tensor<?x64xf32>, %e: !ccq.tensor<64x16xf32, #i8>, %m: index) -> tensor<?x16xf32> attributes {ccq.kernel}
func.func private @callee(%e: !ccq.tensor<64x16xf32, #i8>)
// CHECK-LABEL: func @caller(
//       CHECK:   %[[E:.*]] = ccq.encode
//       CHECK:   %[[C:.*]]:2 = ccq.components %[[E]]
//       CHECK:   call @callee(%[[C]]#0, %[[C]]#1)
//       CHECK:   ccq.dispatch @kernel(%{{.*}}, %[[C]]#0, %[[C]]#1, %{{.*}})
func.func @caller(%x: tensor<?x64xf32>, %w: tensor<64x16xf32>, %m: index) -> tensor<?x16xf32> {
  %e = ccq.encode %w : tensor<64x16xf32> -> !ccq.tensor<64x16xf32, #i8>
  call @callee(%e) : (!ccq.tensor<64x16xf32, #i8>) -> ()
  %y = ccq.dispatch @kernel(%x, %e, %m) [%m] : (tensor<?x64xf32>, !ccq.tensor<64x16xf32, #i8>, index) -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

// A pack is taken apart on both sides when its operand is.
#i8 = #ccq.scalar<bits = 8, group = 64>
// CHECK-LABEL: func @pack(
//       CHECK:   %[[E:.*]] = ccq.compose %arg0, %arg1
//       CHECK:   %[[P:.*]] = ccq.pack %[[E]]
//       CHECK:   %[[C:.*]]:2 = ccq.components %[[P]]
//       CHECK:   return %[[C]]#1 : tensor<1x32xf16>
func.func @pack(%e: !ccq.tensor<64x30xf32, #i8>) -> tensor<1x32xf16> {
  %p = ccq.pack %e : !ccq.tensor<64x30xf32, #i8> -> !ccq.tensor<64x30xf32, #i8, #ccq.row_pitch<16>>
  %codes, %scales = ccq.components %p : !ccq.tensor<64x30xf32, #i8, #ccq.row_pitch<16>> -> tensor<64x32xi8>, tensor<1x32xf16>
  return %scales : tensor<1x32xf16>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
// expected-error@+1 {{expected results that are not coded, got '!ccq.tensor<64x16xf32, #ccq.scalar<bits = 8, group = 64>>'}}
func.func @result(%e: !ccq.tensor<64x16xf32, #i8>) -> !ccq.tensor<64x16xf32, #i8> {
  return %e : !ccq.tensor<64x16xf32, #i8>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @other_user(%e: !ccq.tensor<64x16xf32, #i8>) {
  // expected-error@+1 {{expected coded operands of ccq ops and calls only, got one of builtin.unrealized_conversion_cast}}
  %0 = builtin.unrealized_conversion_cast %e : !ccq.tensor<64x16xf32, #i8> to i32
  return
}

// -----

// Nibbles: two rows of weights per row of bytes, the even one low.
#i4 = #ccq.scalar<bits = 4, group = 64>
// CHECK-LABEL: func private @nibbles(
//  CHECK-SAME:   %[[CODES:.*]]: tensor<33x16xi8>, %[[SCALES:.*]]: tensor<2x16xf16>)
//       CHECK:   scf.for %[[PAIR:.*]] = %c0{{.*}} to %c32
//       CHECK:     %[[BYTES:.*]] = vector.transfer_read %[[CODES]]
//       CHECK:     %[[MOVED:.*]] = arith.shli %[[BYTES]]
//       CHECK:     arith.shrsi %[[MOVED]]
//       CHECK:     vector.transfer_write
//       CHECK:     arith.shrsi %[[BYTES]]
//       CHECK:     vector.transfer_write
//       CHECK:   vector.transfer_write
//   CHECK-NOT:   vector.transfer_write
func.func private @nibbles(%e: !ccq.tensor<65x16xf32, #i4>) -> tensor<65x16xf32> {
  %d = ccq.decode %e : !ccq.tensor<65x16xf32, #i4> -> tensor<65x16xf32>
  return %d : tensor<65x16xf32>
}

// -----

// Clusters: 128 rows are a slice, of one row of pairs of local scales.
#w2 = #ccq.cluster<window = 6, shifts = [9, 6, 3, 0], group = 64, scales = high_first>
// CHECK: #[[CODES_ROW:.*]] = affine_map<()[s0] -> ((s0 floordiv 128) * 32)>
// CHECK: #[[SCALES_ROW:.*]] = affine_map<()[s0] -> (s0 floordiv 128)>
// CHECK-LABEL: func @clusters(
//       CHECK:   tensor.extract_slice %{{.*}} [32, 16] [1, 1]
//       CHECK:   tensor.extract_slice %{{.*}} [1, 16] [1, 1]
//       CHECK:   %[[PRODUCT:.*]] = arith.mulf %{{.*}}, %{{.*}} : vector<16xf32>
//       CHECK:   arith.fptosi
//       CHECK:   arith.shrui
func.func @clusters(%e: !ccq.tensor<256x64xf32, #w2>, %k: index, %n: index) -> tensor<128x16xf32> {
  %s = ccq.extract_slice %e[%k, %n] : !ccq.tensor<256x64xf32, #w2> to !ccq.tensor<128x16xf32, #w2>
  %d = ccq.decode %s : !ccq.tensor<128x16xf32, #w2> -> tensor<128x16xf32>
  return %d : tensor<128x16xf32>
}

// -----

// A part of a stream reads the whole components: eight steps per tile of 256
// rows and 16 channels, from the words of three steps before.
#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>
// CHECK-LABEL: func @stream(
//  CHECK-SAME:   %[[CODES:.*]]: tensor<64x32xi32>, %[[SCALES:.*]]: tensor<64xbf16>, %[[K:.*]]: index, %[[N:.*]]: index)
//       CHECK:   scf.for %{{.*}} = %c0{{.*}} to %c2
//       CHECK:     vector.transfer_read %[[SCALES]]{{.*}} vector<8xbf16>
//       CHECK:     vector.transfer_read %[[SCALES]]{{.*}} vector<8xbf16>
//       CHECK:     scf.for %{{.*}} = %c0{{.*}} to %c8
// CHECK-COUNT-4:     vector.transfer_read %[[CODES]]{{.*}} vector<32xi32>
// CHECK-COUNT-4:     ccq.trellis_decode #{{.*}} : vector<4x8xi32> -> vector<16x8xf32>
func.func @stream(%e: !ccq.tensor<512x64xf32, #t2>, %k: index, %n: index) -> tensor<256x32xf32> {
  %s = ccq.extract_slice %e[%k, %n] : !ccq.tensor<512x64xf32, #t2> to !ccq.tensor<256x32xf32, #t2>
  %d = ccq.decode %s : !ccq.tensor<256x32xf32, #t2> -> tensor<256x32xf32>
  return %d : tensor<256x32xf32>
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 0, scale = channel, start = zero>
func.func @rotated(%e: !ccq.tensor<512x64xf32, #t2>) -> tensor<512x64xf32> {
  // expected-error@+1 {{expected weights in the basis they are coded in; ccq-rotate-activations brings them there}}
  %d = ccq.decode %e : !ccq.tensor<512x64xf32, #t2> -> tensor<512x64xf32>
  return %d : tensor<512x64xf32>
}

// -----

// A hashed stream: 16 rows of a tile at a time. The bits before the newest word,
// which are zero before the first word, those that end with the window, the
// hash and the level, then a row of 16 channels times the scales.
#t2_hash = #ccq.hash<state = 12, index = 8, offset = 927, sixteenths = 40, tile = 256, rotation = none, seed = 0, scale = channel, start = zero>
// CHECK-LABEL: func @hashed_stream(
//  CHECK-SAME:   %[[CODES:.*]]: tensor<2x256xi32>, %{{.*}}: tensor<16xbf16>)
//       CHECK:   %[[LEVELS:.*]] = arith.constant dense<{{.*}}> : tensor<256xf32>
//       CHECK:   scf.for
//       CHECK:     %[[BEFORE:.*]] = vector.transfer_read %[[CODES]]
//       CHECK:     %[[KNOWN:.*]] = arith.select %{{.*}}, %[[BEFORE]], %{{.*}} : vector<8xi32>
//       CHECK:     %[[LAST:.*]] = vector.transfer_read %[[CODES]]
//       CHECK:     %[[TWICE:.*]] = arith.shli %[[KNOWN]]
//       CHECK:     %[[OLDER:.*]] = arith.shli %[[TWICE]]
//       CHECK:     %[[NEWER:.*]] = arith.shrui %[[LAST]]
//       CHECK:     %[[WINDOW:.*]] = arith.ori %[[OLDER]], %[[NEWER]]
//       CHECK:     %[[OFFSET:.*]] = arith.constant dense<927> : vector<8xi32>
//       CHECK:     %[[SUM:.*]] = arith.addi %[[WINDOW]], %[[OFFSET]]
//       CHECK:     %[[HASH:.*]] = arith.muli %[[WINDOW]], %[[SUM]]
//       CHECK:     %[[HIGH:.*]] = arith.shrui %[[HASH]]
//       CHECK:     %[[MASK:.*]] = arith.constant dense<255> : vector<8xi32>
//       CHECK:     %[[INDEX:.*]] = arith.andi %[[HIGH]], %[[MASK]]
//       CHECK:     vector.gather %[[LEVELS]][%{{.*}}] [%[[INDEX]]]
//       CHECK:     vector.transfer_write %{{.*}} : vector<16xf32>, tensor<256x16xf32>
func.func @hashed_stream(%e: !ccq.tensor<256x16xf32, #t2_hash>) -> tensor<256x16xf32> {
  %d = ccq.decode %e : !ccq.tensor<256x16xf32, #t2_hash> -> tensor<256x16xf32>
  return %d : tensor<256x16xf32>
}

// -----

// Before the first word of linked chains come the last 32 of the 40 bits of the
// chains before them: seven from the word of the channel before, and channels 0
// and 8 from the last one.
#t2_linked = #ccq.hash<state = 12, index = 8, offset = 927, sixteenths = 40, tile = 256, rotation = none, seed = 0, scale = channel, start = linked>
// CHECK-LABEL: func @linked_hashed_stream(
//  CHECK-SAME:   %[[CODES:.*]]: tensor<2x256xi32>
//       CHECK:   %[[BEFORE:.*]]:8 = scf.if
//       CHECK:     scf.yield
//       CHECK:   } else {
//       CHECK:     vector.transfer_read %[[CODES]]
//       CHECK:     %[[NEWER:.*]] = arith.shrui %{{.*}}, %{{.*}} : vector<8xi32>
//       CHECK:     vector.transfer_read %[[CODES]]
//       CHECK:     %[[OLDER:.*]] = arith.shli %{{.*}}, %{{.*}} : vector<8xi32>
//       CHECK:     %[[LAST:.*]] = arith.ori %[[OLDER]], %[[NEWER]]
//       CHECK:     vector.shuffle %[[LAST]], %{{.*}} [15, 4, 5, 6, 0, 1, 2, 3]
//       CHECK:     scf.yield
//       CHECK:   arith.shli %[[BEFORE]]#0
func.func @linked_hashed_stream(%e: !ccq.tensor<256x16xf32, #t2_linked>) -> tensor<256x16xf32> {
  %d = ccq.decode %e : !ccq.tensor<256x16xf32, #t2_linked> -> tensor<256x16xf32>
  return %d : tensor<256x16xf32>
}
