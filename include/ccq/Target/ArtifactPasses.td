//===- ArtifactPasses.td - the pass that writes artifacts -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_ARTIFACTPASSES_TD
#define CCQ_TARGET_ARTIFACTPASSES_TD

include "mlir/Pass/PassBase.td"

def EmitArtifact : Pass<"ccq-emit-artifact", "::mlir::ModuleOp"> {
  let summary = "write the artifact of a planned module";
  let description = [{
    Writes the directory that docs/Artifact.md describes: the module's one
    `ccq.plan` as plan.json, its weights, read from their stores and coded as
    `ccq.encode` says, as weights.safetensors, the data of its `ccq.object` ops
    as kernels, and report.json. The module does not change. Weights go through
    memory one at a time; the bytes do not depend on the number of threads.

    The directory appears whole or not at all. An existing one is refused unless
    `force` is set, and then replaced if it is an artifact.

    Precondition: `ccq-verify-planned`; objects from `ccq-serialize-kernels`.
  }];
  let options = [
    Option<"path", "path", "std::string", "\"\"",
           "Directory to write">,
    Option<"force", "force", "bool", "false",
           "Replace an existing artifact">,
    Option<"threads", "threads", "unsigned", "0",
           "Threads that code weights; 0 is one per processor">
  ];
}

def EmitObjects : Pass<"ccq-emit-objects", "::mlir::ModuleOp"> {
  let summary = "write the data of serialized kernels to a file";
  let description = [{
    Writes the data of the module's `ccq.object` ops of one format, as it is, to
    a file. The module does not change. PTX texts of several kernels follow each
    other, each after a line `// ccq.object @name`; other formats are binary, so
    that with several kernels `path` has to be a directory that exists, which
    then gets one file per object, named after it. That works for PTX too.

    Precondition: `ccq-serialize-kernels`; no object of the format is an error.
  }];
  let options = [
    Option<"path", "path", "std::string", "\"-\"",
           "File or directory to write; - is standard output">,
    Option<"format", "format", "::mlir::ccq::ObjectFormat",
           "::mlir::ccq::ObjectFormat::PTX", "Format of the objects to write",
           [{::llvm::cl::values(
             clEnumValN(::mlir::ccq::ObjectFormat::SharedObject, "so",
                        "shared objects for CPUs"),
             clEnumValN(::mlir::ccq::ObjectFormat::PTX, "ptx", "PTX text"),
             clEnumValN(::mlir::ccq::ObjectFormat::Cubin, "cubin",
                        "machine code for NVIDIA GPUs"))}]>
  ];
}

#endif // CCQ_TARGET_ARTIFACTPASSES_TD
