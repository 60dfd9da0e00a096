//===- CodedMatrix.h - a weight matrix as component tensors -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CODEC_CODEDMATRIX_H
#define CCQ_CODEC_CODEDMATRIX_H

#include "ccq/Codec/Scheme.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/Result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ccq::codec {

/// The element types that component tensors use.
enum class ElementType { I8, U8, U16, F16, F32, U32, BF16 };

/// Size of one element: 1, 2 or 4.
unsigned getElementBytes(ElementType type);

/// What a component tensor means.
enum class ComponentRole {
  /// Words or integer codes.
  Codes,
  /// One scale per group of k and channel n.
  LocalScales,
  /// One scale per channel n, or per matrix.
  SuperScale,
  /// Slope of the expansion of a byte, per channel n.
  CodeScale,
  /// Offset of the expansion of a byte, per channel n.
  CodeZp,
  /// Extra bits of a stream.
  Extra,
};

/// Number of enumerators of ComponentRole.
inline constexpr size_t componentRoleCount = 6;

/// Ending of the tensor name in a file: `codes`, `local_scales`,
/// `super_scale`, `code_scale`, `code_zp` or `extra`.
std::string_view getComponentSuffix(ComponentRole role);

/// Type and extents of one component tensor. Elements are little endian, the
/// last dimension fastest.
struct ComponentSpec {
  ComponentRole role = ComponentRole::Codes;
  ElementType type = ElementType::U8;
  /// One or two extents.
  std::vector<int64_t> dims;

  uint64_t sizeBytes() const;

  bool operator==(const ComponentSpec &) const = default;
};

/// Whether a matrix of this shape can be coded: extents not negative, and no
/// component or float32 copy of 2^60 bytes or more. Fails with MalformedInput.
Result<void> checkShape(const Scheme &scheme, MatrixShape shape);

/// The component tensors of a coded W[K, N], in the order of ComponentRole,
/// with G = ceil(K / group):
///   word schemes: codes u8 or u16 [wordsPerGroup * G, N], super_scale f32 [N];
///   scalar per group: codes i8 [K, N], local_scales f16 [G, N];
///   scalar per channel: codes i8 [K, N], super_scale f16 [N];
///   four-bit scalars the same with codes u8 [ceil(K / 2), N];
///   clusters: codes u8 [group / 4 * G, N], local_scales u8 [ceil(G / 2), N],
///     super_scale, code_scale and code_zp f32 [N];
///   streams: codes u32 [S, 32] for S stored steps; local_scales u8
///     [ceil(N / 2)] for four-bit scales; super_scale bf16 [N] for one scale
///     per channel, else f32 [1]; extra u32 [E, 32] above two bits
///     (ccq/Codec/Stream.h);
///   hashed streams: codes u32 [S, 256], and the scales of streams
///     (ccq/Codec/Hash.h).
/// The shape must pass checkShape. Source: docs/Format.md, "Component tensors".
std::vector<ComponentSpec> getComponentSpecs(const Scheme &scheme,
                                             MatrixShape shape);

/// Non-owning coded matrix: scheme, shape and the bytes of each component. The
/// only way to make one is tryCreate, which has checked that every buffer has
/// the size that the scheme and shape ask for; readers rely on it. Buffers need
/// no alignment.
class CodedMatrixView {
public:
  /// `components` holds one buffer per entry of getComponentSpecs, in that
  /// order. Fails with MalformedInput when scheme, shape, the number of buffers
  /// or a size is wrong. The buffers must outlive the view; the scheme is
  /// copied.
  static Result<CodedMatrixView>
  tryCreate(const Scheme &scheme, MatrixShape shape,
            std::span<const std::span<const std::byte>> components);

  const Scheme &scheme() const { return codeScheme; }
  MatrixShape shape() const { return extents; }

  /// Bytes of a component; empty when the scheme has no such component.
  std::span<const std::byte> bytes(ComponentRole role) const {
    return buffers[size_t(role)];
  }

private:
  CodedMatrixView(Scheme scheme, MatrixShape shape)
      : codeScheme(std::move(scheme)), extents(shape) {}

  Scheme codeScheme;
  MatrixShape extents;
  std::array<std::span<const std::byte>, componentRoleCount> buffers;
};

/// One owned component tensor.
struct Component {
  ComponentSpec spec;
  std::vector<std::byte> bytes;
};

/// Owning coded matrix. `components` follows getComponentSpecs.
struct CodedMatrix {
  Scheme scheme;
  MatrixShape shape;
  std::vector<Component> components;

  /// A matrix with zeroed components. The shape must pass checkShape.
  static CodedMatrix createZeroed(const Scheme &scheme, MatrixShape shape);

  /// View of this matrix; valid while it lives and its components keep their
  /// sizes.
  CodedMatrixView view() const;

  /// Component of a role, or null when the scheme has none.
  Component *findComponent(ComponentRole role);

  /// Bytes of all components together.
  uint64_t sizeBytes() const;
};

} // namespace ccq::codec

#endif // CCQ_CODEC_CODEDMATRIX_H
