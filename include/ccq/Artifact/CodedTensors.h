//===- CodedTensors.h - coded matrices in safetensors files -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_CODEDTENSORS_H
#define CCQ_ARTIFACT_CODEDTENSORS_H

#include "ccq/Artifact/Safetensors.h"
#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Codec/Scheme.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/Result.h"

#include <string>
#include <string_view>
#include <vector>

namespace ccq::artifact {

// A coded matrix `name` is one tensor per component, `name.codes` and so on,
// and the metadata entries `ccq.name.scheme` and `ccq.name.shape`; the entry
// `ccq.format_version` says how to read them (docs/Format.md, "Files").

/// Value of `ccq.format_version`.
inline constexpr std::string_view formatVersion = "1";

/// Name of a component tensor, for example `w.codes`.
std::string getComponentName(std::string_view name, codec::ComponentRole role);

/// The component tensors of a coded matrix. The shape must pass
/// codec::checkShape.
std::vector<TensorSpec> getComponentTensors(std::string_view name,
                                            const codec::Scheme &scheme,
                                            MatrixShape shape);

/// Adds the metadata entries of a coded matrix, format version included.
void addCodedMetadata(std::string_view name, const codec::Scheme &scheme,
                      MatrixShape shape, Metadata &metadata);

/// Names of the coded matrices that the metadata declares, in byte order.
std::vector<std::string> getCodedNames(const SafetensorsFile &file);

/// The coded matrix of a name, as a view into the file. Errors: MalformedInput
/// when an entry is missing or contradicts another; Unsupported for another
/// format version.
Result<codec::CodedMatrixView> tryGetCodedMatrix(const SafetensorsFile &file,
                                                 std::string_view name);

/// Writes a file that holds one coded matrix. Errors: those of
/// SafetensorsWriter.
Result<void> writeCodedMatrix(const std::filesystem::path &path,
                              std::string_view name,
                              const codec::CodedMatrix &matrix,
                              OverwritePolicy policy);

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_CODEDTENSORS_H
