// RUN: ccq-opt --ccq-rebase-stores="from=/data/models to=/data/out/a" < %s | FileCheck %s
// RUN: ccq-opt --ccq-rebase-stores="from=models to=." < %s | FileCheck %s --check-prefix=UP
// RUN: ccq-opt --ccq-rebase-stores="from=/data/models to=/data/out" < %s \
// RUN:   | ccq-opt --ccq-rebase-stores="from=/data/out to=/data/./x/../models" | FileCheck %s --check-prefix=BACK
// RUN: not ccq-opt %s --ccq-rebase-stores="from=/data to=out" 2>&1 | FileCheck %s --check-prefix=MIXED
// RUN: not ccq-opt %s --ccq-rebase-stores="from=models to=../out" 2>&1 | FileCheck %s --check-prefix=ABOVE

// CHECK: ccq.store @model "mlp.onnx" root "../../models"
// UP: ccq.store @model "mlp.onnx" root "models"
// There and back again gives the text of the beginning: no root at all.
// BACK: ccq.store @model "mlp.onnx"{{$}}
// MIXED: error: expected directories that are both absolute or both relative, got from="/data" and to="out"
// ABOVE: error: cannot tell the path from "../out" to "models/."; pass absolute directories
ccq.store @model "mlp.onnx"
// CHECK: ccq.store @side "w.bin" root "../../side"
// UP: ccq.store @side "w.bin" root "side"
ccq.store @side "w.bin" root "../side"
