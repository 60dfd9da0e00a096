// y = a * x + y on pairs of halves, with a tail of one element.
// nvcc -ptx -arch=sm_80 -O3 half-axpy.cu
#include <cuda_fp16.h>

extern "C" __global__ void half_axpy(float a, const __half *x, __half *y,
                                     int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  __half2 scale = __float2half2_rn(a);
  if (2 * i + 1 < n) {
    const __half2 *x2 = reinterpret_cast<const __half2 *>(x);
    __half2 *y2 = reinterpret_cast<__half2 *>(y);
    y2[i] = __hfma2(scale, x2[i], y2[i]);
  } else if (2 * i < n) {
    y[2 * i] = __hfma(__low2half(scale), x[2 * i], y[2 * i]);
  }
}
