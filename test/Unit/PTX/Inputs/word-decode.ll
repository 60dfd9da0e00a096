; Decodes 16-bit words of a window code as a kernel for coded weights does:
; 128-bit loads, lop3 by inline assembly, funnel shifts, packed half FMAs and
; conversions. out[i] = sum over 8 words of lane i of the 3-bit windows
; (word >> s) & 7 for s = 13, 11, 9, 6, 4, 2, 0, minus 4 each, as f32.
target triple = "nvptx64-nvidia-cuda"

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.fshr.i32(i32, i32, i32)
declare <2 x half> @llvm.fma.v2f16(<2 x half>, <2 x half>, <2 x half>)

define void @word_decode(ptr addrspace(1) noalias readonly align 16 %words, ptr addrspace(1) noalias %out) {
entry:
  %tid = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %p = getelementptr <4 x i32>, ptr addrspace(1) %words, i32 %tid
  %v = load <4 x i32>, ptr addrspace(1) %p, align 16, !invariant.load !1
  br label %loop
loop:
  %k = phi i32 [ 0, %entry ], [ %next, %loop ]
  %sum = phi <2 x half> [ zeroinitializer, %entry ], [ %s6, %loop ]
  %w = extractelement <4 x i32> %v, i32 %k
  %r13 = lshr i32 %w, 13
  %r11 = call i32 @llvm.fshr.i32(i32 %w, i32 %w, i32 11)
  %r9 = lshr i32 %w, 9
  %r6 = lshr i32 %w, 6
  %r4 = lshr i32 %w, 4
  %r2 = lshr i32 %w, 2
  ; (x & 0x00070007) | 0x64006400 is the pair of halves 1024 + window.
  %h13 = call i32 asm "lop3.b32 $0, $1, 0x00070007, 0x64006400, 0xea;", "=r,r"(i32 %r13)
  %h11 = call i32 asm "lop3.b32 $0, $1, 0x00070007, 0x64006400, 0xea;", "=r,r"(i32 %r11)
  %h9 = call i32 asm "{ .reg .b32 t; and.b32 t, $1, 0x00070007; or.b32 $0, t, 0x64006400; }", "=r,r"(i32 %r9)
  %h6 = call i32 asm "{ .reg .b32 t; and.b32 t, $1, 0x00070007; or.b32 $0, t, 0x64006400; }", "=r,r"(i32 %r6)
  %h4 = call i32 asm "lop3.b32 $0, $1, 0x00070007, 0x64006400, 0xea;", "=r,r"(i32 %r4)
  %h2 = call i32 asm "lop3.b32 $0, $1, 0x00070007, 0x64006400, 0xea;", "=r,r"(i32 %r2)
  %h0 = call i32 asm "lop3.b32 $0, $1, 0x00070007, 0x64006400, 0xea;", "=r,r"(i32 %w)
  %f13 = bitcast i32 %h13 to <2 x half>
  %f11 = bitcast i32 %h11 to <2 x half>
  %f9 = bitcast i32 %h9 to <2 x half>
  %f6 = bitcast i32 %h6 to <2 x half>
  %f4 = bitcast i32 %h4 to <2 x half>
  %f2 = bitcast i32 %h2 to <2 x half>
  %f0 = bitcast i32 %h0 to <2 x half>
  %c13 = fsub <2 x half> %f13, <half 1028.0, half 1028.0>
  %c11 = fsub <2 x half> %f11, <half 1028.0, half 1028.0>
  %c9 = fsub <2 x half> %f9, <half 1028.0, half 1028.0>
  %c6 = fsub <2 x half> %f6, <half 1028.0, half 1028.0>
  %c4 = fsub <2 x half> %f4, <half 1028.0, half 1028.0>
  %c2 = fsub <2 x half> %f2, <half 1028.0, half 1028.0>
  %c0 = fsub <2 x half> %f0, <half 1028.0, half 1028.0>
  %s0 = call <2 x half> @llvm.fma.v2f16(<2 x half> %c13, <2 x half> <half 1.0, half 1.0>, <2 x half> %sum)
  %s1 = fadd <2 x half> %s0, %c11
  %s2 = fadd <2 x half> %s1, %c9
  %s3 = fadd <2 x half> %s2, %c6
  %s4 = fadd <2 x half> %s3, %c4
  %s5 = fadd <2 x half> %s4, %c2
  %s6 = fadd <2 x half> %s5, %c0
  %next = add i32 %k, 1
  %more = icmp ult i32 %next, 4
  br i1 %more, label %loop, label %done
done:
  %low = extractelement <2 x half> %s6, i32 0
  %high = extractelement <2 x half> %s6, i32 1
  %lowf = fpext half %low to float
  %highf = fpext half %high to float
  %total = fadd float %lowf, %highf
  %q = getelementptr float, ptr addrspace(1) %out, i32 %tid
  store float %total, ptr addrspace(1) %q
  ret void
}

!nvvm.annotations = !{!0}
!0 = !{ptr @word_decode, !"kernel", i32 1}
!1 = !{}
