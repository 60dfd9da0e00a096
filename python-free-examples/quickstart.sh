#!/bin/sh
# The whole way on the bundled models, from nothing: installs the Debian packages
# that are missing, builds the programs, codes the glyph classifier at 2.75 and
# 2.5 bits for this processor and as PTX, and compares sizes, error and accuracy
# with the float build; then the same for the text generator, with perplexity on
# held-out text and a few generated lines.
#
# Usage: sh python-free-examples/quickstart.sh
# Environment: CCQ_BUILD_DIR, CCQ_JOBS as in tools/setup.sh.
# Exit status: 0 when every build of the classifier reached its accuracy and the
# coded builds agree with their decoded weights. What it writes is in <build>/quickstart.
set -eu

source_dir=$(cd "$(dirname "$0")/.." && pwd)
build_dir=${CCQ_BUILD_DIR:-$source_dir/build}
sh "$source_dir/tools/setup.sh" --programs-only

example=$source_dir/python-free-examples/01-glyph-classifier
images=$example/heldout-images.npy
labels=$example/heldout-labels.npy
out=$build_dir/quickstart
PATH=$build_dir/bin:$PATH
mkdir -p "$out"
cd "$out"

say() { printf '\n== %s\n' "$*"; }

# run COMMAND...: shows the command, then runs it.
run() {
  echo "\$ $*"
  "$@"
}

# evaluate ARTIFACT MIN-ACCURACY: accuracy on images of fonts that training
# never saw; fails below the threshold.
evaluate() {
  glyph-evaluate "$labels" --images "$images" --artifact "$1" \
    --min-accuracy "$2" >"$1.accuracy"
  head -n 1 "$1.accuracy"
}

ln -sf "$example/model.onnx" glyphs.onnx
ln -sf "$example/sample-images.npy" images.npy
say "The float model, for this processor"
run ccq build glyphs.onnx --scheme keep --force -q -o glyphs-keep.ccq
for scheme in w2.75 w2.5; do
  say "Weights in $scheme, for this processor and as PTX"
  run ccq build glyphs.onnx --scheme $scheme --target cpu:native \
    --target ptx:sm_80 --force -v -o glyphs-$scheme.ccq 2>&1
done

say "Decoding inside the matmul gives what decoded float32 weights give"
for scheme in w2.75 w2.5; do
  ccq build glyphs.onnx --scheme $scheme --materialize-decode --force -q \
    -o decoded-$scheme.ccq
  ccq-run decoded-$scheme.ccq --input image=images.npy --force -q \
    --output logits=decoded-$scheme.npy
  run ccq-run glyphs-$scheme.ccq --input image=images.npy \
    --expect logits=decoded-$scheme.npy
done

say "Size and accuracy on 2592 held-out images"
printf '%-8s %14s   %s\n' scheme 'weights, bytes' accuracy
for line in 'keep 0.96' 'w2.75 0.955' 'w2.5 0.95'; do
  scheme=${line% *}
  printf '%-8s %14s   ' "$scheme" \
    "$(wc -c <"glyphs-$scheme.ccq/weights.safetensors")"
  evaluate glyphs-$scheme.ccq "${line#* }"
done

say "The fused kernels as PTX: codes are loaded, decoded and multiplied"
run ccq-opt glyphs.onnx --ccq-quantize-weights=scheme=w2.5 \
  --ccq-cuda-pipeline=chip=sm_80 --emit=ptx -o glyphs.ptx
for instruction in "ld.global.*v4" lop3 mma.sync; do
  grep -n -m 1 "$instruction" glyphs.ptx
done

# perplexity ARTIFACT: that of the held-out text.
perplexity() {
  ccq eval perplexity "$1" --tokens heldout-ids.json -q |
    sed 's/perplexity \([0-9.]*\),.*/\1/'
}

generator=$source_dir/python-free-examples/02-text-generator
ln -sf "$generator/model.onnx" text.onnx
ln -sf "$generator/tokenizer.json" "$generator/heldout-ids.json" .
say "A language model: sizes, and perplexity on 20400 held-out tokens"
printf '%-8s %14s %12s   %s\n' scheme 'weights, bytes' perplexity \
  'with decoded float32 weights'
for scheme in keep w2.5 t2.5; do
  ccq build text.onnx --scheme $scheme --force -q -o text-$scheme.ccq
  coded=$(perplexity text-$scheme.ccq)
  printf '%-8s %14s %12s   ' $scheme \
    "$(wc -c <"text-$scheme.ccq/weights.safetensors")" "$coded"
  [ $scheme != keep ] || { echo && continue; }
  ccq build text.onnx --scheme $scheme --materialize-decode --force -q \
    -o decoded-text-$scheme.ccq
  decoded=$(perplexity decoded-text-$scheme.ccq)
  echo "$decoded"
  awk -v a="$coded" -v b="$decoded" 'BEGIN { exit !((a - b) ^ 2 <= 1e-6) }' ||
    { echo "quickstart: expected perplexities within 1e-3" >&2 && exit 1; }
done

say "What they write, one token at a time with cached keys and values"
for scheme in keep w2.5 t2.5; do
  run text-generate text-$scheme.ccq --tokenizer tokenizer.json \
    --prompt Behold --tokens 60 --temperature 0.7 --top-k 40 --seed 1
done
echo
echo "Artifacts and PTX are in $out"
