//===- KernelPasses.td - passes that make and compile kernels -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_KERNELPASSES_TD
#define CCQ_TARGET_KERNELPASSES_TD

include "mlir/Pass/PassBase.td"

def SpecializeKernels : Pass<"ccq-specialize-kernels", "::mlir::ModuleOp"> {
  let summary = "copy the kernels into a module for one target";
  let description = [{
    Clones the functions marked `ccq.kernel` into a nested module named after
    the target (`cpu:x86-64-v3` gives `@cpu_x86_64_v3`) with the attribute
    `ccq.target`. The originals stay: the plan refers to them, and other targets
    are specialized from them. `cpu:native` becomes the last CPU target of the
    table that this machine supports.

    For `cuda:` and `ptx:` targets only kernels that contain a coded matmul are
    cloned, and their coded arguments get the layout `#ccq.row_pitch<16>`: rows
    of codes then start at multiples of 16 bytes, as vector loads need.

    Before:
    ```mlir
    func.func private @dispatch_0(...) -> tensor<?x32xf32> attributes {ccq.kernel}
    ```
    After:
    ```mlir
    func.func private @dispatch_0(...) -> tensor<?x32xf32> attributes {ccq.kernel}
    module @cpu_x86_64_v3 attributes {ccq.target = "cpu:x86-64-v3"} {
      func.func private @dispatch_0(...) -> tensor<?x32xf32> attributes {ccq.kernel}
    }
    ```

    Precondition: kernels outlined, planned or not. A module for the target that
    is there already is an error.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"cpu:native\"",
           "target, as `ccq targets` lists them">,
    ListOption<"formats", "formats", "std::string",
               "object formats wanted from a CUDA target (ptx, cubin), kept as "
               "the attribute ccq.formats">
  ];
  let dependentDialects = ["::mlir::ccq::CCQDialect"];
}

def SerializeKernels : Pass<"ccq-serialize-kernels", "::mlir::ModuleOp"> {
  let summary = "compile lowered kernels to objects";
  let description = [{
    Compiles every kernel of the nested modules made by ccq-specialize-kernels,
    once lowered to the LLVM dialect, adds one `ccq.object` per kernel in the
    order of the kernels, and removes the nested module. For CPU targets each
    kernel becomes an LLVM module of its own, is optimized at O3 for the
    target's processor and linked into a shared object by the program ld.lld.
    For CUDA targets each kernel becomes PTX text, and with the format cubin
    machine code made from that text by the program ptxas. Kernels compile in
    parallel; the bytes do not depend on it.

    The formats of a CUDA target are those of `ccq.formats`; without it a target
    `ptx:` gives PTX and a target `cuda:` cubins.

    Before:
    ```mlir
    module @cpu_x86_64_v3 attributes {ccq.target = "cpu:x86-64-v3"} { llvm.func @dispatch_0(...) {...} }
    ```
    After:
    ```mlir
    ccq.object @dispatch_0_cpu_x86_64_v3 target "cpu:x86-64-v3" kernel @dispatch_0 so entry "dispatch_0" grid affine_map<(d0) -> (d0 ceildiv 32)> data "..."
    ```
  }];
  let options = [
    Option<"linker", "linker", "std::string", /*default=*/"\"\"",
           "path of ld.lld; empty looks for ld.lld-19 and ld.lld on PATH and "
           "in LLVM's own folder">,
    Option<"cudaPath", "cuda-path", "std::string", /*default=*/"\"\"",
           "CUDA toolkit whose bin/ptxas makes cubins, or the program itself; "
           "empty looks for ptxas on PATH">
  ];
  let dependentDialects = ["::mlir::ccq::CCQDialect"];
}

#endif // CCQ_TARGET_KERNELPASSES_TD
