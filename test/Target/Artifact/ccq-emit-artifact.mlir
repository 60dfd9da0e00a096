// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: printf '\1\2\3\4\5\6\0\0\0\0\0\0\0\77\0\0\200\77\0\0\0\77\0\0\200\77\0\0\0\77\0\0\200\77\0\0\0\77\0\0\200\77' > bytes.bin
// RUN: ccq-opt --ccq-emit-artifact="path=m.ccq threads=1" - < %s | FileCheck %s --check-prefix=IR
// RUN: FileCheck %s < m.ccq/plan.json
// RUN: FileCheck %s --check-prefix=WEIGHTS < m.ccq/weights.safetensors
// RUN: FileCheck %s --check-prefix=REPORT < m.ccq/report.json
// RUN: grep -q 'machine code' m.ccq/kernels/cpu:x86-64/*.so

// The same bytes for another number of threads, after canonicalization, and
// after a round trip through text, but for the report.
// RUN: ccq-opt --ccq-emit-artifact="path=n.ccq threads=3" - < %s > m.mlir
// RUN: ccq-opt --canonicalize --cse --ccq-emit-artifact="path=o.ccq" - < m.mlir
// RUN: rm m.ccq/report.json n.ccq/report.json o.ccq/report.json
// RUN: diff -r m.ccq n.ccq
// RUN: diff -r m.ccq o.ccq

// The module is left as it was.
// IR: ccq.plan @main
// IR: ccq.object @a

// CHECK: "dims": ["batch"]
// CHECK: "arena_bytes": ["mul",["ceildiv",["mul","batch",12],64],64]
// CHECK: "inputs": [0]
// CHECK: "outputs": [2]
// CHECK: "buffers": [
// CHECK-NEXT: {"kind":"input","name":"x","type":"F32","shape":["batch",3]}
// CHECK-NEXT: {"kind":"scratch","type":"F32","shape":["batch",3],"offset":0}
// CHECK-NEXT: {"kind":"output","name":"y","type":"F32","shape":["batch",3]}

// A coded matrix is its components; the source below it, used by itself as
// well, is stored a second time; names come from ops, or count.
// CHECK-NEXT: {"kind":"weight","name":"w.codes","type":"I8","shape":[3,3]}
// CHECK-NEXT: {"kind":"weight","name":"w.local_scales","type":"F16","shape":[1,3]}
// CHECK-NEXT: {"kind":"weight","name":"constant_0","type":"F32","shape":[3,3]}
// CHECK-NEXT: {"kind":"weight","name":"table","type":"I8","shape":[3,2]}
// CHECK-NEXT: {"kind":"weight","name":"w_1.codes","type":"U16","shape":[10,3]}
// CHECK-NEXT: {"kind":"weight","name":"w_1.super_scale","type":"F32","shape":[3]}
// CHECK-NEXT: {"kind":"weight","name":"w","type":"F32","shape":[3,3]}
// CHECK: "kernels": [
// CHECK-NEXT: {"name":"coded","inputs":3,"outputs":1,"scalars":1}
// CHECK-NEXT: {"name":"plain","inputs":3,"outputs":1,"scalars":2}
// CHECK-NEXT: {"name":"words","inputs":4,"outputs":1,"scalars":0}
// CHECK: "steps": [
// CHECK-NEXT: {"launch":0,"buffers":[0,3,4,1],"scalars":["batch"]}
// CHECK-NEXT: {"launch":1,"buffers":[1,5,6,2],"scalars":["batch",7]}
// CHECK-NEXT: {"launch":2,"buffers":[0,7,8,9,2],"scalars":[]}

// Targets are sorted; PTX under the name of a cubin's target is its own target;
// GPU kernels want rows of codes of 16 bytes.
// CHECK: "targets": [
// CHECK-NEXT: {"name":"cpu:x86-64","kernels":[
// CHECK-NEXT: {"kernel":0,"format":"so","file":"kernels/cpu:x86-64/[[HASH:[0-9a-f]{16}]].so","sha256":"[[HASH]]{{[0-9a-f]+}}","entry":"f","grid":["s0"]}
// CHECK-NEXT: {"kernel":1,"format":"so",{{.*}},"entry":"g","grid":[{{\[}}"add",["floordiv","s0",2],["mod","s1",3]]]}
// CHECK-NEXT: ]},
// CHECK-NEXT: {"name":"cuda:sm_90a","kernels":[
// CHECK-NEXT: {"kernel":0,"format":"cubin",{{.*}},"grid":[4,["ceildiv","s0",16],1],"block":[128,1,1],"shared_bytes":64,"row_elements":[0,16,16,0]}
// CHECK-NEXT: {"kernel":2,"format":"cubin",{{.*}},"row_elements":[0,8,8,0,0]}
// CHECK-NEXT: ]},
// CHECK-NEXT: {"name":"ptx:sm_90a","kernels":[
// CHECK-NEXT: {"kernel":0,"format":"ptx","file":"kernels/ptx:sm_90a/

