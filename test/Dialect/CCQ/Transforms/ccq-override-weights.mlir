// DEFINE: %{make} = python3 %S/Inputs/make-tensors.py
// DEFINE: %{override} = ccq-opt %t/in.mlir --ccq-override-weights=file=%t/tuned
// RUN: rm -rf %t && mkdir %t && cp %s %t/in.mlir
// RUN: %{make} %t/tuned fc=8x4 emb=16x8 emb.transposed=8x16
// RUN: %{override} --ccq-verify-imported | FileCheck %s
// Running the pass again changes nothing.
// RUN: cd %t && %{override} -o twice.mlir && ccq-opt twice.mlir --ccq-override-weights=file=%t/tuned | FileCheck %s
// RUN: %{make} %t/tuned fc=8x4 gain=4 && not %{override} 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: %{make} %t/tuned fc=4x8 && not %{override} 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: %{make} %t/tuned half=4 && not %{override} 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: echo x > %t/tuned && not %{override} 2>&1 | FileCheck %s --check-prefix=MALFORMED
// RUN: rm %t/tuned && not %{override} 2>&1 | FileCheck %s --check-prefix=MISSING

// UNKNOWN: tuned: tensor "gain" is none of the weights that the model reads from its file
// SHAPE: cannot override weight "fc": expected 'tensor<8x4xf32>', got F32 [4, 8]
// TYPE: cannot override weight "half": expected 'tensor<4xf16>', got F32 [4]
// MALFORMED: tuned: safetensors header: expected a length of 8 bytes
// MISSING: tuned: cannot open: No such file or directory

// CHECK-DAG: ccq.store @weights "tuned"
// CHECK-DAG: ccq.store @model "model.onnx"
ccq.store @model "model.onnx"

// What the model stores transposed is not transposed in the other file; the two
// orientations of an embedding are two tensors; what the file lacks stays.
// CHECK: %[[FC:.*]] = ccq.source @weights[{{[0-9]+}}, 128] {name = "fc"} : tensor<8x4xf32>
// CHECK: %[[EMB:.*]] = ccq.source @weights[{{[0-9]+}}, 512] {name = "emb"} : tensor<16x8xf32>
// CHECK: %[[HEAD:.*]] = ccq.source @weights[{{[0-9]+}}, 512] {name = "emb{{.*}}"} : tensor<8x16xf32>
// CHECK: %[[HALF:.*]] = ccq.source @model[640, 8] {name = "half"} : tensor<4xf16>
// CHECK: return %[[FC]], %[[EMB]], %[[HEAD]], %[[HALF]]
func.func @main() -> (tensor<8x4xf32>, tensor<16x8xf32>, tensor<8x16xf32>, tensor<4xf16>) {
  %fc = ccq.source @model[0, 128] transposed {name = "fc"} : tensor<8x4xf32>
  %emb = ccq.source @model[128, 512] {name = "emb"} : tensor<16x8xf32>
  %head = ccq.source @model[128, 512] transposed {name = "emb"} : tensor<8x16xf32>
  %half = ccq.source @model[640, 8] {name = "half"} : tensor<4xf16>
  return %fc, %emb, %head, %half : tensor<8x4xf32>, tensor<16x8xf32>, tensor<8x16xf32>, tensor<4xf16>
}
