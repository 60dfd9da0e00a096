// --emit appends the pass that writes: options come after any pipeline.
// RUN: ccq-opt %s --ccq-cuda-pipeline="chip=sm_80" --emit=ptx | FileCheck %s --check-prefix=PTX
// RUN: ccq-opt %s --ccq-cuda-pipeline="chip=sm_80" --emit=ptx -o %t.ptx
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t.ptx
// PTX: .version 8.0
// PTX: .target sm_80
// PTX: .visible .entry

// RUN: ccq-opt %s --ccq-cpu-pipeline="target=cpu:x86-64" --emit=object -o %t.so
// RUN: llvm-readelf --dyn-symbols %t.so | FileCheck %s --check-prefix=SO
// SO: FUNC GLOBAL DEFAULT {{.*}} dispatch_0

// The module itself is the default.
// RUN: ccq-opt %s --emit=mlir | FileCheck %s --check-prefix=MLIR
// MLIR: func.func @main

// Timing covers the pass that writes.
// RUN: ccq-opt %s --ccq-cuda-pipeline="chip=sm_80" --emit=ptx --mlir-timing -o %t.ptx 2>&1 | FileCheck %s --check-prefix=TIMING
// TIMING: EmitObjects

// RUN: not ccq-opt %s --emit=ptx 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected ccq.object ops of format ptx, got none: run a pipeline that makes them, or ccq-serialize-kernels
// RUN: not ccq-opt %s --emit=artifact 2>&1 | FileCheck %s --check-prefix=STDOUT
// STDOUT: expected -o and a directory with --emit=artifact
// RUN: not ccq-opt %s --pass-pipeline="func.func(canonicalize)" --emit=ptx 2>&1 | FileCheck %s --check-prefix=ANCHOR
// ANCHOR: expected a pipeline on builtin.module with --emit, got 'func.func'
// RUN: not ccq-opt %s --emit=elf 2>&1 | FileCheck %s --check-prefix=KIND
// KIND: Cannot find option named 'elf'

#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
func.func @main(%x: tensor<?x128xf32> {ccq.name = "x", ccq.dims = ["batch"]}) -> (tensor<?x40xf32> {ccq.name = "y", ccq.dims = ["batch"]}) {
  %batch = ccq.dim "batch" : index
  %w = arith.constant {name = "w"} dense<0.5> : tensor<128x40xf32>
  %e = ccq.encode %w {name = "w"} : tensor<128x40xf32> -> !ccq.tensor<128x40xf32, #w2_5>
  %d = ccq.decode %e : !ccq.tensor<128x40xf32, #w2_5> -> tensor<128x40xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%batch) : tensor<?x40xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x40xf32>) -> tensor<?x40xf32>
  %y = linalg.matmul ins(%x, %d : tensor<?x128xf32>, tensor<128x40xf32>) outs(%fill : tensor<?x40xf32>) -> tensor<?x40xf32>
  return %y : tensor<?x40xf32>
}
