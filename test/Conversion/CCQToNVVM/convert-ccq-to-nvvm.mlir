// RUN: ccq-opt %s --convert-ccq-to-nvvm --canonicalize --cse --split-input-file --verify-diagnostics | FileCheck %s

#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>

// Windows at shifts 13, 11 and 9 share one shift; the others stay in place.
// CHECK-LABEL: func.func @two_channels
// CHECK-NOT:     ccq.
// CHECK-DAG:     %[[BIAS0:.*]] = arith.constant dense<-1.028000e+03> : vector<2xf16>
// CHECK-DAG:     %[[C9:.*]] = arith.constant 9 : i32
// CHECK-DAG:     %[[M0:.*]] = arith.constant 458759 : i32
// CHECK-DAG:     %[[MAGIC:.*]] = arith.constant 1677747200 : i32
// CHECK-DAG:     %[[SIXTEENTH:.*]] = arith.constant dense<6.250000e-02> : vector<2xf16>
// CHECK:         %[[W:.*]] = vector.extract %{{.*}}[0] : i32 from vector<1xi32>
// CHECK:         %[[HIGH:.*]] = arith.shrui %[[W]], %[[C9]] : i32
// CHECK:         %[[X13:.*]] = llvm.inline_asm "lop3.b32 $0, $1, $2, $3, 0xea;", "=r,r,n,n" %[[HIGH]], %{{.*}}, %[[MAGIC]]
// CHECK:         %[[V13:.*]] = vector.broadcast %[[X13]] : i32 to vector<1xi32>
// CHECK:         %[[H13:.*]] = vector.bitcast %[[V13]] : vector<1xi32> to vector<2xf16>
// CHECK:         math.fma %[[H13]], %[[SIXTEENTH]], %{{.*}} : vector<2xf16>
// CHECK-COUNT-2: llvm.inline_asm {{.*}} %[[HIGH]],
// CHECK-COUNT-3: llvm.inline_asm {{.*}} %[[W]],
// CHECK:         %[[X0:.*]] = llvm.inline_asm {{.*}} %[[W]], %[[M0]], %[[MAGIC]]
// CHECK:         %[[V0:.*]] = vector.broadcast %[[X0]]
// CHECK:         %[[H0:.*]] = vector.bitcast %[[V0]]
// CHECK:         math.fma %[[H0]], %{{.*}}, %[[BIAS0]] : vector<2xf16>
// CHECK-NOT:     llvm.inline_asm
func.func @two_channels(%words: vector<1x2xi16>) -> vector<7x2xf16> {
  %q = ccq.trellis_decode #w2_5 %words : vector<1x2xi16> -> vector<7x2xf16>
  return %q : vector<7x2xf16>
}

// The tail word holds one weight.
// CHECK-LABEL: func.func @tail
// CHECK:         arith.shrui
// CHECK:         llvm.inline_asm
// CHECK-NOT:     llvm.inline_asm
func.func @tail(%words: vector<1x2xi16>) -> vector<1x2xf16> {
  %q = ccq.trellis_decode #w2_5 %words first_word 9 : vector<1x2xi16> -> vector<1x2xf16>
  return %q : vector<1x2xf16>
}

// Four channels are two registers with one result row.
// CHECK-LABEL: func.func @two_registers
// CHECK-COUNT-14: llvm.inline_asm
// CHECK-NOT:     llvm.inline_asm
func.func @two_registers(%words: vector<1x4xi16>) -> vector<7x4xf16> {
  %q = ccq.trellis_decode #w2_5 %words : vector<1x4xi16> -> vector<7x4xf16>
  return %q : vector<7x4xf16>
}

// A shift known at run time: one shift, one mask.
// CHECK-LABEL: func.func @run_time_shift
// CHECK-SAME:    %{{.*}}: vector<2xi16>, %[[S:.*]]: i32
// CHECK:         arith.shrui %{{.*}}, %[[S]] : i32
// CHECK:         llvm.inline_asm
// CHECK-NOT:     llvm.inline_asm
func.func @run_time_shift(%word: vector<2xi16>, %shift: i32) -> vector<2xf16> {
  %q = ccq.extract_window #w2_5 %word, %shift : vector<2xi16> -> vector<2xf16>
  return %q : vector<2xf16>
}

// A constant shift is decoded in place.
// CHECK-LABEL: func.func @constant_shift
// CHECK-NOT:     arith.shrui
// CHECK:         llvm.inline_asm
func.func @constant_shift(%word: vector<2xi16>) -> vector<2xf16> {
  %c4 = arith.constant 4 : i32
  %q = ccq.extract_window #w2_5 %word, %c4 : vector<2xi16> -> vector<2xf16>
  return %q : vector<2xf16>
}

// -----

#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>

