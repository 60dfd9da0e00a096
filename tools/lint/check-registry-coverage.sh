#!/bin/sh
# Lists registered ccq ops, passes and constraint labels that lack their lit
# file or their place in docs/Spec.md. Needs ccq-opt and mlir-tblgen on PATH.
# Usage: check-registry-coverage.sh SOURCE-ROOT
set -u
root=$1
ir=$root/include/ccq/Dialect/CCQ/IR
llvm_include=$(dirname "$(dirname "$(readlink -f "$(command -v mlir-tblgen)")")")/include

# report KIND NAME REASON; counts in $covered and $missing.
covered=0
missing=0
note_missing() {
  echo "missing: $1 $2: $3"
  missing=$((missing + 1))
}
summary() {
  echo "$1: $covered covered, $missing missing"
  [ "$missing" -eq 0 ] || failed=1
  covered=0
  missing=0
}
failed=0

ops=$(for file in CCQ.td CCQObserveOps.td; do
  mlir-tblgen -gen-op-doc -I "$root/include" -I "$llvm_include" "$ir/$file"
done | sed -n 's/^### `\(ccq\.[a-z_]*\)`.*/\1/p')
for op in $ops; do
  if ! grep -q "^### $op\$" "$root/docs/Spec.md"; then
    note_missing op "$op" "no section in docs/Spec.md"
  elif ! grep -rqw --include='*.mlir' "CHECK.*$op" \
    "$root/test/Dialect/CCQ/IR"; then
    note_missing op "$op" "no CHECK line in test/Dialect/CCQ/IR"
  else
    covered=$((covered + 1))
  fi
done
summary ops

passes=$(ccq-opt --help | sed -n \
  's/^ *--\(ccq-[a-z0-9-]*\|convert-ccq-[a-z0-9-]*\)[ =].*/\1/p' | sort -u)
for pass in $passes; do
  if find "$root/test" -name "$pass.mlir" | grep -q .; then
    covered=$((covered + 1))
  else
    note_missing pass "$pass" "no lit file $pass.mlir"
  fi
done
summary passes

labels=$(grep -oh '`[a-z_]*_c[0-9]*`' "$ir"/*.td | tr -d '`' | sort -u)
for label in $labels; do
  if ! grep -q "($label)" "$root/docs/Spec.md"; then
    note_missing constraint "$label" "not in docs/Spec.md"
  elif ! grep -rq --include='invalid*.mlir' "$label" \
    "$root/test/Dialect/CCQ/IR"; then
    note_missing constraint "$label" "no test in test/Dialect/CCQ/IR"
  else
    covered=$((covered + 1))
  fi
done
summary constraints
exit "$failed"
