#!/bin/sh
# Checks that #include lines follow the layers of docs/Architecture.md.
#
# Usage: check-layering.sh [ROOT]
#
# Each file belongs to a layer, named after its folder under include/ccq or
# lib. It may include its own layer and the layers below it, as listed here;
# only the layers above the MLIR line may include LLVM, MLIR, ONNX or protobuf
# headers. Exit status 1 with one line per forbidden include.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:-$here/../..}" && pwd)

sh "$here/list-files.sh" "$root" |
  grep -E '^(include|lib|tools|python-free-examples)/.*\.(h|cpp|c|td)$' |
  (cd "$root" && xargs awk '
BEGIN {
  # Layer -> layers below it. A core layer has no LLVM include path at all.
  core = "Support Codec Quantizer Artifact Runtime CAPI/Runtime"
  below["Support"] = ""
  below["Codec"] = "Support"
  below["Quantizer"] = "Codec Support"
  below["Artifact"] = "Codec Support"
  below["Runtime"] = "Artifact Codec Support"
  below["CAPI/Runtime"] = "Runtime Artifact Codec Support"
  below["Dialect/CCQ/IR"] = "Quantizer Codec Support"
  below["Dialect/CCQ/Transforms"] = \
    "Dialect/CCQ/IR Quantizer Artifact Codec Support"
  below["Conversion"] = "Dialect/CCQ/IR Codec Support"
  below["Importer/ONNX"] = "Dialect/CCQ/IR Support"
  below["Target"] = "Dialect/CCQ/IR Quantizer Artifact Codec Support"
  below["Pipelines"] = "Dialect/CCQ/Transforms Conversion Target " \
                       below["Target"]
  below["Compiler"] = "any Pipelines Importer/ONNX " below["Pipelines"]
  below["CAPI/Compiler"] = "Compiler"
  below["example"] = "Runtime Artifact Support"
  count = split(core " example", names, " ")
  for (i = 1; i <= count; ++i)
    belowMlirLine[names[i]] = 1
}

# The layer of a path below include/ccq or lib, or of an include "ccq/...".
# Programs and the registration headers (include/ccq/Init*.h) see everything.
function layerOf(path,    parts) {
  if (path ~ /^Init[A-Za-z]*\.h$/)
    return "any"
  if (path ~ /^(Conversion|Target)\//)
    return substr(path, 1, index(path, "/") - 1)
  split(path, parts, "/")
  if (path ~ /^Dialect\//)
    return parts[1] "/" parts[2] "/" parts[3]
  if (path ~ /^(Importer|CAPI)\//)
    return parts[1] "/" parts[2]
  return parts[1]
}

function report(message) {
  print FILENAME ":" FNR ": error: " message
  failed = 1
}

FNR == 1 {
  path = FILENAME
  if (path ~ /^include\/ccq-c\//)
    layer = "CAPI"
  else if (path ~ /^tools\// || path ~ /^python-free-examples\/[0-9]+-pass-plugin\//)
    layer = "any"
  else if (path ~ /^python-free-examples\//)
    layer = "example"
  else {
    sub(/^include\/ccq\//, "", path)
    sub(/^lib\//, "", path)
    layer = layerOf(path)
  }
  if (layer != "any" && layer != "CAPI" && !(layer in below))
    report("folder has no layer: add \x27" layer "\x27 to tools/lint/check-layering.sh")
}

/^[ \t]*(#[ \t]*)?include[ \t]*["<]/ {
  header = $0
  sub(/^[^"<]*["<]/, "", header)
  sub(/[">].*/, "", header)
  if (layer == "any" || !(layer in below || layer == "CAPI"))
    next
  if (header ~ /^\.\.\// || header ~ /\/\.\.\//) {
    report("include \x27" header "\x27 climbs out of its folder")
    next
  }
  foreign = header ~ /^(mlir|mlir-c|llvm|llvm-c|lld|onnx|google\/protobuf)\//
  if (foreign && (layer in belowMlirLine || layer == "CAPI"))
    report("layer " layer " is below the MLIR line and may not include \x27" header "\x27")
  if (header ~ /^onnx\// && !(layer in belowMlirLine) && layer != "Importer/ONNX")
    report("only Importer/ONNX may include \x27" header "\x27, not layer " layer)
  if (header ~ /^ccq\// && layer == "CAPI")
    report("the C interface may not include the C++ header \x27" header "\x27")
  if (header !~ /^ccq\// || layer == "CAPI")
    next
  target = layerOf(substr(header, 5))
  if (target == layer) {
    # Conversions are alike but independent: none includes another.
    if (layer == "Conversion" && FILENAME ~ /^lib\//) {
      split(path, own, "/")
      split(substr(header, 5), other, "/")
      if (own[2] != other[2] && other[2] !~ /\.h/)
        report("conversion " own[2] " may not include conversion " other[2])
    }
    next
  }
  if (index(" " below[layer] " ", " " target " ") == 0 &&
      !(layer == "CAPI/Compiler" && !(target ~ /^CAPI/)))
    report("layer " layer " may not include \x27" header "\x27 of layer " target)
}

END { exit failed }
')
