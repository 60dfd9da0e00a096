//===- CCQBase.td - the dialect itself -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQBASE_TD
#define CCQ_DIALECT_CCQ_IR_CCQBASE_TD

include "mlir/IR/OpBase.td"

def CCQ_Dialect : Dialect {
  let name = "ccq";
  let cppNamespace = "::mlir::ccq";
  let summary = "Weights coded with convolutional codes, and their decode";
  let description = [{
    Models weight matrices whose elements are coded with overlapping windows of
    bits (the convolutional code of arXiv 2507.07145), the decode of such
    matrices, the kernels that contain the decode, and the plan that runs them.
    Everything else is expressed in upstream dialects. The meaning of the coded
    bits is defined once, by `ccq::codec` (docs/Format.md); the folders of this
    dialect call it.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let extraClassDeclaration = [{
    /// Discardable attribute on arguments and results of a function: the name
    /// of the model's input or output (StringAttr).
    static constexpr ::llvm::StringLiteral kNameAttr = "ccq.name";
    /// Discardable attribute on arguments and results of a function: one
    /// symbolic dimension name per dynamic dimension, in order (ArrayAttr of
    /// StringAttr).
    static constexpr ::llvm::StringLiteral kDimsAttr = "ccq.dims";
    /// Discardable unit attribute on a func.func: the body of a dispatch.
    static constexpr ::llvm::StringLiteral kKernelAttr = "ccq.kernel";
    /// Discardable attribute on arguments and results of a kernel: for every
    /// dynamic dimension of the tensor, in order, the number of the kernel's
    /// scalar that holds its size, counting index arguments only
    /// (DenseI64ArrayAttr).
    static constexpr ::llvm::StringLiteral kExtentsAttr = "ccq.extents";
    /// Discardable attribute on a nested module: the target its kernels are
    /// lowered for (StringAttr, e.g. "cpu:x86-64-v3").
    static constexpr ::llvm::StringLiteral kTargetAttr = "ccq.target";

    /// Absolute directory that the paths of `ccq.store` are relative to: the
    /// directory of the module's own file. Empty means the working directory.
    ::llvm::StringRef getStoreDirectory() const { return storeDirectory; }
    /// Sets the directory; call it before any pass runs (not thread safe).
    void setStoreDirectory(::llvm::StringRef directory) {
      storeDirectory = directory.str();
    }

  private:
    void registerAttributes();
    void registerTypes();
    void registerOperations();
    std::string storeDirectory;

  public:
  }];
}

class CCQ_Op<string mnemonic, list<Trait> traits = []>
    : Op<CCQ_Dialect, mnemonic, traits>;

#endif // CCQ_DIALECT_CCQ_IR_CCQBASE_TD
