// RUN: ccq-opt %s --convert-ccq-to-gpu --split-input-file --verify-diagnostics

// Every reason why a function with coded weights has no CUDA kernel.

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

func.func @two_matmuls(%x: tensor<3x64xf32>, %w: !coded, %y: tensor<3x32xf32>) -> (tensor<3x32xf32>, tensor<3x32xf32>) attributes {ccq.kernel} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<3x64xf32>, tensor<64x32xf32>) outs(%y : tensor<3x32xf32>) -> tensor<3x32xf32>
  // expected-error @+1 {{expected one coded matmul per CUDA kernel, got a second}}
  %1 = linalg.matmul ins(%x, %d : tensor<3x64xf32>, tensor<64x32xf32>) outs(%0 : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %0, %1 : tensor<3x32xf32>, tensor<3x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

func.func @not_a_matmul(%w: !coded) -> tensor<64x32xf32> attributes {ccq.kernel} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  // expected-error @+1 {{expected the decoded weights to be the right-hand side of a linalg.matmul}}
  return %d : tensor<64x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

// expected-error @+1 {{expected a matmul with decoded weights in a CUDA kernel}}
func.func @unused(%w: !coded) attributes {ccq.kernel} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  return
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8>

func.func @layout(%x: tensor<3x64xf32>, %w: !coded, %y: tensor<3x32xf32>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  // expected-error @+1 {{expected coded weights with layout #ccq.row_pitch<16>, got '!ccq.tensor<64x32xf32, #ccq.scalar<bits = 8, group = 64>>'}}
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<3x64xf32>, tensor<64x32xf32>) outs(%y : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %0 : tensor<3x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

func.func @inner_encode(%x: tensor<3x64xf32>, %v: tensor<64x32xf32>, %y: tensor<3x32xf32>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %e = ccq.encode %v : tensor<64x32xf32> -> !ccq.tensor<64x32xf32, #i8>
  // expected-error @+1 {{expected coded weights that are an argument of the kernel}}
  %d = ccq.decode %e : !ccq.tensor<64x32xf32, #i8> -> tensor<64x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<3x64xf32>, tensor<64x32xf32>) outs(%y : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %0 : tensor<3x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

func.func @half_activations(%x: tensor<3x64xf16>, %w: !coded, %y: tensor<3x32xf32>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  // expected-error @+1 {{expected f32 activations, got 'tensor<3x64xf16>'}}
  %0 = linalg.matmul ins(%x, %d : tensor<3x64xf16>, tensor<64x32xf32>) outs(%y : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %0 : tensor<3x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

func.func @unknown_step(%x: tensor<3x128xf32>, %w: !coded, %y: tensor<3x32xf32>, %step: index) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %s = tensor.extract_slice %x[0, 0] [3, 64] [1, %step] : tensor<3x128xf32> to tensor<3x64xf32>
  // expected-error @+1 {{expected activations that are rows of an argument of the kernel}}
  %0 = linalg.matmul ins(%s, %d : tensor<3x64xf32>, tensor<64x32xf32>) outs(%y : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %0 : tensor<3x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

func.func @unknown_rows(%x: tensor<?x64xf32>, %w: !coded, %y: tensor<?x32xf32>) -> tensor<?x32xf32> attributes {ccq.kernel} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  // expected-error @+1 {{expected a number of rows that follows from the kernel's index arguments}}
  %0 = linalg.matmul ins(%x, %d : tensor<?x64xf32>, tensor<64x32xf32>) outs(%y : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

#wide = #ccq.words<u16, words = 22, window = 5, shifts = [10, 5, 0], tail_shift = 11, scale_bits = 11>
!coded = !ccq.tensor<64x32xf32, #wide, #ccq.row_pitch<16>>

// expected-error @+1 {{expected a scheme with a CUDA kernel, got #ccq.words<u16, words = 22, window = 5, shifts = [10, 5, 0], tail_shift = 11, scale_bits = 11>}}
func.func @scheme(%x: tensor<3x64xf32>, %w: !coded, %y: tensor<3x32xf32>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<3x64xf32>, tensor<64x32xf32>) outs(%y : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %0 : tensor<3x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

// expected-error @+1 {{expected a strategy with at most 49152 bytes of partial sums, got 132096 with #ccq.mma_strategy<warps = 16, token_tiles = 2>}}
func.func @strategy(%x: tensor<3x64xf32>, %w: !coded, %y: tensor<3x32xf32>) -> tensor<3x32xf32> attributes {ccq.kernel, ccq.strategy = #ccq.mma_strategy<warps = 16, token_tiles = 2>} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<3x64xf32>, tensor<64x32xf32>) outs(%y : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %0 : tensor<3x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<64x32xf32, #i8, #ccq.row_pitch<16>>

// A part of a dimension and the one before it are not rows of equal distance.
func.func @gaps(%x: tensor<?x?x64xf32> {ccq.extents = array<i64: 0, 1>}, %w: !coded, %b: index, %s: index, %m: index) -> tensor<?x32xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %part = tensor.extract_slice %x[0, 1, 0] [%b, 3, 64] [1, 1, 1] : tensor<?x?x64xf32> to tensor<?x3x64xf32>
  %rows = tensor.collapse_shape %part [[0, 1], [2]] : tensor<?x3x64xf32> into tensor<?x64xf32>
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %e = tensor.empty(%m) : tensor<?x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
  // expected-error @+1 {{expected activations that are rows of an argument of the kernel}}
  %y = linalg.matmul ins(%rows, %d : tensor<?x64xf32>, tensor<64x32xf32>) outs(%f : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = 256, seed = 0, scale = channel, start = zero>

// ccq-rotate-activations has not run.
func.func @dispatch_0(%x: tensor<3x512xf32>, %w: !ccq.tensor<512x32xf32, #t2_5>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{expected the activations to be rotated instead of the weights, got '!ccq.tensor<512x32xf32,}}
  %d = ccq.decode %w : !ccq.tensor<512x32xf32, #t2_5> -> tensor<512x32xf32>
  %e = tensor.empty() : tensor<3x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %y = linalg.matmul ins(%x, %d : tensor<3x512xf32>, tensor<512x32xf32>) outs(%f : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %y : tensor<3x32xf32>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

func.func @dispatch_0(%x: tensor<3x512xf32>, %w: !ccq.tensor<512x32xf32, #t2_5, #ccq.row_pitch<16>>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{expected streams without a layout, got '!ccq.tensor<512x32xf32,}}
  %d = ccq.decode %w : !ccq.tensor<512x32xf32, #t2_5, #ccq.row_pitch<16>> -> tensor<512x32xf32>
  %e = tensor.empty() : tensor<3x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %y = linalg.matmul ins(%x, %d : tensor<3x512xf32>, tensor<512x32xf32>) outs(%f : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %y : tensor<3x32xf32>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 512, rotation = none, seed = 0, scale = channel, start = zero>

// expected-error @+1 {{expected a stream with tiles of at most 256 rows in a CUDA kernel, got 512}}
func.func @dispatch_0(%x: tensor<3x512xf32>, %w: !ccq.tensor<512x32xf32, #t2_5>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %w : !ccq.tensor<512x32xf32, #t2_5> -> tensor<512x32xf32>
  %e = tensor.empty() : tensor<3x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %y = linalg.matmul ins(%x, %d : tensor<3x512xf32>, tensor<512x32xf32>) outs(%f : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %y : tensor<3x32xf32>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = 1024, seed = 0, scale = channel, start = zero>
#plain = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

// expected-error @+1 {{expected a rotation of at most 256 rows, which a tile has, in a CUDA kernel, got 1024}}
func.func @dispatch_0(%x: tensor<3x512xf32>, %w: !ccq.tensor<512x32xf32, #t2_5>) -> tensor<3x32xf32> attributes {ccq.kernel} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %r = ccq.rotate %x at %c0 {block = 1024 : i64, seed = 0 : i64} : tensor<3x512xf32>
  %u = ccq.drop_rotation %w : !ccq.tensor<512x32xf32, #t2_5> -> !ccq.tensor<512x32xf32, #plain>
  %d = ccq.decode %u : !ccq.tensor<512x32xf32, #plain> -> tensor<512x32xf32>
  %e = tensor.empty() : tensor<3x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %y = linalg.matmul ins(%r, %d : tensor<3x512xf32>, tensor<512x32xf32>) outs(%f : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %y : tensor<3x32xf32>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

// expected-error @+1 {{expected a strategy of one token tile and at most 8 warps for streams, got #ccq.mma_strategy<warps = 8, token_tiles = 2>}}
func.func @dispatch_0(%x: tensor<3x512xf32>, %w: !ccq.tensor<512x32xf32, #t2_5>) -> tensor<3x32xf32> attributes {ccq.kernel, ccq.strategy = #ccq.mma_strategy<warps = 8, token_tiles = 2>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %w : !ccq.tensor<512x32xf32, #t2_5> -> tensor<512x32xf32>
  %e = tensor.empty() : tensor<3x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x32xf32>) -> tensor<3x32xf32>
  %y = linalg.matmul ins(%x, %d : tensor<3x512xf32>, tensor<512x32xf32>) outs(%f : tensor<3x32xf32>) -> tensor<3x32xf32>
  return %y : tensor<3x32xf32>
}
