//===- Passes.td - passes that run pipelines -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_PIPELINES_PASSES_TD
#define CCQ_PIPELINES_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerCpuKernels : Pass<"ccq-lower-cpu-kernels", "::mlir::ModuleOp"> {
  let summary = "lower the kernels of CPU target modules to the LLVM dialect";
  let description = [{
    Runs the pipeline `ccq-cpu-kernel-pipeline`, with the register width of the
    target, on every nested module whose `ccq.target` is a CPU target. Modules
    for other targets stay as they are.

    Before:
    ```mlir
    module @cpu_x86_64_v3 attributes {ccq.target = "cpu:x86-64-v3"} {
      func.func private @dispatch_0(%x: tensor<?x128xf32>, ...) -> tensor<?x32xf32> attributes {ccq.kernel}
    }
    ```
    After:
    ```mlir
    module @cpu_x86_64_v3 attributes {ccq.target = "cpu:x86-64-v3"} {
      llvm.func @dispatch_0(%buffers: !llvm.ptr, %scalars: !llvm.ptr, %begin: i64, %end: i64) attributes {ccq.grid = ..., ccq.kernel}
    }
    ```

    Precondition: `ccq-specialize-kernels`.
    Postcondition: `ccq-serialize-kernels` compiles the kernels.
  }];
}

def LowerCudaKernels : Pass<"ccq-lower-cuda-kernels", "::mlir::ModuleOp"> {
  let summary = "lower the kernels of CUDA target modules to the NVVM dialect";
  let description = [{
    Runs the pipeline `ccq-cuda-kernel-pipeline` on every nested module whose
    `ccq.target` is a CUDA target. Modules for other targets stay as they are.

    Before:
    ```mlir
    module @ptx_sm_80 attributes {ccq.target = "ptx:sm_80"} {
      func.func private @dispatch_0(%x: tensor<?x128xf32>, ...) -> tensor<?x32xf32> attributes {ccq.kernel}
    }
    ```
    After:
    ```mlir
    module @ptx_sm_80 attributes {ccq.target = "ptx:sm_80", gpu.container_module} {
      gpu.module @dispatch_0 attributes {ccq.block = ..., ccq.grid = ...} {
        llvm.func @dispatch_0(%x: !llvm.ptr<1>, ..., %m: i32) attributes {gpu.kernel, nvvm.kernel}
      }
    }
    ```

    Precondition: `ccq-specialize-kernels`.
    Postcondition: `ccq-serialize-kernels` compiles the kernels.
  }];
}

#endif // CCQ_PIPELINES_PASSES_TD
