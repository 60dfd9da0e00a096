; One warp: loads a 16 x 16 tile of A with ldmatrix, a 16 x 8 tile of B with
; ldmatrix.trans, multiplies them with mma.sync and then sums each row of D with
; shuffles. A is row-major f16, B is row-major f16; out[row] is f32.
target triple = "nvptx64-nvidia-cuda"

@tileA = internal addrspace(3) global [256 x half] undef, align 16
@tileB = internal addrspace(3) global [128 x half] undef, align 16

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.bar.warp.sync(i32)
declare float @llvm.nvvm.shfl.sync.bfly.f32(i32, float, i32, i32)
declare {i32, i32, i32, i32} @llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.b16.p3(ptr addrspace(3))
declare {i32, i32} @llvm.nvvm.ldmatrix.sync.aligned.m8n8.x2.trans.b16.p3(ptr addrspace(3))
declare {float, float, float, float} @llvm.nvvm.mma.m16n8k16.row.col.f32.f32(
  <2 x half>, <2 x half>, <2 x half>, <2 x half>, <2 x half>, <2 x half>,
  float, float, float, float)

define void @warp_product(ptr addrspace(1) %a, ptr addrspace(1) %b, ptr addrspace(1) %out) {
entry:
  %tid = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  ; 16 bytes of A twice, 8 bytes of B once per lane.
  %sa = getelementptr <4 x i32>, ptr addrspace(1) %a, i32 %tid
  %da = getelementptr <4 x i32>, ptr addrspace(3) @tileA, i32 %tid
  %va = load <4 x i32>, ptr addrspace(1) %sa
  store <4 x i32> %va, ptr addrspace(3) %da
  %sb = getelementptr <2 x i32>, ptr addrspace(1) %b, i32 %tid
  %db = getelementptr <2 x i32>, ptr addrspace(3) @tileB, i32 %tid
  %vb = load <2 x i32>, ptr addrspace(1) %sb
  store <2 x i32> %vb, ptr addrspace(3) %db
  call void @llvm.nvvm.bar.warp.sync(i32 -1)
  ; Lanes 0-15 address rows 0-15 of columns 0-7, lanes 16-31 of columns 8-15.
  %row = and i32 %tid, 15
  %right = lshr i32 %tid, 4
  %column = shl i32 %right, 3
  %offset = shl i32 %row, 4
  %element = or i32 %offset, %column
  %pa = getelementptr half, ptr addrspace(3) @tileA, i32 %element
  %fa = call {i32, i32, i32, i32} @llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.b16.p3(ptr addrspace(3) %pa)
  %boffset = shl i32 %row, 3
  %pb = getelementptr half, ptr addrspace(3) @tileB, i32 %boffset
  %fb = call {i32, i32} @llvm.nvvm.ldmatrix.sync.aligned.m8n8.x2.trans.b16.p3(ptr addrspace(3) %pb)
  %a0 = extractvalue {i32, i32, i32, i32} %fa, 0
  %a1 = extractvalue {i32, i32, i32, i32} %fa, 1
  %a2 = extractvalue {i32, i32, i32, i32} %fa, 2
  %a3 = extractvalue {i32, i32, i32, i32} %fa, 3
  %b0 = extractvalue {i32, i32} %fb, 0
  %b1 = extractvalue {i32, i32} %fb, 1
  %ha0 = bitcast i32 %a0 to <2 x half>
  %ha1 = bitcast i32 %a1 to <2 x half>
  %ha2 = bitcast i32 %a2 to <2 x half>
  %ha3 = bitcast i32 %a3 to <2 x half>
  %hb0 = bitcast i32 %b0 to <2 x half>
  %hb1 = bitcast i32 %b1 to <2 x half>
  %d = call {float, float, float, float} @llvm.nvvm.mma.m16n8k16.row.col.f32.f32(
    <2 x half> %ha0, <2 x half> %ha1, <2 x half> %ha2, <2 x half> %ha3,
    <2 x half> %hb0, <2 x half> %hb1, float 0.0, float 0.0, float 0.0, float 0.0)
  %d0 = extractvalue {float, float, float, float} %d, 0
  %d1 = extractvalue {float, float, float, float} %d, 1
  %d2 = extractvalue {float, float, float, float} %d, 2
  %d3 = extractvalue {float, float, float, float} %d, 3
  %upper = fadd float %d0, %d1
  %lower = fadd float %d2, %d3
  %upper1 = call float @llvm.nvvm.shfl.sync.bfly.f32(i32 -1, float %upper, i32 1, i32 31)
  %lower1 = call float @llvm.nvvm.shfl.sync.bfly.f32(i32 -1, float %lower, i32 1, i32 31)
  %upper2 = fadd float %upper, %upper1
  %lower2 = fadd float %lower, %lower1
  %upper3 = call float @llvm.nvvm.shfl.sync.bfly.f32(i32 -1, float %upper2, i32 2, i32 31)
  %lower3 = call float @llvm.nvvm.shfl.sync.bfly.f32(i32 -1, float %lower2, i32 2, i32 31)
  %upper4 = fadd float %upper2, %upper3
  %lower4 = fadd float %lower2, %lower3
  %part = and i32 %tid, 3
  %writes = icmp eq i32 %part, 0
  br i1 %writes, label %write, label %done
write:
  %group = lshr i32 %tid, 2
  %low = add i32 %group, 8
  %p0 = getelementptr float, ptr addrspace(1) %out, i32 %group
  %p1 = getelementptr float, ptr addrspace(1) %out, i32 %low
  store float %upper4, ptr addrspace(1) %p0
  store float %lower4, ptr addrspace(1) %p1
  br label %done
done:
  ret void
}

!nvvm.annotations = !{!0}
!0 = !{ptr @warp_product, !"kernel", i32 1}
