//===- AssemblePTX.h - cubins by ptxas --------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_CUBIN_ASSEMBLEPTX_H
#define CCQ_TARGET_CUBIN_ASSEMBLEPTX_H

#include "ccq/Support/Result.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace mlir::ccq {

/// Path of the program ptxas: `cudaPath`/bin/ptxas, or `cudaPath` itself when
/// it names a program; with an empty `cudaPath` the ptxas found on PATH. Fails
/// with MissingTool, and says where it looked.
::ccq::Result<std::string> findPtxas(llvm::StringRef cudaPath);

/// Assembles one PTX text for `chip` (e.g. "sm_90a") with the program `ptxas`,
/// optimization level 3. Temporary files are removed in every case. Fails with
/// CompileError, and what ptxas said, when it refuses the text. The bytes are a
/// function of the text, the chip and the version of ptxas. Thread safe.
::ccq::Result<std::string>
assemblePTX(llvm::StringRef text, llvm::StringRef chip, llvm::StringRef ptxas);

} // namespace mlir::ccq

#endif // CCQ_TARGET_CUBIN_ASSEMBLEPTX_H
