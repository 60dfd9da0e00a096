// RUN: ccq-opt %s --convert-ccq-to-gpu --canonicalize --cse --split-input-file | FileCheck %s

#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>

// Dynamic M: two token tiles; 512 k are eight groups for eight warps; 512
// channels are eight blocks of 64. Pointers x, codes, super_scale, bias, y; M.
// CHECK:       #[[GRID:.*]] = affine_map<(d0) -> (d0 ceildiv 16, 8, 1)>
// CHECK:       gpu.module @dispatch_0
// CHECK-SAME:    ccq.block = array<i64: 256, 1, 1>
// CHECK-SAME:    ccq.grid = #[[GRID]]
// CHECK-SAME:    ccq.strategy = #ccq.mma_strategy<warps = 8, token_tiles = 2>
// CHECK:         gpu.func @dispatch_0(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %[[Y:.*]]: !llvm.ptr<1>, %{{.*}}: i32)
// CHECK-SAME:      workgroup(%[[SHARED:.*]] : memref<8320xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME:      known_block_size = array<i32: 256, 1, 1>
// CHECK:           scf.for
// CHECK-COUNT-4:     llvm.load {{.*}} -> vector<4xi32>
// CHECK:             gpu.shuffle
// CHECK:             ccq.extract_window
// CHECK:             llvm.call_intrinsic "llvm.nvvm.prmt"
// CHECK:             ccq.trellis_decode #w2_5_scheme %{{.*}} : vector<1x2xi16> -> vector<7x2xf16>
// CHECK:             nvvm.mma.sync
// CHECK-SAME:          shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK:           memref.store %{{.*}}, %[[SHARED]]
// CHECK:           gpu.barrier
// CHECK:           memref.load %[[SHARED]]
// CHECK:           arith.maximumf
// CHECK:           llvm.store %{{.*}}, %{{.*}} : f32, !llvm.ptr<1>
// CHECK:           gpu.return
// CHECK-NOT:   func.func
func.func @dispatch_0(%x: tensor<?x512xf32>, %w: !ccq.tensor<512x512xf32, #w2_5, #ccq.row_pitch<16>>, %bias: tensor<512xf32>, %m: index) -> tensor<?x512xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %w : !ccq.tensor<512x512xf32, #w2_5, #ccq.row_pitch<16>> -> tensor<512x512xf32>
  %e = tensor.empty(%m) : tensor<?x512xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x512xf32>) -> tensor<?x512xf32>
  %y = linalg.matmul ins(%x, %d : tensor<?x512xf32>, tensor<512x512xf32>) outs(%f : tensor<?x512xf32>) -> tensor<?x512xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%y, %bias : tensor<?x512xf32>, tensor<512xf32>) outs(%e : tensor<?x512xf32>) {
  ^bb0(%p: f32, %b: f32, %o: f32):
    %s = arith.addf %p, %b : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x512xf32>
  return %z : tensor<?x512xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>

// Static M of at most eight: one token tile. 100 k are two groups, so two warps.
// CHECK:       #[[ONE:.*]] = affine_map<() -> (1, 1, 1)>
// CHECK:       gpu.module @dispatch_0
// CHECK-SAME:    ccq.block = array<i64: 64, 1, 1>
// CHECK-SAME:    ccq.grid = #[[ONE]]
// CHECK-SAME:    ccq.strategy = #ccq.mma_strategy<warps = 2, token_tiles = 1>
func.func @dispatch_0(%x: tensor<3x100xf32>, %w: !ccq.tensor<100x30xf32, #i8, #ccq.row_pitch<16>>) -> tensor<3x30xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %w : !ccq.tensor<100x30xf32, #i8, #ccq.row_pitch<16>> -> tensor<100x30xf32>
  %e = tensor.empty() : tensor<3x30xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x30xf32>) -> tensor<3x30xf32>
  %y = linalg.matmul ins(%x, %d : tensor<3x100xf32>, tensor<100x30xf32>) outs(%f : tensor<3x30xf32>) -> tensor<3x30xf32>
  return %y : tensor<3x30xf32>
}

// A strategy on the function is applied.
// CHECK:       gpu.module @dispatch_1
// CHECK-SAME:    ccq.block = array<i64: 128, 1, 1>
// CHECK-SAME:    ccq.grid = #[[ONE]]
// CHECK-SAME:    ccq.strategy = #ccq.mma_strategy<warps = 4, token_tiles = 2>
func.func @dispatch_1(%x: tensor<3x100xf32>, %w: !ccq.tensor<100x30xf32, #i8, #ccq.row_pitch<16>>) -> tensor<3x30xf32> attributes {ccq.kernel, ccq.strategy = #ccq.mma_strategy<warps = 4, token_tiles = 2>} {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %w : !ccq.tensor<100x30xf32, #i8, #ccq.row_pitch<16>> -> tensor<100x30xf32>
  %e = tensor.empty() : tensor<3x30xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x30xf32>) -> tensor<3x30xf32>
  %y = linalg.matmul ins(%x, %d : tensor<3x100xf32>, tensor<100x30xf32>) outs(%f : tensor<3x30xf32>) -> tensor<3x30xf32>
  return %y : tensor<3x30xf32>
}

