// out[i] = softmax-like use of the elementary functions, with library calls
// inlined: exp, log, tanh, erf, division, square root, sine.
// nvcc -ptx -arch=sm_80 -O3 elementary-functions.cu
extern "C" __global__ void elementary_functions(const float *in, float *out,
                                                int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  float x = in[i];
  float *o = out + 8 * i;
  o[0] = expf(x);
  o[1] = logf(fabsf(x) + 0.5f);
  o[2] = tanhf(x);
  o[3] = erff(x);
  o[4] = 1.0f / (x * x + 0.25f);
  o[5] = sqrtf(fabsf(x));
  o[6] = sinf(x);
  o[7] = rsqrtf(x * x + 1.0f);
}
