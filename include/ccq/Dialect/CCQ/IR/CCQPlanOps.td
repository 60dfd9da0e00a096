//===- CCQPlanOps.td - steps, buffers and compiled kernels -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQPLANOPS_TD
#define CCQ_DIALECT_CCQ_IR_CCQPLANOPS_TD

include "ccq/Dialect/CCQ/IR/CCQEnums.td"
include "ccq/Dialect/CCQ/IR/CCQTypes.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def CCQ_PlanOp : CCQ_Op<"plan",
    [Symbol, IsolatedFromAbove, NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "what a run does: buffers and a flat list of steps";
  let description = [{
    The contract between compiler and runtime. The region holds the buffers
    (`ccq.buffer`), the weights (`ccq.source`, `ccq.dequantize` or constants, coded by
    `ccq.encode`, taken apart by `ccq.components`) and the steps
    (`ccq.launch`, `ccq.observe`), in execution order. `dims` names the symbolic dimensions;
    every affine map of the plan has them, in this order, as symbols and no
    dims. `arena` is the size in bytes of the scratch memory.

    Constraints:
    - `plan_c1`: dimension names are not empty and differ.
    - `plan_c2`: `arena` has no dims, one symbol per dimension and one result.
    - `plan_c3`: the region holds only the ops named above (and `ccq.pack`,
      `ccq.compose`, and `ccq.decode` when it is `materialized`).

    Example:
    ```mlir
    ccq.plan @main dims ["batch"] arena affine_map<()[s0] -> (s0 * 128)> {
      %x = ccq.buffer input "x" shape affine_map<()[s0] -> (s0, 128)> : tensor<?x128xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$dims,
                       AffineMapAttr:$arena);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat =
      "$sym_name `dims` $dims `arena` $arena $body attr-dict";
  let hasVerifier = 1;
}

def CCQ_BufferOp : CCQ_Op<"buffer", [HasParent<"PlanOp">]> {
  let summary = "memory that steps read and write";
  let description = [{
    A row-major tensor in memory. Inputs and outputs belong to the caller and
    have the model's names; scratch lies at `offset` bytes of the arena. `shape`
    gives all extents over the plan's dimensions.

    Constraints:
    - `buffer_c1`: inputs and outputs have a name, scratch has an offset, and
      not the other way round.
    - `buffer_c2`: `shape` has as many results as the type has dimensions, and
      a constant result for every static one.
    - `buffer_c3`: maps have no dims and one symbol per dimension of the plan.

    Example:
    ```mlir
    ccq.plan @main dims ["batch"] arena affine_map<()[s0] -> (s0 * 128)> {
      %t = ccq.buffer scratch offset affine_map<()[s0] -> (0)> shape affine_map<()[s0] -> (s0, 32)> : tensor<?x32xf32>
    }
    ```
  }];
  let arguments = (ins CCQ_BufferKindAttr:$kind, OptionalAttr<StrAttr>:$name,
                       OptionalAttr<AffineMapAttr>:$offset,
                       AffineMapAttr:$shape);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $kind ($name^)? (`offset` $offset^)? `shape` $shape attr-dict
    `:` type($result)
  }];
  let hasVerifier = 1;
}

/// What a step reads: a tensor in memory or a coded matrix.
def CCQ_PlanValueType : AnyTypeOf<[AnyRankedTensor, CCQ_CodedTensorType]>;

def CCQ_LaunchOp : CCQ_Op<"launch",
    [HasParent<"PlanOp">, AttrSizedOperandSegments,
     DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one step: run a kernel on buffers";
  let description = [{
    Runs `kernel` on `inputs` and writes `outputs`. `inputs` are the kernel's
    tensor and coded-tensor arguments in order (a coded matrix stands for its
    component tensors), `outputs` its results, and `scalars` gives the kernel's
    index arguments, in order, over the plan's dimensions.

    Constraints:
    - `launch_c1`: the symbol names a function marked `ccq.kernel`.
    - `launch_c2`: `outputs` are `ccq.buffer`s that are not inputs.
    - `launch_c3`: `scalars` has no dims and one symbol per dimension of the
      plan.

    Example: see test/Dialect/CCQ/IR/plan-ops.mlir.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel,
                       Variadic<CCQ_PlanValueType>:$inputs,
                       Variadic<AnyRankedTensor>:$outputs,
                       AffineMapAttr:$scalars);
  let assemblyFormat = [{
    $kernel `ins` `(` ($inputs^ `:` type($inputs))? `)`
    `outs` `(` $outputs `:` type($outputs) `)` `scalars` $scalars attr-dict
  }];
  let hasVerifier = 1;
}

def CCQ_ObjectOp : CCQ_Op<"object", [Symbol]> {
  let summary = "a kernel compiled for one target";
  let description = [{
    Machine code or PTX of `kernel`, with what a launch needs to know:
    `entry` is the symbol inside the object; `grid` maps the kernel's scalar
    arguments (as dims, or as symbols where two are multiplied) to three block
    counts on a GPU, and to one count of independent work items on a CPU; `block` has three thread counts and
    `shared_bytes` the dynamic shared memory (GPU only).

    Constraints:
    - `object_c1`: `grid` has dims or symbols, not both, and three results on a
      GPU or one on a CPU.
    - `object_c2`: GPU formats have `block`, CPU formats have not.

    Example: see test/Dialect/CCQ/IR/plan-ops.mlir.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$target,
                       FlatSymbolRefAttr:$kernel, CCQ_ObjectFormatAttr:$format,
                       StrAttr:$entry, AffineMapAttr:$grid,
                       OptionalAttr<DenseI64ArrayAttr>:$block,
                       DefaultValuedAttr<I64Attr, "0">:$shared_bytes,
                       StrAttr:$data);
  let assemblyFormat = [{
    $sym_name `target` $target `kernel` $kernel $format `entry` $entry
    `grid` $grid (`block` $block^)? (`shared_bytes` $shared_bytes^)?
    `data` $data attr-dict
  }];
  let hasVerifier = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQPLANOPS_TD