// Rows that two reshapes have made: heads joined, then batch and sequence.
// CHECK:       gpu.module @dispatch_3
func.func @dispatch_3(%x: tensor<?x?x4x32xf32> {ccq.extents = array<i64: 0, 1>}, %w: !ccq.tensor<128x30xf32, #i8, #ccq.row_pitch<16>>, %batch: index, %sequence: index, %rows: index) -> (tensor<?x30xf32> {ccq.extents = array<i64: 2>}) attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %joined = tensor.collapse_shape %x [[0], [1], [2, 3]] : tensor<?x?x4x32xf32> into tensor<?x?x128xf32>
  %matrix = tensor.collapse_shape %joined [[0, 1], [2]] : tensor<?x?x128xf32> into tensor<?x128xf32>
  %d = ccq.decode %w : !ccq.tensor<128x30xf32, #i8, #ccq.row_pitch<16>> -> tensor<128x30xf32>
  %e = tensor.empty(%rows) : tensor<?x30xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x30xf32>) -> tensor<?x30xf32>
  %y = linalg.matmul ins(%matrix, %d : tensor<?x128xf32>, tensor<128x30xf32>) outs(%f : tensor<?x30xf32>) -> tensor<?x30xf32>
  return %y : tensor<?x30xf32>
}

// Without coded weights there is nothing to do.
// CHECK:       func.func @dispatch_2
func.func @dispatch_2(%x: tensor<3xf32>) -> tensor<3xf32> attributes {ccq.kernel} {
  return %x : tensor<3xf32>
}

// -----

#t2_5 = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = 256, seed = 0, scale = channel, start = zero>
#plain = #ccq.stream<lanes, memory = 3, sixteenths = 40, even = [13, 9, 1, 1], even_tables = "de435df54be984051bebc7332ad9f90c", odd = [11, 15, 1, 0], odd_tables = "5cf907d2830c49f733e742e625e1e835", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>

// A stream: 600 k are two tiles of 256 and blocks of 64 and 32, 200 channels two
// blocks of 128. Eight rows of 97 elements of shared memory are for the 88 k
// behind the tiles, which all threads rotate; those of a tile stay in registers:
// six stages there, two across lanes. The words before a tile, and those of the
// tile, go from one iteration to the next.
// CHECK:       #[[STREAM:.*]] = affine_map<() -> (1, 2, 1)>
// CHECK:       gpu.module @dispatch_0
// CHECK-SAME:    ccq.block = array<i64: 128, 1, 1>
// CHECK-SAME:    ccq.grid = #[[STREAM]]
// CHECK-SAME:    ccq.strategy = #ccq.mma_strategy<warps = 4, token_tiles = 1>
// CHECK:         workgroup(%{{.*}} : memref<5000xf32, #gpu.address_space<workgroup>>)
// CHECK-COUNT-7:   gpu.barrier
// CHECK:           arith.muli %{{.*}}, %{{.*}} : i64
// CHECK-COUNT-128: gpu.shuffle  xor
// CHECK:           scf.for {{.*}} iter_args({{.*}}) -> (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32)
// CHECK-COUNT-8:     llvm.load
// CHECK-COUNT-8:     ccq.trellis_decode #{{.*}} extra %{{.*}} : vector<4x1xi32>, vector<2x1xi32> -> vector<16x1xf16>
// CHECK:             nvvm.mma.sync
// CHECK:             math.fma
// CHECK:             scf.yield
// CHECK:           scf.if
// CHECK:             ccq.trellis_decode
// CHECK:           scf.if
// CHECK:             ccq.trellis_decode
// CHECK:           gpu.barrier
// CHECK:           gpu.return
func.func @dispatch_0(%x: tensor<3x600xf32>, %w: !ccq.tensor<600x200xf32, #t2_5>) -> tensor<3x200xf32> attributes {ccq.kernel} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %r = ccq.rotate %x at %c0 {block = 256 : i64, seed = 0 : i64} : tensor<3x600xf32>
  %u = ccq.drop_rotation %w : !ccq.tensor<600x200xf32, #t2_5> -> !ccq.tensor<600x200xf32, #plain>
  %d = ccq.decode %u : !ccq.tensor<600x200xf32, #plain> -> tensor<600x200xf32>
  %e = tensor.empty() : tensor<3x200xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x200xf32>) -> tensor<3x200xf32>
  %y = linalg.matmul ins(%r, %d : tensor<3x600xf32>, tensor<600x200xf32>) outs(%f : tensor<3x200xf32>) -> tensor<3x200xf32>
  return %y : tensor<3x200xf32>
}
