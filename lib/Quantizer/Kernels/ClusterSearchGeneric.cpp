//===- ClusterSearchGeneric.cpp - cluster search in 128-bit vectors -------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define CCQ_VECTOR_BYTES 16
#include "ClusterSearchKernel.h"

const ccq::quantizer::ClusterSearch ccq::quantizer::clusterSearchGeneric = {
    "generic", findCosts, findBytes};
