// One object: its data, to a file or to standard output.
// RUN: ccq-opt %s --ccq-emit-objects="format=cubin path=%t.cubin" -o /dev/null
// RUN: FileCheck %s --check-prefix=CUBIN --input-file=%t.cubin
// CUBIN: {{^}}machine code{{$}}

// PTX of several kernels follows each other.
// RUN: ccq-opt %s --ccq-emit-objects -o /dev/null | FileCheck %s --check-prefix=PTX
//      PTX: // ccq.object @a_ptx
// PTX-NEXT: text of a
// PTX-NEXT: // ccq.object @b_ptx
// PTX-NEXT: text of b

// A directory gets a file each.
// RUN: rm -rf %t.dir && mkdir %t.dir && ccq-opt %s --ccq-emit-objects="format=ptx path=%t.dir" -o /dev/null
// RUN: ls %t.dir | FileCheck %s --check-prefix=LIST
// RUN: FileCheck %s --check-prefix=B --input-file=%t.dir/b_ptx.ptx
// LIST: a_ptx.ptx
// LIST: b_ptx.ptx
// B-NOT: object
// B: text of b

// Every way to fail, none of which writes anything.
// RUN: not ccq-opt %s --ccq-emit-objects="format=so path=%t.two" -o /dev/null 2>&1 | FileCheck %s --check-prefix=TWO
// TWO: error: expected one object of format so for a file, got 2: name an existing directory
// RUN: not ls %t.two
// RUN: echo 'module {}' | not ccq-opt --ccq-emit-objects="path=%t.none" -o /dev/null 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected ccq.object ops of format ptx, got none: run a pipeline that makes them, or ccq-serialize-kernels
// RUN: not ls %t.none
// RUN: not ccq-opt %s --ccq-emit-objects="path=%t.absent/out.ptx" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: error: cannot open output file '{{.*}}out.ptx': No such file or directory

func.func private @a(%x: tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel} {
  return %x : tensor<4xf32>
}
func.func private @b(%x: tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel} {
  return %x : tensor<4xf32>
}
ccq.object @a_ptx target "ptx:sm_80" kernel @a ptx entry "a" grid affine_map<() -> (1, 1, 1)> block [64, 1, 1] data "text of a\0A"
ccq.object @b_ptx target "ptx:sm_80" kernel @b ptx entry "b" grid affine_map<() -> (1, 1, 1)> block [64, 1, 1] data "text of b\0A"
ccq.object @a_cubin target "cuda:sm_80" kernel @a cubin entry "a" grid affine_map<() -> (1, 1, 1)> block [64, 1, 1] data "machine code\0A"
ccq.object @a_so target "cpu:x86-64" kernel @a so entry "a" grid affine_map<() -> (1)> data "code"
ccq.object @b_so target "cpu:x86-64" kernel @b so entry "b" grid affine_map<() -> (1)> data "code"
