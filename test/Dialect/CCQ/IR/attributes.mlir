// RUN: ccq-opt %s | FileCheck %s
// RUN: ccq-opt %s | ccq-opt | FileCheck %s
// RUN: ccq-opt %s --emit-bytecode | ccq-opt | FileCheck %s

// Every scheme and layout survives text and bytecode, under its alias.

// CHECK-DAG: #w2_5_scheme = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
// CHECK-DAG: #w2_75_scheme = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>
// CHECK-DAG: #i8_scheme = #ccq.scalar<bits = 8, group = 64>
// CHECK-DAG: #i8_channel_scheme = #ccq.scalar<bits = 8, group = channel>

// CHECK-DAG: #i4_scheme = #ccq.scalar<bits = 4, group = 64>
// CHECK-DAG: #w2_scheme = #ccq.cluster<window = 6, shifts = [9, 6, 3, 0], group = 64, scales = high_first>
// CHECK-DAG: #t2_5_scheme = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = 256, seed = 0, scale = channel, start = linked>

// CHECK-LABEL: func.func private @words
// CHECK-SAME: !ccq.tensor<784x512xf32, #w2_5_scheme>
// CHECK-SAME: !ccq.tensor<1x1xf32, #w2_75_scheme>
func.func private @words(
  !ccq.tensor<784x512xf32, #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>>,
  !ccq.tensor<1x1xf32, #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>>)

// CHECK-LABEL: func.func private @scalars
// CHECK-SAME: !ccq.tensor<784x512xf32, #i8_scheme>
// CHECK-SAME: !ccq.tensor<784x509xf32, #i8_channel_scheme, #ccq.row_pitch<16>>
func.func private @scalars(
  !ccq.tensor<784x512xf32, #ccq.scalar<bits = 8, group = 64>>,
  !ccq.tensor<784x509xf32, #ccq.scalar<bits = 8, group = channel>, #ccq.row_pitch<16>>)

// CHECK-LABEL: func.func private @nibbles_and_clusters
// CHECK-SAME: !ccq.tensor<784x512xf32, #i4_scheme>
// CHECK-SAME: !ccq.tensor<784x512xf32, #w2_scheme>
// CHECK-SAME: !ccq.tensor<784x512xf32, #ccq.cluster<window = 6, shifts = [9, 6, 3, 0], group = 64, scales = low_first>>
func.func private @nibbles_and_clusters(
  !ccq.tensor<784x512xf32, #ccq.scalar<bits = 4, group = 64>>,
  !ccq.tensor<784x512xf32, #ccq.cluster<window = 6, shifts = [9, 6, 3, 0], group = 64, scales = high_first>>,
  !ccq.tensor<784x512xf32, #ccq.cluster<window = 6, shifts = [9, 6, 3, 0], group = 64, scales = low_first>>)

// CHECK-LABEL: func.func private @streams
// CHECK-SAME: !ccq.tensor<784x512xf32, #t2_5_scheme>
// CHECK-SAME: #ccq.stream<lanes, memory = 1, sixteenths = 32, even = [3, 1, 0, 0], even_tables = "000102030405060708090a0b0c0d0eff", odd = [1, 3, 0, 0], odd_tables = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", tile = 64, rotation = none, seed = 18446744073709551615, scale = channel4, start = stored>>
func.func private @streams(
  !ccq.tensor<784x512xf32, #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = 256, seed = 0, scale = channel, start = linked>>,
  !ccq.tensor<784x512xf32, #ccq.stream<lanes, memory = 1, sixteenths = 32, even = [3, 1, 0, 0], even_tables = "000102030405060708090a0b0c0d0eff", odd = [1, 3, 0, 0], odd_tables = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", tile = 64, rotation = none, seed = 18446744073709551615, scale = channel4, start = stored>>)

// CHECK-LABEL: func.func private @hashed_streams
// CHECK-SAME: #ccq.hash<state = 9, index = 6, offset = 511, sixteenths = 16, tile = 32, rotation = none, seed = 18446744073709551615, scale = tensor, start = stored>>
func.func private @hashed_streams(
  !ccq.tensor<784x512xf32, #ccq.hash<state = 9, index = 6, offset = 511, sixteenths = 16, tile = 32, rotation = none, seed = 18446744073709551615, scale = tensor, start = stored>>)

// CHECK-LABEL: func.func private @strategy
// CHECK-SAME: ccq.strategy = #ccq.mma_strategy<warps = 8, token_tiles = 1>
func.func private @strategy() attributes {ccq.strategy = #ccq.mma_strategy<warps = 8, token_tiles = 1>}
