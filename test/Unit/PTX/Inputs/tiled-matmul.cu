// C[M, N] = A[M, K] * B[K, N]; A and B are f16, row-major, C is f32. A block of
// four warps computes 32 x 16 elements of C; tiles of K = 16 are copied with
// cp.async into two stages, and multiplied with mma.sync. M is a multiple of 32,
// N and K of 16.
// nvcc -ptx -arch=sm_80 -O3 tiled-matmul.cu
#include <cuda_fp16.h>
#include <cstdint>

static __device__ uint32_t sharedAddress(const void *p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

static __device__ void copy16(void *destination, const void *source) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(
                   sharedAddress(destination)),
               "l"(source));
}

struct Extents {
  int m, n, k;
};

extern "C" __global__ void __launch_bounds__(128)
    tiled_matmul(const __half *a, const __half *b, float *c, Extents extents) {
  __shared__ __align__(16) __half tileA[2][32][16];
  __shared__ __align__(16) __half tileB[2][16][16];
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  int row0 = blockIdx.y * 32, column0 = blockIdx.x * 16;
  auto load = [&](int stage, int k0) {
    if (thread < 64)
      copy16(&tileA[stage][thread / 2][thread % 2 * 8],
             a + (row0 + thread / 2) * extents.k + k0 + thread % 2 * 8);
    else if (thread < 96)
      copy16(&tileB[stage][(thread - 64) / 2][thread % 2 * 8],
             b + (k0 + (thread - 64) / 2) * extents.n + column0 +
                 thread % 2 * 8);
    asm volatile("cp.async.commit_group;");
  };
  float d[4] = {0, 0, 0, 0};
  int warpRow = warp / 2 * 16, warpColumn = warp % 2 * 8;
  load(0, 0);
#pragma unroll 1
  for (int k0 = 0; k0 < extents.k; k0 += 16) {
    int stage = k0 / 16 % 2;
    if (k0 + 16 < extents.k) {
      load(1 - stage, k0 + 16);
      asm volatile("cp.async.wait_group 1;");
    } else {
      asm volatile("cp.async.wait_group 0;");
    }
    __syncthreads();
    uint32_t fa[4], fb[2];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
                 "{%0, %1, %2, %3}, [%4];"
                 : "=r"(fa[0]), "=r"(fa[1]), "=r"(fa[2]), "=r"(fa[3])
                 : "r"(sharedAddress(
                     &tileA[stage][warpRow + lane % 16][lane / 16 * 8])));
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 "
                 "{%0, %1}, [%2];"
                 : "=r"(fb[0]), "=r"(fb[1])
                 : "r"(sharedAddress(&tileB[stage][lane % 16][warpColumn])));
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]), "r"(fb[0]),
                   "r"(fb[1]));
    __syncthreads();
  }
  int row = row0 + warpRow + lane / 4;
  int column = column0 + warpColumn + lane % 4 * 2;
  *reinterpret_cast<float2 *>(c + row * extents.n + column) =
      make_float2(d[0], d[1]);
  *reinterpret_cast<float2 *>(c + (row + 8) * extents.n + column) =
      make_float2(d[2], d[3]);
}
