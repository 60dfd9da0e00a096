; out[block] = sum of in[block * 128 ... block * 128 + 127], by a tree in shared
; memory with a barrier per level.
target triple = "nvptx64-nvidia-cuda"

@partial = internal addrspace(3) global [128 x float] undef, align 16

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare void @llvm.nvvm.barrier0()

define void @block_reduction(ptr addrspace(1) %in, ptr addrspace(1) %out) {
entry:
  %tid = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %base = shl i32 %block, 7
  %i = add i32 %base, %tid
  %source = getelementptr float, ptr addrspace(1) %in, i32 %i
  %value = load float, ptr addrspace(1) %source
  %mine = getelementptr [128 x float], ptr addrspace(3) @partial, i32 0, i32 %tid
  store float %value, ptr addrspace(3) %mine
  call void @llvm.nvvm.barrier0()
  br label %level
level:
  %width = phi i32 [ 64, %entry ], [ %half, %meet ]
  %adds = icmp ult i32 %tid, %width
  br i1 %adds, label %add, label %meet
add:
  %other = add i32 %tid, %width
  %theirs = getelementptr [128 x float], ptr addrspace(3) @partial, i32 0, i32 %other
  %x = load float, ptr addrspace(3) %mine
  %y = load float, ptr addrspace(3) %theirs
  %sum = fadd float %x, %y
  store float %sum, ptr addrspace(3) %mine
  br label %meet
meet:
  call void @llvm.nvvm.barrier0()
  %half = lshr i32 %width, 1
  %more = icmp ugt i32 %width, 1
  br i1 %more, label %level, label %finish
finish:
  %first = icmp eq i32 %tid, 0
  br i1 %first, label %write, label %done
write:
  %total = load float, ptr addrspace(3) @partial
  %target = getelementptr float, ptr addrspace(1) %out, i32 %block
  store float %total, ptr addrspace(1) %target
  br label %done
done:
  ret void
}

!nvvm.annotations = !{!0}
!0 = !{ptr @block_reduction, !"kernel", i32 1}