// Bytes 0 and 2 are the halves of one f16x2, bytes 1 and 3 of another.
// CHECK-LABEL: func.func @four_channels
// CHECK-DAG:     %[[C8:.*]] = arith.constant 8 : i32
// CHECK-DAG:     %[[M4:.*]] = arith.constant 15728880 : i32
// CHECK:         %[[W:.*]] = vector.extract %{{.*}}[0] : i32 from vector<1xi32>
// CHECK:         llvm.inline_asm {{.*}} %[[W]], %[[M4]],
// CHECK:         %[[EVEN:.*]] = math.fma
// CHECK:         %[[ODDS:.*]] = arith.shrui %[[W]], %[[C8]] : i32
// CHECK:         llvm.inline_asm {{.*}} %[[ODDS]], %[[M4]],
// CHECK:         %[[ODD:.*]] = math.fma
// CHECK:         vector.interleave %[[EVEN]], %[[ODD]] : vector<2xf16>
// CHECK-COUNT-4: llvm.inline_asm
// CHECK-NOT:     llvm.inline_asm
func.func @four_channels(%words: vector<1x4xi8>) -> vector<3x4xf16> {
  %q = ccq.trellis_decode #w2_75 %words : vector<1x4xi8> -> vector<3x4xf16>
  return %q : vector<3x4xf16>
}

// -----

#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>

func.func @result_type(%words: vector<1x4xi8>) -> vector<3x4xf32> {
  // expected-error @+1 {{expected f16 results on NVVM, got 'f32'}}
  %q = ccq.trellis_decode #w2_75 %words : vector<1x4xi8> -> vector<3x4xf32>
  return %q : vector<3x4xf32>
}

// -----

#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>

func.func @half_register(%word: vector<2xi8>, %shift: i32) -> vector<2xf16> {
  // expected-error @+1 {{expected lanes that fill 32-bit registers, got 2 of 8 bits}}
  %q = ccq.extract_window #w2_75 %word, %shift : vector<2xi8> -> vector<2xf16>
  return %q : vector<2xf16>
}

// -----

#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>

func.func @no_lanes(%words: vector<10xi16>) -> vector<64xf16> {
  // expected-error @+1 {{expected a dimension of lanes, got 'vector<64xf16>'}}
  %q = ccq.trellis_decode #w2_5 %words : vector<10xi16> -> vector<64xf16>
  return %q : vector<64xf16>
}

// -----

#wide = #ccq.words<u16, words = 64, window = 11, shifts = [0], tail_shift = 5, scale_bits = 5>

func.func @wide_window(%words: vector<1x2xi16>) -> vector<1x2xf16> {
  // expected-error @+1 {{expected windows of at most 10 bits, got 11}}
  %q = ccq.trellis_decode #wide %words : vector<1x2xi16> -> vector<1x2xf16>
  return %q : vector<1x2xf16>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

// One word of a stream: two tap sums per parity (n = W0 ^ W2 ^ W3 and the word
// that y adds), an extra bit in n alone where both patterns agree, m, two times
// four lookups, and two f16 operations per pair.
// CHECK-LABEL: func.func @step
// CHECK-SAME:    %[[WORDS:.*]]: vector<4x1xi32>, %[[EXTRA:.*]]: vector<2x1xi32>
// CHECK-DAG:     %[[W0:.*]] = vector.extract %[[WORDS]][0, 0]
// CHECK-DAG:     %[[W2:.*]] = vector.extract %[[WORDS]][2, 0]
// CHECK-DAG:     %[[W3:.*]] = vector.extract %[[WORDS]][3, 0]
// CHECK:         %[[SUM:.*]] = llvm.inline_asm {{.*}}150;{{.*}} %[[W0]], %[[W2]], %[[W3]]
// CHECK:         %[[PLANE:.*]] = vector.extract %[[EXTRA]][0, 0]
// CHECK:         %[[N:.*]] = llvm.inline_asm {{.*}}108;{{.*}} %[[PLANE]], %[[SUM]],
// CHECK:         %[[M:.*]] = llvm.inline_asm {{.*}}45;{{.*}} %[[N]], %[[W2]],
// CHECK:         %[[FIRST:.*]] = llvm.call_intrinsic "llvm.nvvm.prmt"({{.*}}, %[[N]])
// CHECK:         %[[SECOND:.*]] = llvm.call_intrinsic "llvm.nvvm.prmt"({{.*}}, %[[M]])
// CHECK:         %[[LEVELS:.*]] = llvm.inline_asm {{.*}}150;{{.*}} %[[FIRST]], %[[SECOND]],
// CHECK:         llvm.call_intrinsic "llvm.nvvm.prmt"(%[[LEVELS]],
// CHECK:         arith.subf
// CHECK:         arith.addf
// CHECK:         vector.insert_strided_slice
// CHECK:         vector.shape_cast %{{.*}} : vector<16xf16> to vector<16x1xf16>
func.func @step(%words: vector<4x1xi32>, %extra: vector<2x1xi32>) -> vector<16x1xf16> {
  %q = ccq.trellis_decode #t2_5 %words extra %extra : vector<4x1xi32>, vector<2x1xi32> -> vector<16x1xf16>
  return %q : vector<16x1xf16>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

func.func @two_words(%words: vector<4x2xi32>) -> vector<16x2xf16> {
  // expected-error @+1 {{expected one word per step of a stream on NVVM, got 'vector<4x2xi32>'}}
  %q = ccq.trellis_decode #t2_5 %words : vector<4x2xi32> -> vector<16x2xf16>
  return %q : vector<16x2xf16>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

func.func @levels(%words: vector<4x1xi32>) -> vector<16x1xi8> {
  // expected-error @+1 {{expected f16 results on NVVM, got 'i8'}}
  %q = ccq.trellis_decode #t2_5 %words : vector<4x1xi32> -> vector<16x1xi8>
  return %q : vector<16x1xi8>
}
