// RUN: ccq-opt %s --split-input-file --verify-diagnostics

// words_c1: storage
// expected-error@+1 {{words_c1: expected storage type u8 or u16, got u32}}
#a = #ccq.words<u32, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>

// -----

// words_c1: not a storage type at all
// expected-error@+1 {{words_c1: expected storage type u8 or u16}}
#a = #ccq.words<f16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>

// -----

// words_c2: the window is wider than the word
// expected-error@+1 {{words_c2: expected a window of 2 to 8 bits, got 9}}
#a = #ccq.words<u8, words = 22, window = 9, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>

// -----

// words_c2: a window leaves the word
// expected-error@+1 {{words_c2: expected shift + window <= 16, got 14 + 3}}
#a = #ccq.words<u16, words = 10, window = 3, shifts = [14, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>

// -----

// words_c3: group size
// expected-error@+1 {{words_c3: expected 64 weights per group, got 57}}
#a = #ccq.words<u16, words = 9, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>

// -----

// words_c4: the scale overlaps the tail window
// expected-error@+1 {{words_c4: expected scale_bits <= tail_shift and tail_shift + window <= 16, got scale_bits 14 and tail_shift 13}}
#a = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 14>

// -----

// words_c5: a gap between windows
// expected-error@+1 {{words_c5: expected shifts that decrease to 0 in steps of at most the window}}
#a = #ccq.words<u16, words = 10, window = 3, shifts = [13, 9, 8, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>

// -----

// scalar_c1
// expected-error@+1 {{scalar_c1: expected 4 or 8 bits, got 7}}
#a = #ccq.scalar<bits = 7, group = 64>

// -----

// scalar_c2
// expected-error@+1 {{scalar_c2: expected group 64 or channel, got 32}}
#a = #ccq.scalar<bits = 8, group = 32>

// -----

// cluster_c1
// expected-error@+1 {{cluster_c1: cluster_layout_c2}}
#a = #ccq.cluster<window = 6, shifts = [9, 6, 3], group = 64, scales = high_first>

// -----

// The order of the nibbles has two names.
// expected-error@+1 {{expected 'high_first' or 'low_first'}}
#a = #ccq.cluster<window = 6, shifts = [9, 6, 3, 0], group = 64, scales = both>

// -----

// stream_c1
// expected-error@+1 {{stream_c1: stream_layout_c1}}
#a = #ccq.stream<lanes, memory = 5, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

// -----

// hash_c1
// expected-error@+1 {{hash_c1: hash_layout_c4: expected 16 to 64 sixteenths of a bit per weight, got 65}}
#a = #ccq.hash<state = 16, index = 8, offset = 56233, sixteenths = 65, tile = 256, rotation = 256, seed = 0, scale = channel, start = zero>

// -----

// Tables are sixteen bytes.
// expected-error@+1 {{expected 32 hexadecimal digits, got "f411"}}
#a = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

// -----

// expected-error@+1 {{expected 'channel', 'channel4' or 'tensor'}}
#a = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = row, start = zero>

// -----

// expected-error@+1 {{expected 'zero', 'stored' or 'linked'}}
#a = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = one>

// -----

// row_pitch_c1
// expected-error@+1 {{row_pitch_c1: expected a power of two from 2 to 256, got 12}}
#a = #ccq.row_pitch<12>

// -----

// mma_strategy_c1
// expected-error@+1 {{mma_strategy_c1: expected 1, 2, 4, 8 or 16 warps, got 3}}
#a = #ccq.mma_strategy<warps = 3, token_tiles = 1>

// -----

// mma_strategy_c2
// expected-error@+1 {{mma_strategy_c2: expected 1 or 2 token tiles, got 4}}
#a = #ccq.mma_strategy<warps = 4, token_tiles = 4>

// -----

// tensor_c1: rank
// expected-error@+1 {{tensor_c1: expected two dimensions, got 1}}
func.func private @f(!ccq.tensor<128xf32, #ccq.scalar<bits = 8, group = 64>>)

// -----

// tensor_c1: dynamic
// expected-error@+1 {{tensor_c1: expected static extents of at least 1}}
func.func private @f(!ccq.tensor<?x8xf32, #ccq.scalar<bits = 8, group = 64>>)

// -----

// tensor_c2
// expected-error@+1 {{tensor_c2: expected element type f32, got 'f16'}}
func.func private @f(!ccq.tensor<8x8xf16, #ccq.scalar<bits = 8, group = 64>>)

// -----

// tensor_c3
// expected-error@+1 {{tensor_c3: expected layout #ccq.row_pitch, got 1 : i64}}
func.func private @f(!ccq.tensor<8x8xf32, #ccq.scalar<bits = 8, group = 64>, 1>)

// -----

// A scheme is not just any attribute.
// expected-error@+1 {{expected a scheme attribute, got 1 : i64}}
func.func private @f(!ccq.tensor<8x8xf32, 1>)
