// Sums n values per block: grid-stride loop, warp shuffles, shared memory.
// nvcc -ptx -arch=sm_80 -O3 warp-reduction.cu
extern "C" __global__ void warp_reduction(const float *__restrict__ in,
                                          float *out, int n) {
  __shared__ float partial[32];
  float sum = 0.0f;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    sum += in[i];
  for (int offset = 16; offset > 0; offset /= 2)
    sum += __shfl_down_sync(0xffffffffu, sum, offset);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  if (lane == 0)
    partial[warp] = sum;
  __syncthreads();
  if (warp != 0)
    return;
  sum = lane < blockDim.x / 32 ? partial[lane] : 0.0f;
  for (int offset = 16; offset > 0; offset /= 2)
    sum += __shfl_down_sync(0xffffffffu, sum, offset);
  if (lane == 0)
    atomicAdd(out, sum);
}
