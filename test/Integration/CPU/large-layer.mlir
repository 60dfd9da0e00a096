// No float32 copy of a coded weight exists, shown on K = N = 8192: not in any
// form of the IR, and not in memory. The file of the weights is sparse zeros.
// RUN: rm -rf %t && mkdir %t && cp %s %t/in.mlir
// RUN: truncate -s 268468224 %t/w.bin
// RUN: ccq-opt %t/in.mlir --ccq-quantize-weights="scheme=w2.5" --ccq-form-dispatches --ccq-outline-dispatches --ccq-plan -o %t/planned.mlir
// RUN: ccq-opt %t/planned.mlir --ccq-specialize-kernels="target=cpu:x86-64" -o %t/specialized.mlir

// Every form that the kernel has from the fuse on, down to the LLVM dialect.
// RUN: ccq-opt %t/specialized.mlir --ccq-lower-cpu-kernels --mlir-print-ir-after-all -o %t/lowered.mlir 2> %t/forms.txt
// RUN: sed -n '/IR Dump After FuseDecode/,/IR Dump After LowerCpuKernels/p' %t/forms.txt > %t/kernel-forms.txt
// RUN: FileCheck %s --input-file=%t/kernel-forms.txt --check-prefix=FORMS \
// RUN:   --implicit-check-not="{{ (tensor|memref|vector)<[0-9x?]*8192x8192xf32}}" \
// RUN:   --implicit-check-not=67108864 --implicit-check-not=268435456

// The decode of a slice stands inside the tiled matmul.
// FORMS: IR Dump After FuseDecode
// FORMS: scf.forall (%[[M:.*]], %[[N:.*]]) = (0, 0) to (%{{.*}}, 8192) step (64, 64)
// FORMS: scf.for %[[K:.*]] = %c0 to %c8192 step %c64
// FORMS: %[[CODES:.*]] = ccq.extract_slice %{{.*}}[%[[K]], %[[N]]] : {{.*}} to !ccq.tensor<64x64xf32
// FORMS: %[[W:.*]] = ccq.decode %[[CODES]] : {{.*}} -> tensor<64x64xf32>
// FORMS: linalg.matmul ins(%{{.*}}, %[[W]] :
// The scratch is one tile of 16 KiB on the stack, and nothing is allocated.
// FORMS: IR Dump After PlaceScratch
// FORMS: memref.alloca() {alignment = 64 : i64} : memref<64x64xf32>
// FORMS-NOT: memref.alloc
// FORMS: IR Dump After VectorizeMatmul
// FORMS: IR Dump After LowerCpuKernels

// RUN: FileCheck %s --input-file=%t/lowered.mlir --check-prefix=LOWERED
// LOWERED: module @cpu_x86_64
// LOWERED: %[[SIZE:.*]] = llvm.mlir.constant(4096 : index) : i64
// LOWERED: llvm.alloca %[[SIZE]] x f32 {alignment = 64 : i64}
// LOWERED-NOT: llvm.alloca
// LOWERED-NOT: @malloc

// The plan adds no scratch either: one layer needs none.
// RUN: ccq-opt %t/lowered.mlir --ccq-serialize-kernels --emit=artifact -o %t/layer.ccq
// RUN: ccq inspect %t/layer.ccq | FileCheck %s --check-prefix=ARTIFACT
// ARTIFACT: 1 steps, 1 kernels, scratch 0 bytes
// ARTIFACT: w w2.5 21004288 2.504 [8192, 8192]

// Running takes the codes, 20 MiB, and little else; float32 weights alone would
// be 256 MiB.
// RUN: python3 %src_root/test/Tools/ccq/Inputs/make-npy.py %t/x.npy '<f4' 17x8192 0.5 1 -0.25
// RUN: python3 %S/../Inputs/peak-memory.py 64 ccq-run %t/layer.ccq -q --input x=%t/x.npy --output y=%t/y.npy
// RUN: rm -rf %t/w.bin %t/forms.txt %t/kernel-forms.txt

ccq.store @file "w.bin"
func.func @main(%x: tensor<?x8192xf32> {ccq.name = "x", ccq.dims = ["batch"]}) -> (tensor<?x8192xf32> {ccq.name = "y", ccq.dims = ["batch"]}) {
  %batch = ccq.dim "batch" : index
  %w = ccq.source @file[0, 268435456] {name = "w"} : tensor<8192x8192xf32>
  %b = ccq.source @file[268435456, 32768] {name = "b"} : tensor<8192xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%batch) : tensor<?x8192xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x8192xf32>) -> tensor<?x8192xf32>
  %mm = linalg.matmul ins(%x, %w : tensor<?x8192xf32>, tensor<8192x8192xf32>) outs(%fill : tensor<?x8192xf32>) -> tensor<?x8192xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%mm, %b : tensor<?x8192xf32>, tensor<8192xf32>) outs(%empty : tensor<?x8192xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<?x8192xf32>
  return %y : tensor<?x8192xf32>
}
