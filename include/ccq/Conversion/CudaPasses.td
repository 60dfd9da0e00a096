//===- CudaPasses.td - conversions towards CUDA kernels ----*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CONVERSION_CUDAPASSES_TD
#define CCQ_CONVERSION_CUDAPASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertCCQToGPU : Pass<"convert-ccq-to-gpu", "::mlir::ModuleOp"> {
  let summary = "coded matmul functions to tensor-core GPU kernels";
  let description = [{
    Replaces every function marked `ccq.kernel` that contains the decode of a
    coded argument by a `gpu.module` of the same name with one kernel, which
    reads the codes, decodes them in registers and contracts them with
    `mma.sync`; docs/Rationale/CudaKernels.md describes the mapping. The
    function is `linalg.matmul ins(%x, ccq.decode %w)` on the rows of an f32
    argument (reshapes and slices of it are followed), an optional elementwise
    epilogue and reshapes. Sizes follow from the function's index arguments.

    The tile choice is `#ccq.mma_strategy`: the function's `ccq.strategy` where
    it has one, otherwise chosen from the shapes. The module says how it is
    launched: `ccq.grid` maps the index arguments to three block counts,
    `ccq.block` has three thread counts. Parameters of the kernel: one pointer
    to global memory per buffer (arguments in order, a coded one as its
    components, then the results), 16-byte aligned, then one i32 per index
    argument.

    Precondition: coded arguments have the layout `#ccq.row_pitch<16>`; streams
    have none, and ccq-rotate-activations has run. A kernel
    function of another form is an error at the op that does not fit. Functions
    without coded weights are left alone.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::NVVM::NVVMDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::gpu::GPUDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def ConvertCCQToNVVM : Pass<"convert-ccq-to-nvvm"> {
  let summary = "window decode to masks in place and one f16x2 fma";
  let description = [{
    Rewrites `ccq.trellis_decode` and `ccq.extract_window` with f16 results into
    operations on 32-bit registers. A window at shift s sits inside the ten
    mantissa bits of an f16 as long as s plus its width is at most ten: `lop3`
    keeps its bits and sets the exponent of 1024 in one instruction, which gives
    1024 + window * 2^s, and one fma with 2^-s and -(1024 * 2^-s + bias) gives
    the centred window, exactly. Windows at higher shifts share one right shift
    of the register. The `lop3` is inline assembly: LLVM never forms it and
    would reassociate the and / or chain.

    A step of a stream becomes XORs and table lookups on the bytes of registers
    (`lop3`, `prmt`); it has one word per row.

    Precondition: the operand's lanes fill 32-bit registers (two u16 or four u8
    words), the result is f16, windows are at most ten bits wide. Anything
    else is an error at the op. Postcondition: none of the two ops remains.

    Before:
    ```mlir
    %q = ccq.trellis_decode #w2_5 %words : vector<1x2xi16> -> vector<7x2xf16>
    ```
    After, for the window at shift 2:
    ```mlir
    %m = llvm.inline_asm "lop3.b32 $0, $1, $2, $3, 0xea;", "=r,r,n,n" %w, %mask, %magic : (i32, i32, i32) -> i32
    %h = vector.bitcast %m1 : vector<1xi32> to vector<2xf16>
    %q2 = math.fma %h, %quarter, %offset : vector<2xf16>
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def LowerGPUMath : Pass<"ccq-lower-gpu-math"> {
  let summary = "math ops to instructions and polynomials, without libdevice";
  let description = [{
    `exp`, `log`, `log1p`, `tanh`, `erf`, `rsqrt` and `powf` on f32, and `absi`,
    become arithmetic; docs/Rationale/CudaKernels.md has their measured errors.
    Ops that the GPU has instructions for (`absf`, `ceil`, `copysign`, `floor`,
    `fma`, `round`, `roundeven`, `sqrt`, `trunc`) become calls of LLVM
    intrinsics. Every other math op is an error at the op: upstream's conversion
    to NVVM would turn it into a call of a libdevice function, which nothing
    here resolves.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // CCQ_CONVERSION_CUDAPASSES_TD
