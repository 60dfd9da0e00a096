// RUN: ccq-opt %s --split-input-file --verify-diagnostics

// store_c1: absolute path
// expected-error@+1 {{store_c1: expected a relative path, got "/etc/hostname"}}
ccq.store @s "/etc/hostname"

// -----

// store_c1: leaves the root
// expected-error@+1 {{store_c1: expected a path without '..', got "a/../../b"}}
ccq.store @s "a/../../b"

// -----

// store_c2
// expected-error@+1 {{store_c2: expected a relative root, got "/etc"}}
ccq.store @s "hostname" root "/etc"

// -----

ccq.store @s "m"
func.func @source_c1() {
  // expected-error@+1 {{source_c1: expected a static tensor of 8, 16, 32 or 64-bit elements, got 'tensor<?xf32>'}}
  %0 = ccq.source @s[0, 4] : tensor<?xf32>
  return
}

// -----

ccq.store @s "m"
func.func @source_c2() {
  // expected-error@+1 {{source_c2: expected 16 bytes for 'tensor<4xf32>', got 12}}
  %0 = ccq.source @s[0, 12] : tensor<4xf32>
  return
}

// -----

ccq.store @s "m"
func.func @source_c3() {
  // expected-error@+1 {{source_c3: expected a non-negative offset, got -4}}
  %0 = ccq.source @s[-4, 16] : tensor<4xf32>
  return
}

// -----

ccq.store @s "m"
func.func @source_c4() {
  // expected-error@+1 {{source_c4: expected rank 2 for a transposed source, got rank 1}}
  %0 = ccq.source @s[0, 16] transposed : tensor<4xf32>
  return
}

// -----

func.func @source_c5() {
  // expected-error@+1 {{source_c5: expected @s to name a ccq.store}}
  %0 = ccq.source @s[0, 16] : tensor<4xf32>
  return
}

// -----

func.func @encode_c1(%w: tensor<8x8xf32>) {
  // expected-error@+1 {{encode_c1: expected operand and result of one shape, got 'tensor<8x8xf32>' and '!ccq.tensor<8x4xf32}}
  %0 = ccq.encode %w : tensor<8x8xf32> -> !ccq.tensor<8x4xf32, #ccq.scalar<bits = 8, group = 64>>
  return
}

// -----

func.func @encode_c2(%w: tensor<8x8xi32>) {
  // expected-error@+1 {{operand #0 must be 2D tensor of 32-bit float or 16-bit float or bfloat16 type values}}
  %0 = ccq.encode %w : tensor<8x8xi32> -> !ccq.tensor<8x8xf32, #ccq.scalar<bits = 8, group = 64>>
  return
}

// -----

func.func @encode_c3(%w: tensor<8x8xf32>) {
  // expected-error@+1 {{encode_c3: expected a result in the canonical layout, got #ccq.row_pitch<16>}}
  %0 = ccq.encode %w : tensor<8x8xf32> -> !ccq.tensor<8x8xf32, #ccq.scalar<bits = 8, group = 64>, #ccq.row_pitch<16>>
  return
}

// -----

