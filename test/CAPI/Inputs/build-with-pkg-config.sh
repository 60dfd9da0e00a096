#!/bin/sh
# Builds a C program with what pkg-config says about an installed tree, and
# leaves a link to the folder of its libraries in ./pkg-config-lib.
#
# Usage: build-with-pkg-config.sh CC SOURCE INSTALLED PROGRAM
set -eu
file=$(find "$3" -name ccq-runtime.pc)
export PKG_CONFIG_PATH="$(cd "$(dirname "$file")" && pwd)"
pkg-config --exact-version=0.1.0 ccq-runtime
pkg-config --exists ccq-compiler
"$1" -std=c11 "$2" -o "$4" $(pkg-config --cflags --libs ccq-runtime)
ln -sfn "$(pkg-config --variable=libdir ccq-runtime)" pkg-config-lib