// WEIGHTS: "ccq.format_version":"1"
// WEIGHTS-SAME: "ccq.w.scheme":"#ccq.scalar<bits = 8, group = 64>","ccq.w.shape":"3x3"

// REPORT: "name": "w",
// REPORT-NEXT: "scheme": "i8",
// REPORT: "actual_bits_per_weight": 13.33
// REPORT: "relative_mse": {{[0-9.]*e-0|0\.0}}
// REPORT: "name": "w",
// REPORT-NEXT: "scheme": "w2.75",
// REPORT: "materialized": true
// REPORT: "totals"
// REPORT: "missing_kernels": [
// REPORT-NEXT: "words"

#i8 = #ccq.scalar<bits = 8, group = 64>
#w = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
#v = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>
ccq.store @bytes "bytes.bin"

func.func private @coded(%x: tensor<?x3xf32>, %w: !ccq.tensor<3x3xf32, #i8>, %n: index) -> tensor<?x3xf32> attributes {ccq.kernel}
func.func private @plain(%x: tensor<?x3xf32>, %b: tensor<3x3xf32>, %t: tensor<3x2xi8>, %n: index, %m: index) -> tensor<?x3xf32> attributes {ccq.kernel}
func.func private @words(%x: tensor<?x3xf32>, %w: !ccq.tensor<3x3xf32, #w>, %d: tensor<3x3xf32>) -> tensor<?x3xf32> attributes {ccq.kernel}

ccq.plan @main dims ["batch"] arena affine_map<()[s0] -> ((s0 * 12) ceildiv 64 * 64)> {
  %x = ccq.buffer input "x" shape affine_map<()[s0] -> (s0, 3)> : tensor<?x3xf32>
  %t = ccq.buffer scratch offset affine_map<()[s0] -> (0)> shape affine_map<()[s0] -> (s0, 3)> : tensor<?x3xf32>
  %y = ccq.buffer output "y" shape affine_map<()[s0] -> (s0, 3)> : tensor<?x3xf32>
  %c = arith.constant dense<[[1.0, 2.0, 3.0], [-1.0, 0.5, 0.25], [0.0, 7.0, -3.0]]> : tensor<3x3xf32>
  %table = ccq.source @bytes[0, 6] transposed {name = "table"} : tensor<3x2xi8>
  %e = ccq.encode %c {name = "w"} : tensor<3x3xf32> -> !ccq.tensor<3x3xf32, #i8>
  %words = ccq.encode %c {name = "w"} : tensor<3x3xf32> -> !ccq.tensor<3x3xf32, #w>
  %s = ccq.source @bytes[6, 36] {name = "w"} : tensor<3x3xf32>
  %v = ccq.encode %s : tensor<3x3xf32> -> !ccq.tensor<3x3xf32, #v>
  %d = ccq.decode %v materialized : !ccq.tensor<3x3xf32, #v> -> tensor<3x3xf32>
  %unused = arith.constant dense<1.0> : tensor<9xf32>
  ccq.launch @coded ins(%x, %e : tensor<?x3xf32>, !ccq.tensor<3x3xf32, #i8>) outs(%t : tensor<?x3xf32>) scalars affine_map<()[s0] -> (s0)>
  ccq.launch @plain ins(%t, %c, %table : tensor<?x3xf32>, tensor<3x3xf32>, tensor<3x2xi8>) outs(%y : tensor<?x3xf32>) scalars affine_map<()[s0] -> (s0, 7)>
  ccq.launch @words ins(%x, %words, %d : tensor<?x3xf32>, !ccq.tensor<3x3xf32, #w>, tensor<3x3xf32>) outs(%y : tensor<?x3xf32>) scalars affine_map<()[s0] -> ()>
}
ccq.object @d target "cuda:sm_90a" kernel @words cubin entry "h" grid affine_map<() -> (1, 1, 1)> block [32, 1, 1] data "cubin of words"
ccq.object @c target "cuda:sm_90a" kernel @coded ptx entry "f" grid affine_map<(d0) -> (4, d0 ceildiv 16, 1)> block [128, 1, 1] shared_bytes 64 data "ptx text"
ccq.object @b target "cuda:sm_90a" kernel @coded cubin entry "f" grid affine_map<(d0) -> (4, d0 ceildiv 16, 1)> block [128, 1, 1] shared_bytes 64 data "cubin"
ccq.object @a target "cpu:x86-64" kernel @coded so entry "f" grid affine_map<(d0) -> (d0)> data "machine code"
ccq.object @e target "cpu:x86-64" kernel @plain so entry "g" grid affine_map<(d0, d1) -> (d0 floordiv 2 + d1 mod 3)> data "machine code"
