//===- CCQStrategies.td - how kernels are tiled -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQSTRATEGIES_TD
#define CCQ_DIALECT_CCQ_IR_CCQSTRATEGIES_TD

include "ccq/Dialect/CCQ/IR/CCQAttrs.td"

def CCQ_MmaStrategyAttr : CCQ_Attr<"MmaStrategy", "mma_strategy"> {
  let summary = "tile choice of a tensor-core kernel";
  let description = [{
    A block has `warps` warps, which share the groups of 64 k between them, and
    `token_tiles` tiles of eight tokens.

    Constraints:
    - `mma_strategy_c1`: `warps` is 1, 2, 4, 8 or 16.
    - `mma_strategy_c2`: `token_tiles` is 1 or 2.

    Example: `#ccq.mma_strategy<warps = 8, token_tiles = 1>`
  }];
  let parameters = (ins "unsigned":$warps, "unsigned":$tokenTiles);
  let assemblyFormat = "`<` `warps` `=` $warps `,` `token_tiles` `=` $tokenTiles `>`";
  let genVerifyDecl = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQSTRATEGIES_TD