func.func @decode_c1(%e: !ccq.tensor<8x8xf32, #ccq.scalar<bits = 8, group = 64>>) {
  // expected-error@+1 {{decode_c1: expected result type 'tensor<8x8xf32>', got 'tensor<8x4xf32>'}}
  %0 = ccq.decode %e : !ccq.tensor<8x8xf32, #ccq.scalar<bits = 8, group = 64>> -> tensor<8x4xf32>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @extract_slice_c1(%e: !ccq.tensor<128x8xf32, #i8>, %i: index) {
  // expected-error@+1 {{extract_slice_c1: expected scheme, element type and layout of}}
  %0 = ccq.extract_slice %e[%i, %i] : !ccq.tensor<128x8xf32, #i8> to !ccq.tensor<64x8xf32, #ccq.scalar<bits = 8, group = channel>>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @extract_slice_c2(%e: !ccq.tensor<128x8xf32, #i8>, %i: index) {
  // expected-error@+1 {{extract_slice_c2: expected at most 8 along N, got 16}}
  %0 = ccq.extract_slice %e[%i, %i] : !ccq.tensor<128x8xf32, #i8> to !ccq.tensor<64x16xf32, #i8>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @extract_slice_c3_bounds(%e: !ccq.tensor<128x8xf32, #i8>, %i: index) {
  %c4 = arith.constant 4 : index
  // expected-error@+1 {{extract_slice_c3: expected a slice inside 0..8 along N, got 4..12}}
  %0 = ccq.extract_slice %e[%i, %c4] : !ccq.tensor<128x8xf32, #i8> to !ccq.tensor<64x8xf32, #i8>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @extract_slice_c3_group(%e: !ccq.tensor<256x8xf32, #i8>, %i: index) {
  %c32 = arith.constant 32 : index
  // expected-error@+1 {{extract_slice_c3: expected an offset along K that is a multiple of 64, got 32}}
  %0 = ccq.extract_slice %e[%c32, %i] : !ccq.tensor<256x8xf32, #i8> to !ccq.tensor<64x8xf32, #i8>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @extract_slice_c4(%e: !ccq.tensor<128x8xf32, #i8>, %i: index) {
  %c0 = arith.constant 0 : index
  // expected-error@+1 {{extract_slice_c4: expected an extent along K that is a multiple of 64 or ends the operand, got 32}}
  %0 = ccq.extract_slice %e[%c0, %i] : !ccq.tensor<128x8xf32, #i8> to !ccq.tensor<32x8xf32, #i8>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @components_c1(%e: !ccq.tensor<128x8xf32, #i8>) {
  // expected-error@+1 {{components_c1: expected ('tensor<128x8xi8>', 'tensor<2x8xf16>'), got ('tensor<128x8xi8>', 'tensor<8xf16>')}}
  %0:2 = ccq.components %e : !ccq.tensor<128x8xf32, #i8> -> tensor<128x8xi8>, tensor<8xf16>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @compose_c1(%a: tensor<128x8xi8>) {
  // expected-error@+1 {{compose_c1: expected ('tensor<128x8xi8>', 'tensor<2x8xf16>'), got ('tensor<128x8xi8>')}}
  %0 = ccq.compose %a : tensor<128x8xi8> -> !ccq.tensor<128x8xf32, #i8>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @pack_c1(%e: !ccq.tensor<128x8xf32, #i8>) {
  // expected-error@+1 {{pack_c1: expected a canonical operand and a result that differs in layout only}}
  %0 = ccq.pack %e : !ccq.tensor<128x8xf32, #i8> -> !ccq.tensor<128x8xf32, #i8>
  return
}

// -----

#w = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func @trellis_decode_c1(%v: vector<10xi8>) {
  // expected-error@+1 {{trellis_decode_c1: expected elements of 16 bits, got 'i8'}}
  %0 = ccq.trellis_decode #w %v : vector<10xi8> -> vector<64xi8>
  return
}

// -----

#w = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func @trellis_decode_c2(%v: vector<3xi16>) {
  // expected-error@+1 {{trellis_decode_c2: expected words inside 0..10, got 8..11}}
  %0 = ccq.trellis_decode #w %v first_word 8 : vector<3xi16> -> vector<8xi8>
  return
}

// -----

#w = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func @trellis_decode_c3(%v: vector<2x4xi16>) {
  // expected-error@+1 {{trellis_decode_c3: expected result shape 8x4, got 'vector<14x4xi8>'}}
  %0 = ccq.trellis_decode #w %v first_word 8 : vector<2x4xi16> -> vector<14x4xi8>
  return
}

// -----

