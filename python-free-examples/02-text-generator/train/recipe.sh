#!/bin/sh
# Makes tokenizer.json, model.onnx and heldout-ids.json again, from the packages
# with the texts on. Development-time only: using the example needs none of this.
#
# Usage: sh recipe.sh WORK_DIR
#   WORK_DIR   receives texts, a Python environment and the checkpoint (about
#              6 GB with torch); may be removed afterwards
# Needs Debian 12 (apt-get download, dpkg-deb), python3 with venv, a C++ compiler
# for torch.compile, network. The packages are unpacked into WORK_DIR and not
# installed. About an hour on one core.
set -eu
recipe_dir=$(cd "$(dirname "$0")" && pwd)
example_dir=$(dirname "$recipe_dir")
[ $# -eq 1 ] || {
  echo "usage: sh recipe.sh WORK_DIR" >&2
  exit 2
}
mkdir -p "$1/packages"
work_dir=$(cd "$1" && pwd)

echo "recipe: texts"
sed -n 's/.*"package": "\([^"]*\)".*/\1/p' "$recipe_dir/sources.json" | while read -r package; do
  [ -n "$(find "$work_dir/packages" -name "${package}_*.deb")" ] ||
    (cd "$work_dir/packages" && apt-get download -q "$package")
done
for package in "$work_dir"/packages/*.deb; do
  dpkg-deb -x "$package" "$work_dir/root"
done

echo "recipe: Python environment"
[ -x "$work_dir/venv/bin/python" ] || python3 -m venv "$work_dir/venv"
"$work_dir/venv/bin/pip" -q install -r "$recipe_dir/requirements.txt"

python=$work_dir/venv/bin/python
export OMP_NUM_THREADS=1
echo "recipe: tokens"
"$python" "$recipe_dir/make_corpus.py" "$work_dir/root" "$work_dir"
"$python" "$recipe_dir/bpe.py" "$work_dir" "$example_dir"
echo "recipe: training"
"$python" "$recipe_dir/train.py" "$work_dir"
echo "recipe: export"
"$python" "$recipe_dir/export_onnx.py" "$work_dir" "$example_dir"
"$python" "$recipe_dir/measure.py" "$work_dir" "$example_dir"
