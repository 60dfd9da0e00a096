//===- CpuPasses.td - conversions towards CPU kernels -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CONVERSION_CPUPASSES_TD
#define CCQ_CONVERSION_CPUPASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertCCQToArith : Pass<"convert-ccq-to-arith"> {
  let summary = "window decode to shifts, masks and one conversion";
  let description = [{
    Rewrites `ccq.trellis_decode` and `ccq.extract_window` into arith and vector
    operations on whole rows of lanes. Words are widened once, to i32 for 32-bit
    results; each window is a right shift, a mask (none for the topmost window),
    a subtraction of the bias and, for float results, a conversion. All steps
    are exact.

    A step of a stream XORs the words that the taps select, takes the nibbles of
    the result apart and looks both tables up: with `byte-shuffle` by the
    instruction of AVX2 that shuffles 32 bytes, otherwise by selections.

    Precondition: none. Postcondition: neither op remains.

    Before:
    ```mlir
    %q = ccq.trellis_decode #w2_5 %words : vector<1x8xi16> -> vector<7x8xf32>
    ```
    After, for the window at shift 2:
    ```mlir
    %w = arith.extui %word : vector<8xi16> to vector<8xi32>
    %s = arith.shrui %w, %c2 : vector<8xi32>
    %m = arith.andi %s, %c7 : vector<8xi32>
    %c = arith.subi %m, %c4 : vector<8xi32>
    %f = arith.sitofp %c : vector<8xi32> to vector<8xf32>
    %q5 = vector.insert %f, %q4 [5] : vector<8xf32> into vector<7x8xf32>
    ```
  }];
  let options = [
    Option<"byteShuffle", "byte-shuffle", "bool", /*default=*/"false",
           "the target has llvm.x86.avx2.pshuf.b">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // CCQ_CONVERSION_CPUPASSES_TD
