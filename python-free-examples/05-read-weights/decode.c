//===- decode.c - w2.75, read with the format page alone ----------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

/* Usage: read-weights FILE.safetensors NAME OUT.npy

   Decodes the matrix NAME, coded in w2.75, to float32 [K, N]. Standard C,
   nothing of CCQ, one file. The numbers in brackets are sections of
   docs/Format.md. A little-endian machine is assumed, as files are. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* [3] The constants of the scheme. */
enum {
  weights_per_group = 64,
  bytes_per_group = 22,
  weights_per_byte = 3,
  bias = 8,
  window_mask = 15,
  tail_shift = 4,
  scale_mask = 15
};
static const int shifts[weights_per_byte] = {4, 2, 0};
static const char scheme_text[] =
    "#ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], "
    "tail_shift = 4, scale_bits = 4>";

static void fail(const char *what, const char *name) {
  fprintf(stderr, "read-weights: error: %s %s\n", what, name);
  exit(3);
}

/* A safetensors file: 8 bytes with the length of a JSON header, the header,
   the tensors. */
typedef struct file {
  char *header;
  unsigned char *data;
  uint64_t data_bytes;
} file_t;

static file_t read_file(const char *path) {
  FILE *stream = fopen(path, "rb");
  uint64_t header_bytes = 0;
  if (!stream || fread(&header_bytes, 8, 1, stream) != 1 ||
      header_bytes > 100000000)
    fail("expected a safetensors file, got", path);
  file_t file = {calloc(header_bytes + 1, 1), NULL, 0};
  if (!file.header ||
      fread(file.header, 1, header_bytes, stream) != header_bytes)
    fail("expected a whole header in", path);
  long start = ftell(stream);
  fseek(stream, 0, SEEK_END);
  file.data_bytes = (uint64_t)(ftell(stream) - start);
  fseek(stream, start, SEEK_SET);
  file.data = malloc(file.data_bytes + 1);
  if (!file.data ||
      fread(file.data, 1, file.data_bytes, stream) != file.data_bytes)
    fail("cannot read", path);
  fclose(stream);
  return file;
}

/* What follows the key `PREFIX NAME SUFFIX` in the header, behind the colon.
   Names with characters that JSON escapes are not found. */
static const char *find_value(const file_t *file, const char *prefix,
                              const char *name, const char *suffix) {
  char key[512];
  snprintf(key, sizeof(key), "\"%s%s%s\":", prefix, name, suffix);
  const char *found = strstr(file->header, key);
  if (!found)
    fail("the file has no entry", key);
  return found + strlen(key);
}

/* The bytes of a tensor, of which there are as many as expected. */
static const unsigned char *find_tensor(const file_t *file, const char *name,
                                        const char *suffix,
                                        uint64_t expected_bytes) {
  const char *value = find_value(file, "", name, suffix);
  const char *offsets = strstr(value, "\"data_offsets\":[");
  unsigned long long begin = 0, end = 0;
  if (!offsets ||
      sscanf(offsets, "\"data_offsets\":[%llu,%llu]", &begin, &end) != 2 ||
      begin > end || end > file->data_bytes || end - begin != expected_bytes)
    fail("wrong size of tensor", suffix);
  return file->data + begin;
}

/* [3] One weight W[k, n]. `codes` is [22 * groups, N]. */
static float decode(const unsigned char *codes, const float *super_scale,
                    size_t n_count, size_t k, size_t n) {
  size_t group = k / weights_per_group, i = k % weights_per_group;
  const unsigned char *first = codes + group * bytes_per_group * n_count + n;
  unsigned char tail = first[(bytes_per_group - 1) * n_count];
  int window;
  if (i == weights_per_group - 1)
    window = tail >> tail_shift;
  else
    window =
        first[i / weights_per_byte * n_count] >> shifts[i % weights_per_byte] &
        window_mask;
  /* The scales are multiplied first: it is a rounding that counts. */
  float scale = (float)(tail & scale_mask) * super_scale[n];
  return (float)(window - bias) * scale;
}

static void write_npy(const char *path, const float *weights, size_t k_count,
                      size_t n_count) {
  FILE *stream = fopen(path, "wb");
  if (!stream)
    fail("cannot write", path);
  char text[118];
  int length = snprintf(text, sizeof(text),
                        "{'descr': '<f4', 'fortran_order': False, "
                        "'shape': (%zu, %zu), }",
                        k_count, n_count);
  fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, stream);
  fprintf(stream, "%s%*s\n", text, 117 - length, "");
  if (fwrite(weights, sizeof(float), k_count * n_count, stream) !=
          k_count * n_count ||
      fclose(stream) != 0)
    fail("cannot write", path);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: read-weights FILE.safetensors NAME OUT.npy\n");
    return 2;
  }
  const char *name = argv[2];
  file_t file = read_file(argv[1]);
  /* [9] Version, scheme and shape are in the metadata. */
  if (strncmp(find_value(&file, "ccq.format_version", "", ""), "\"1\"", 3) != 0)
    fail("expected format version 1 in", argv[1]);
  const char *scheme = find_value(&file, "ccq.", name, ".scheme");
  if (strncmp(scheme + 1, scheme_text, strlen(scheme_text)) != 0)
    fail("expected scheme w2.75 of", name);
  size_t k_count = 0, n_count = 0;
  const char *shape = find_value(&file, "ccq.", name, ".shape");
  if (sscanf(shape, "\"%zux%zu\"", &k_count, &n_count) != 2 || k_count == 0 ||
      n_count == 0 || k_count > UINT32_MAX ||
      n_count > UINT32_MAX / sizeof(float))
    fail("expected a shape KxN of", name);

  /* [2] The component tensors. */
  size_t groups = (k_count + weights_per_group - 1) / weights_per_group;
  const unsigned char *codes = find_tensor(
      &file, name, ".codes", (uint64_t)groups * bytes_per_group * n_count);
  float *super_scale = malloc(n_count * sizeof(float));
  float *weights = malloc(k_count * n_count * sizeof(float));
  if (!super_scale || !weights)
    fail("no memory for", name);
  memcpy(super_scale,
         find_tensor(&file, name, ".super_scale", n_count * sizeof(float)),
         n_count * sizeof(float));
  for (size_t k = 0; k < k_count; ++k)
    for (size_t n = 0; n < n_count; ++n)
      weights[k * n_count + n] = decode(codes, super_scale, n_count, k, n);
  write_npy(argv[3], weights, k_count, n_count);
  printf("%s: %zu x %zu, W[0, 0] = %.9g\n", name, k_count, n_count,
         (double)weights[0]);
  free(weights);
  free(super_scale);
  free(file.data);
  free(file.header);
  return 0;
}
