// RUN: ccq-opt %s --ccq-specialize-kernels="target=cpu:x86-64" --ccq-lower-cpu-kernels --ccq-serialize-kernels | FileCheck %s

// One object per kernel, in their order, the nested module is gone.
// CHECK-DAG: #[[ITEMS:.*]] = affine_map<(d0) -> (d0 ceildiv 32)>
// CHECK-DAG: #[[ONE:.*]] = affine_map<() -> (1)>
//     CHECK: func.func private @a
//     CHECK: func.func private @b
// CHECK-NOT: module @
//     CHECK: ccq.object @a_cpu_x86_64 target "cpu:x86-64" kernel @a so entry "a" grid #[[ITEMS]] data "\7FELF
//     CHECK: ccq.object @b_cpu_x86_64 target "cpu:x86-64" kernel @b so entry "b" grid #[[ONE]] data "\7FELF

// The bytes depend neither on threads nor on where or when they are made.
// RUN: ccq-opt %s --ccq-specialize-kernels="target=cpu:x86-64" --ccq-lower-cpu-kernels --ccq-serialize-kernels -o %t.1
// RUN: mkdir -p %t.dir && cp %s %t.dir/other.mlir
// RUN: ccq-opt %t.dir/other.mlir --mlir-disable-threading --ccq-specialize-kernels="target=cpu:x86-64" --ccq-lower-cpu-kernels --ccq-serialize-kernels -o %t.2
// RUN: cmp %t.1 %t.2

// Without a linker the message says what to do; a linker that fails is quoted.
// RUN: ccq-opt %s --ccq-specialize-kernels="target=cpu:x86-64" --ccq-lower-cpu-kernels -o %t.lowered
// RUN: not ccq-opt %t.lowered --ccq-serialize-kernels="linker=%t.none" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not ccq-opt %t.lowered --ccq-serialize-kernels="linker=/bin/false" 2>&1 | FileCheck %s --check-prefix=FAILS
// NONE: error: cannot execute linker '{{.*}}.none'
// FAILS: error: linker '/bin/false' failed:

// Kernels are lowered first, and targets known.
// RUN: not ccq-opt %s --ccq-specialize-kernels="target=cpu:x86-64" --ccq-serialize-kernels 2>&1 | FileCheck %s --check-prefix=EARLY
// RUN: sed s/cpu:x86-64/cpu:z80/ %t.lowered | not ccq-opt --ccq-serialize-kernels 2>&1 | FileCheck %s --check-prefix=TARGET
// EARLY: error: expected kernels lowered to the LLVM dialect, got func.func
// TARGET: error: expected a target that `ccq targets` lists, got "cpu:z80"

func.func private @a(%x: tensor<?x512xf32> {ccq.extents = array<i64: 0>}, %m: index) -> (tensor<?x512xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %empty = tensor.empty(%m) : tensor<?x512xf32>
  %0 = linalg.negf ins(%x : tensor<?x512xf32>) outs(%empty : tensor<?x512xf32>) -> tensor<?x512xf32>
  return %0 : tensor<?x512xf32>
}
func.func private @b(%x: tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel} {
  %empty = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
