// RUN: ccq-opt %s | FileCheck %s
// RUN: ccq-opt %s | ccq-opt | FileCheck %s
// RUN: ccq-opt %s --emit-bytecode | ccq-opt | FileCheck %s

// Every scheme and layout survives text and bytecode, under its alias.

// CHECK-DAG: #w2_5_scheme = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
// CHECK-DAG: #w2_75_scheme = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>
// CHECK-DAG: #i8_scheme = #ccq.scalar<bits = 8, group = 64>
// CHECK-DAG: #i8_channel_scheme = #ccq.scalar<bits = 8, group = channel>

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

// CHECK-LABEL: func.func private @strategy
// CHECK-SAME: ccq.strategy = #ccq.mma_strategy<warps = 8, token_tiles = 1>
func.func private @strategy() attributes {ccq.strategy = #ccq.mma_strategy<warps = 8, token_tiles = 1>}
