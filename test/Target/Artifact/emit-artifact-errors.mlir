// Every refusal names the op, and leaves no directory behind.

// RUN: rm -rf %t && mkdir -p %t/root && cd %t
// RUN: printf '123' > root/short.bin
// RUN: ln -s /etc/hostname root/link.bin
// RUN: mkdir root/folder.bin
// RUN: ccq-opt --ccq-emit-artifact="path=m.ccq" --split-input-file --verify-diagnostics - < %s
// RUN: ls -A | FileCheck %s --check-prefix=LEFT --match-full-lines --implicit-check-not={{.}}
// LEFT: root

// An existing directory is refused, and replaced only if it is an artifact.
// RUN: echo 'ccq.plan @main dims [] arena affine_map<() -> (0)> {}' > plan.mlir
// RUN: ccq-opt --ccq-emit-artifact=path=m.ccq plan.mlir
// RUN: not ccq-opt --ccq-emit-artifact=path=m.ccq plan.mlir 2>&1 | FileCheck %s --check-prefix=EXISTS
// EXISTS: error: {{.*}}m.ccq: output exists, pass --force to replace it
// RUN: ccq-opt --ccq-emit-artifact="path=m.ccq force=true" plan.mlir
// RUN: not ccq-opt --ccq-emit-artifact="path=root force=true" plan.mlir 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: error: {{.*}}root: expected a directory that is empty or holds plan.json, refusing to delete another one
// RUN: not ccq-opt --ccq-emit-artifact plan.mlir 2>&1 | FileCheck %s --check-prefix=NOPATH
// NOPATH: error: expected the option path=<directory>

// expected-error@below {{expected one ccq.plan, got 0; run ccq-plan first}}
module {}

// -----

// expected-error@below {{expected one ccq.plan, got 2}}
module {
  ccq.plan @a dims [] arena affine_map<() -> (0)> {}
  ccq.plan @b dims [] arena affine_map<() -> (0)> {}
}

// -----

// expected-error@below {{artifact_c4: dimension 'batch': expected it in the shape of an input}}
ccq.plan @main dims ["batch"] arena affine_map<()[s0] -> (0)> {}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func private @k(%e: !ccq.tensor<2x2xf32, #i8>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 2.0], [0x7FC00000, 1.0]]> : tensor<2x2xf32>
  // expected-error@below {{weight 'fc1': weight at k = 1, n = 0: expected a finite number, got nan}}
  %e = ccq.encode %w {name = "fc1"} : tensor<2x2xf32> -> !ccq.tensor<2x2xf32, #i8>
  ccq.launch @k ins(%e : !ccq.tensor<2x2xf32, #i8>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}

// -----

ccq.store @missing "missing.bin" root "root"
func.func private @k(%w: tensor<2xf32>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  // expected-error@below {{weight 'constant_0': store 'missing.bin': cannot open: No such file or directory}}
  %w = ccq.source @missing[0, 8] : tensor<2xf32>
  ccq.launch @k ins(%w : tensor<2xf32>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}

// -----

ccq.store @short "short.bin" root "root"
func.func private @k(%w: tensor<2xi8>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  // expected-error-re@below {{weight 'w': store 'short.bin': {{.*}}short.bin: expected 2 bytes at offset 2, the file has 3}}
  %w = ccq.source @short[2, 2] {name = "w"} : tensor<2xi8>
  ccq.launch @k ins(%w : tensor<2xi8>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}

// -----

ccq.store @link "link.bin" root "root"
func.func private @k(%w: tensor<2xi8>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  // expected-error@below {{store 'link.bin': expected a file inside the store's root, this is a link out of it}}
  %w = ccq.source @link[0, 2] : tensor<2xi8>
  ccq.launch @k ins(%w : tensor<2xi8>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}

// -----

ccq.store @folder "folder.bin" root "root"
func.func private @k(%w: tensor<2xi8>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  // expected-error@below {{store 'folder.bin': expected a regular file}}
  %w = ccq.source @folder[0, 2] : tensor<2xi8>
  ccq.launch @k ins(%w : tensor<2xi8>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}

// -----

ccq.store @any "any.bin" root "nowhere"
func.func private @k(%w: tensor<2xi8>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  // expected-error@below {{store 'any.bin': cannot open its root 'nowhere': No such file or directory}}
  %w = ccq.source @any[0, 2] : tensor<2xi8>
  ccq.launch @k ins(%w : tensor<2xi8>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}

// -----

func.func private @k(%w: tensor<2xi4>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  // expected-error@below {{expected a weight of 8- to 64-bit numbers or booleans, got tensor<2xi4>}}
  %w = arith.constant dense<1> : tensor<2xi4>
  ccq.launch @k ins(%w : tensor<2xi4>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}

// -----

ccq.plan @main dims [] arena affine_map<() -> (0)> {
  // expected-error@below {{expected elements of 8- to 64-bit numbers or booleans, got complex<f32>}}
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xcomplex<f32>>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func private @k(%e: !ccq.tensor<2x2xf32, #i8>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  %c = arith.constant dense<1> : tensor<2x2xi8>
  %s = arith.constant dense<1.0> : tensor<1x2xf16>
  // expected-error@below {{expected a weight: a ccq.source, ccq.dequantize or constant, a ccq.encode of one, or a materialized ccq.decode of that, got ccq.compose}}
  %e = ccq.compose %c, %s : tensor<2x2xi8>, tensor<1x2xf16> -> !ccq.tensor<2x2xf32, #i8>
  ccq.launch @k ins(%e : !ccq.tensor<2x2xf32, #i8>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}

// -----

func.func private @k() -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  ccq.launch @k ins() outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}
// expected-error@below {{expected an object of format so, ptx or cubin, got object}}
ccq.object @o target "cpu:x86-64" kernel @k object entry "k" grid affine_map<() -> (1)> data "ELF"

// -----

func.func private @k(%w: tensor<2xf32>) -> tensor<2xf32> attributes {ccq.kernel}
ccq.plan @main dims [] arena affine_map<() -> (0)> {
  %y = ccq.buffer output "y" shape affine_map<() -> (2)> : tensor<2xf32>
  // expected-error@below {{weight 'constant_0': expected the data of resource 'gone'}}
  %w = arith.constant dense_resource<gone> : tensor<2xf32>
  ccq.launch @k ins(%w : tensor<2xf32>) outs(%y : tensor<2xf32>) scalars affine_map<() -> ()>
}
