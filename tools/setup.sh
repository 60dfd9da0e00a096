#!/bin/sh
# Makes CCQ from nothing: installs the Debian packages that are missing,
# configures when needed, builds.
#
# Usage: sh tools/setup.sh [--with-cuda] [--packages-only] [--programs-only]
#   --with-cuda      also install a CUDA toolkit for ptxas (see below)
#   --packages-only  stop before the build
#   --programs-only  build the programs and the examples, not the tests
# Environment:
#   CCQ_BUILD_DIR    build folder, default <source>/build
#   CCQ_JOBS         parallel compile jobs, default one per processor
#
# Works as root or with sudo on Debian 12 and on later Debian and Ubuntu
# releases that carry LLVM 19. A second run installs nothing and only rebuilds
# what changed.
set -eu

source_dir=$(cd "$(dirname "$0")/.." && pwd)
build_dir=${CCQ_BUILD_DIR:-$source_dir/build}

# Everything that a build and the tests use, by who asks for it:
#   compiler and build        g++ cmake ninja-build ccache
#   MLIR line                 libmlir-19-dev mlir-19-tools llvm-19-dev
#   CPU kernels (ld.lld-19)   lld-19
#   ONNX protos               libonnx-dev libprotobuf-dev protobuf-compiler
#   JSON, options, SHA-256    nlohmann-json3-dev libcli11-dev libssl-dev
#   tests                     libgtest-dev llvm-19-tools (lit, FileCheck) python3
#   lint                      clang-format-19
packages="g++ cmake ninja-build ccache
  libmlir-19-dev mlir-19-tools llvm-19-dev lld-19
  libonnx-dev libprotobuf-dev protobuf-compiler
  nlohmann-json3-dev libcli11-dev libssl-dev
  libgtest-dev llvm-19-tools python3 clang-format-19"

with_cuda=no
packages_only=no
targets=all
for argument in "$@"; do
  case $argument in
  --with-cuda) with_cuda=yes ;;
  --packages-only) packages_only=yes ;;
  --programs-only) targets=ccq-programs ;;
  *)
    echo "setup: error: unknown option '$argument', expected --with-cuda," \
      "--packages-only or --programs-only" >&2
    exit 2
    ;;
  esac
done

say() { echo "setup: $*"; }

fail() {
  echo "setup: error: $*" >&2
  exit 1
}

# as_root COMMAND...: runs it as root, directly or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    fail "root is needed for '$*': run as root, or install sudo"
  fi
}

# missing_packages NAME...: prints the names that dpkg does not have installed.
missing_packages() {
  for name in "$@"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) || status=none
    [ "$status" = installed ] || printf '%s ' "$name"
  done
}

# install_packages NAME...: installs them from the configured apt sources.
install_packages() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends "$@" || fail "apt-get could not install: $*"
}

install_build_packages() {
  command -v dpkg-query >/dev/null 2>&1 ||
    fail "this system has no dpkg; install the equivalents of:" $packages
  missing=$(missing_packages $packages)
  if [ -z "$missing" ]; then
    say "packages: all present"
    return
  fi
  say "packages: installing $missing"
  as_root apt-get update -q || fail "apt-get update failed: no network or no apt sources"
  install_packages $missing
}

# The toolkit is the only non-free thing that this script can install, and only
# on request. CCQ uses one program of it, ptxas (PTX to cubin); everything else,
# PTX and the PTX interpreter of the tests included, works without it.
install_cuda() {
  if command -v ptxas >/dev/null 2>&1; then
    say "cuda: ptxas is $(command -v ptxas)"
    return
  fi
  cuda_home=${CUDA_HOME:-/usr/local/cuda}
  if [ -x "$cuda_home/bin/ptxas" ]; then
    say "cuda: ptxas is $cuda_home/bin/ptxas"
    return
  fi
  say "cuda: installing nvidia-cuda-toolkit from Debian non-free (on Debian 12:" \
    "version 11.8, PTX up to 7.8, chips up to sm_90; 1.6 GB to download, 5.5 GB on disk)"
  say "cuda: licence: NVIDIA CUDA Toolkit End User License Agreement," \
    "https://docs.nvidia.com/cuda/eula (proprietary, not part of CCQ)"
  if ! apt-cache show nvidia-cuda-toolkit >/dev/null 2>&1; then
    . /etc/os-release
    [ "${ID:-}" = debian ] ||
      fail "apt does not know nvidia-cuda-toolkit: enable your system's non-free sources"
    list=/etc/apt/sources.list.d/ccq-non-free.list
    # apt refuses two entries for one archive that name different keyrings, so
    # this entry names the keyring that the existing ones do, if they do.
    keyring=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
      sed -nE 's/.*[Ss]igned-[Bb]y[:=] *([^] ]*debian-archive-keyring[^] ]*).*/\1/p' |
      head -n 1)
    say "cuda: adding the non-free components of $VERSION_CODENAME in $list"
    echo "deb ${keyring:+[signed-by=$keyring] }http://deb.debian.org/debian" \
      "$VERSION_CODENAME contrib non-free" |
      as_root tee "$list" >/dev/null
    as_root apt-get update -q || fail "apt-get update failed after adding $list"
  fi
  install_packages nvidia-cuda-toolkit
}

configure() {
  if [ -f "$build_dir/build.ninja" ]; then
    say "configure: done before in $build_dir (ninja repeats it when needed)"
    return
  fi
  say "configure: $build_dir"
  cmake -S "$source_dir" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache ||
    fail "cmake could not configure $build_dir"
}

build() {
  say "build: ninja in $build_dir"
  # Relative paths in the compiler cache: one cache serves several checkouts;
  # the two kinds of sloppiness are what it asks for precompiled headers.
  CCACHE_BASEDIR=$source_dir CCACHE_NOHASHDIR=1 \
  CCACHE_SLOPPINESS=pch_defines,time_macros \
    ninja -C "$build_dir" ${CCQ_JOBS:+-j "$CCQ_JOBS"} "$targets" ||
    fail "the build failed in $build_dir"
}

install_build_packages
[ "$with_cuda" = no ] || install_cuda
[ "$packages_only" = no ] || exit 0
configure
build
say "ready: programs are in $build_dir/bin"