#w = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func @trellis_decode_c3_rank(%v: vector<i16>) {
  // expected-error@+1 {{trellis_decode_c3: expected a leading dimension}}
  %0 = ccq.trellis_decode #w %v : vector<i16> -> vector<7xi8>
  return
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = zero>
func.func @extract_slice_c5(%e: !ccq.tensor<512x64xf32, #t2>) {
  %k = arith.constant 0 : index
  %n = arith.constant 8 : index
  // expected-error@+1 {{extract_slice_c5: expected an offset along N that is a multiple of 16, got 8}}
  %s = ccq.extract_slice %e[%k, %n] : !ccq.tensor<512x64xf32, #t2> to !ccq.tensor<256x16xf32, #t2>
  return
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = zero>
func.func @trellis_decode_c1_stream(%v: vector<4x8xi16>) {
  // expected-error@+1 {{trellis_decode_c1: expected elements of 32 bits, got 'i16'}}
  %0 = ccq.trellis_decode #t2 %v : vector<4x8xi16> -> vector<16x8xi8>
  return
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = zero>
func.func @trellis_decode_c2_stream(%v: vector<4x8xi32>) {
  // expected-error@+1 {{trellis_decode_c2: expected first_word 0, got 1}}
  %0 = ccq.trellis_decode #t2 %v first_word 1 : vector<4x8xi32> -> vector<16x8xi8>
  return
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = zero>
func.func @trellis_decode_c3_stream(%v: vector<4x8xi32>) {
  // expected-error@+1 {{trellis_decode_c3: expected result shape 16x8, got 'vector<8x8xi8>'}}
  %0 = ccq.trellis_decode #t2 %v : vector<4x8xi32> -> vector<8x8xi8>
  return
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = zero>
func.func @trellis_decode_c4(%v: vector<3x8xi32>) {
  // expected-error@+1 {{trellis_decode_c4: expected 4 words of each lane, got 3}}
  %0 = ccq.trellis_decode #t2 %v : vector<3x8xi32> -> vector<16x8xi8>
  return
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = zero>
func.func @trellis_decode_c5_two_bits(%v: vector<4x8xi32>, %b: vector<2x8xi32>) {
  // expected-error@+1 {{trellis_decode_c5: expected no extra bits at two bits}}
  %0 = ccq.trellis_decode #t2 %v extra %b : vector<4x8xi32>, vector<2x8xi32> -> vector<16x8xi8>
  return
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = 256, seed = 0, scale = channel, start = zero>
func.func @trellis_decode_c5_rows(%v: vector<4x8xi32>, %b: vector<1x8xi32>) {
  // expected-error@+1 {{trellis_decode_c5: expected two rows of extra bits for 'vector<4x8xi32>', got 'vector<1x8xi32>'}}
  %0 = ccq.trellis_decode #t2_5 %v extra %b : vector<4x8xi32>, vector<1x8xi32> -> vector<16x8xi8>
  return
}

// -----

#w = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func @trellis_decode_c5_words(%v: vector<10x8xi16>, %b: vector<2x8xi32>) {
  // expected-error@+1 {{trellis_decode_c5: expected no extra bits with #ccq.words}}
  %0 = ccq.trellis_decode #w %v extra %b : vector<10x8xi16>, vector<2x8xi32> -> vector<64x8xi8>
  return
}

// -----

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = 256, seed = 7, scale = channel, start = zero>
func.func @drop_rotation_c1(%e: !ccq.tensor<512x64xf32, #t2>) {
  // expected-error@+1 {{drop_rotation_c1: expected result type}}
  %0 = ccq.drop_rotation %e : !ccq.tensor<512x64xf32, #t2> -> !ccq.tensor<512x64xf32, #t2>
  return
}

// -----

func.func @drop_rotation_c1_scalar(%e: !ccq.tensor<512x64xf32, #ccq.scalar<bits = 8, group = 64>>) {
  // expected-error@+1 {{drop_rotation_c1: expected a stream, got #ccq.scalar<bits = 8, group = 64>}}
  %0 = ccq.drop_rotation %e : !ccq.tensor<512x64xf32, #ccq.scalar<bits = 8, group = 64>> -> !ccq.tensor<512x64xf32, #ccq.scalar<bits = 8, group = 64>>
  return
}

// -----

func.func @rotate_c1(%x: tensor<4x?xf32>, %k: index) {
  // expected-error@+1 {{rotate_c1: expected a static number of columns, got 'tensor<4x?xf32>'}}
  %0 = ccq.rotate %x at %k {block = 256 : i64, seed = 7 : i64} : tensor<4x?xf32>
  return
}

// -----

func.func @rotate_c2(%x: tensor<4x48xf32>, %k: index) {
  // expected-error@+1 {{rotate_c2: expected a block that is a power of two from 1 to 4096, got 24}}
  %0 = ccq.rotate %x at %k {block = 24 : i64, seed = 7 : i64} : tensor<4x48xf32>
  return
}

// -----

func.func @rotate_c3(%x: tensor<4x64xf32>) {
  %k = arith.constant 32 : index
  // expected-error@+1 {{rotate_c3: expected an offset that is a multiple of 64, got 32}}
  %0 = ccq.rotate %x at %k {block = 64 : i64, seed = 7 : i64} : tensor<4x64xf32>
  return
}

// -----

#w = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func @extract_window_c1(%v: vector<2xi8>, %s: i32) {
  // expected-error@+1 {{extract_window_c1: expected elements of 16 bits, got 'i8'}}
  %0 = ccq.extract_window #w %v, %s : vector<2xi8> -> vector<2xf16>
  return
}

// -----

#w = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func @extract_window_c2(%v: vector<2xi16>, %s: i32) {
  // expected-error@+1 {{extract_window_c2: expected one shape, got 'vector<2xi16>' and 'vector<4xf16>'}}
  %0 = ccq.extract_window #w %v, %s : vector<2xi16> -> vector<4xf16>
  return
}

// -----

func.func @dim_c1() {
  // expected-error@+1 {{dim_c1: expected a dimension name, got ""}}
  %0 = ccq.dim "" : index
  return
}

// -----

func.func @dispatch_region_c1(%x: tensor<?xf32>) {
  // expected-error@+1 {{dispatch_region_c1: expected 1 result dims, got 0}}
  %0 = ccq.dispatch_region -> (tensor<?xf32>) {
    ccq.yield %x : tensor<?xf32>
  }
  return
}

// -----

func.func @dispatch_region_c2(%x: tensor<4xf32>) {
  %0 = ccq.dispatch_region -> (tensor<8xf32>) {
    // expected-error@+1 {{dispatch_region_c2: expected values of types ('tensor<8xf32>'), got ('tensor<4xf32>')}}
    ccq.yield %x : tensor<4xf32>
  }
  return
}

// -----

func.func private @plain(tensor<4xf32>) -> tensor<4xf32>
func.func @dispatch_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{dispatch_c1: expected @plain to name a function marked ccq.kernel}}
  %0 = ccq.dispatch @plain(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel}
func.func @dispatch_c2(%x: tensor<8xf32>) {
  // expected-error@+1 {{dispatch_c2: expected}}
  %0 = ccq.dispatch @k(%x) : (tensor<8xf32>) -> tensor<4xf32>
  return
}

// -----

func.func private @k(tensor<?xf32>) -> tensor<?xf32> attributes {ccq.kernel}
func.func @dispatch_c3(%x: tensor<?xf32>) {
  // expected-error@+1 {{dispatch_c3: expected 1 result dims, got 0}}
  %0 = ccq.dispatch @k(%x) : (tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @encode_c4(%w: tensor<4x4xf32>) {
  // expected-error@+1 {{encode_c4: expected "stats" to name a ccq.store, and a name}}
  %0 = ccq.encode %w {stats = "stats", name = "w"} : tensor<4x4xf32> -> !ccq.tensor<4x4xf32, #ccq.scalar<bits = 8, group = 64>>
  return
}

// -----

ccq.store @stats "m.stats"
func.func @encode_c4_without_name(%w: tensor<4x4xf32>) {
  // expected-error@+1 {{encode_c4: expected "stats" to name a ccq.store, and a name}}
  %0 = ccq.encode %w {stats = "stats"} : tensor<4x4xf32> -> !ccq.tensor<4x4xf32, #ccq.scalar<bits = 8, group = 64>>
  return
}
