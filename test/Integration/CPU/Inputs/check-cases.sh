# check-cases.sh ONNX TENSOR DIR CASE... - builds DIR/CASE/model.txt, runs it
# with input_*.txt and compares with output_*.txt; ONNX and TENSOR are the
# commands that make binary files of the texts.
set -eu
onnx=$1 tensor=$2 dir=$3
shift 3
for case; do
  data=$dir/$case/test_data_set_0
  mkdir "$data"
  eval "$onnx $dir/$case/model.txt" > "$dir/$case/model.onnx"
  for file in "$dir/$case"/input_*.txt "$dir/$case"/output_*.txt; do
    eval "$tensor $file" > "$data/$(basename "$file" .txt).pb"
  done
  ccq build "$dir/$case/model.onnx" -q --target cpu:x86-64 --scheme keep -o "$dir/$case/model.ccq"
  ccq-run "$dir/$case/model.ccq" -q --test-data "$dir/$case" || {
    echo "case $case differs" >&2
    exit 1
  }
done
