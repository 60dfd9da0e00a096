//===- runtime.c - every function of ccq-c/Runtime.h --------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq-c/Runtime.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Calls of malloc in this process, the library included. */
static size_t allocation_count;
void *__libc_malloc(size_t size);
void *malloc(size_t size) {
  __atomic_add_fetch(&allocation_count, 1, __ATOMIC_RELAXED);
  return __libc_malloc(size);
}

static void expect(int holds, const char *what, int line) {
  if (holds)
    return;
  fprintf(stderr, "line %d: %s\nlast error: %s\n", line, what,
          ccq_get_last_error());
  exit(1);
}
#define EXPECT(condition) expect(condition, #condition, __LINE__)
#define EXPECT_OK(call) expect((call) == CCQ_STATUS_OK, #call, __LINE__)

/* Prints the status and message of a call that has to fail. */
#define SHOW_FAILURE(call)                                                     \
  do {                                                                         \
    int status = (call);                                                       \
    EXPECT(status != CCQ_STATUS_OK);                                           \
    printf("%d: %s\n", status, ccq_get_last_error());                          \
  } while (0)

static void print_port(const char *kind, const ccq_port_t *port) {
  printf("%s %s: %s[", kind, port->name, ccq_get_element_name(port->type));
  for (size_t i = 0; i < port->rank; ++i)
    printf("%s%s=%lld", i == 0 ? "" : ", ", port->shape[i].text,
           (long long)port->shape[i].size);
  printf("]\n");
}

static void introspect(const ccq_module_t *module) {
  printf("runtime %s, plans up to version %d\n", ccq_get_runtime_version(),
         ccq_get_newest_plan_version());
  printf("target %s\n", ccq_module_get_target(module));
  EXPECT(ccq_module_get_dim_count(module) == 1);
  printf("dimension %s\n", ccq_module_get_dim_name(module, 0));
  EXPECT(ccq_module_get_dim_name(module, 1) == NULL);
  for (size_t i = 0; i < ccq_module_get_input_count(module); ++i)
    print_port("input", ccq_module_get_input(module, i));
  for (size_t i = 0; i < ccq_module_get_output_count(module); ++i)
    print_port("output", ccq_module_get_output(module, i));
  EXPECT(ccq_module_get_input(module, 2) == NULL);
  EXPECT(ccq_module_get_output(module, 1) == NULL);
  size_t index = 7;
  EXPECT_OK(ccq_module_find_input(module, "b", &index));
  EXPECT(index == 1);
  EXPECT_OK(ccq_module_find_output(module, "sum", &index));
  EXPECT(index == 0);
  SHOW_FAILURE(ccq_module_find_input(module, "c", &index));
  SHOW_FAILURE(ccq_module_find_output(module, "a", &index));
  SHOW_FAILURE(ccq_module_find_output(module, NULL, &index));
  EXPECT(index == 0);
  EXPECT(ccq_get_element_bytes(CCQ_F16) == 2);
  EXPECT(ccq_get_element_bytes((ccq_element_type_t)99) == 0);
  EXPECT(ccq_get_element_name((ccq_element_type_t)99) == NULL);
}

static const int64_t vector_extents[] = {2};

static void bind_b(ccq_session_t *session, const float *b) {
  EXPECT_OK(ccq_session_bind_input(session, 1, CCQ_F32, b, vector_extents, 1));
}

static void run_any_size(const ccq_module_t *module, ccq_pool_t *pool) {
  ccq_session_t *session = NULL;
  EXPECT_OK(ccq_session_create(module, pool, &session));
  const float b[] = {10, 20};
  bind_b(session, b);
  for (int64_t batch = 0; batch < 40; batch += 13) {
    const int64_t extents[] = {batch, 2};
    float a[80];
    for (int i = 0; i < 80; ++i)
      a[i] = (float)i;
    EXPECT_OK(ccq_session_bind_input(session, 0, CCQ_F32, a, extents, 2));
    EXPECT_OK(ccq_session_run(session));
    ccq_tensor_t sum;
    EXPECT_OK(ccq_session_get_output(session, 0, &sum));
    EXPECT(sum.type == CCQ_F32 && sum.rank == 2);
    EXPECT(sum.extents[0] == batch && sum.extents[1] == 2);
    EXPECT(sum.size_bytes == (size_t)batch * 2 * sizeof(float));
    for (int64_t i = 0; i < 2 * batch; ++i)
      EXPECT(((const float *)sum.data)[i] == a[i] + b[i % 2]);
  }
  ccq_session_destroy(session);
}

/* Memory of the caller on both sides: its content changes between runs, which
   allocate nothing; the shape of the output is known before the first. */
static void run_in_place(const ccq_module_t *module) {
  ccq_session_t *session = NULL;
  EXPECT_OK(ccq_session_create(module, NULL, &session));
  const int64_t extents[] = {1, 2};
  /* One byte off: the library copies it at each run. */
  unsigned char bytes[2 * sizeof(float) + 1];
  const float b[] = {10, 20};
  float sum[2] = {0, 0};
  bind_b(session, b);
  EXPECT_OK(ccq_session_bind_input(session, 0, CCQ_F32, bytes + 1, extents, 2));
  EXPECT_OK(ccq_session_prepare(session));
  ccq_tensor_t output;
  EXPECT_OK(ccq_session_get_output(session, 0, &output));
  EXPECT(output.size_bytes == sizeof(sum) && output.data != NULL);
  EXPECT_OK(ccq_session_bind_output(session, 0, sum, sizeof(sum)));
  EXPECT_OK(ccq_session_prepare(session));
  size_t before = allocation_count;
  for (int step = 0; step < 100; ++step) {
    const float a[] = {(float)step, 1};
    memcpy(bytes + 1, a, sizeof(a));
    EXPECT_OK(ccq_session_run(session));
    EXPECT(sum[0] == (float)step + 10 && sum[1] == 21);
  }
  EXPECT(allocation_count == before);
  EXPECT_OK(ccq_session_get_output(session, 0, &output));
  EXPECT(output.data == sum);
  ccq_session_destroy(session);
}

static void refuse_bindings(const ccq_module_t *module) {
  ccq_session_t *session = NULL;
  EXPECT_OK(ccq_session_create(module, NULL, &session));
  const int64_t extents[] = {1, 2}, negative[] = {-1, 2};
  float a[2] = {1, 2}, b[2] = {10, 20}, sum[3];
  ccq_tensor_t output;
  SHOW_FAILURE(ccq_session_run(session));
  SHOW_FAILURE(ccq_session_get_output(session, 0, &output));
  SHOW_FAILURE(ccq_session_get_output(session, 1, &output));
  SHOW_FAILURE(ccq_session_get_output(session, 0, NULL));
  SHOW_FAILURE(ccq_session_bind_input(session, 2, CCQ_F32, a, extents, 2));
  SHOW_FAILURE(ccq_session_bind_input(session, 0, (ccq_element_type_t)13, a,
                                      extents, 2));
  SHOW_FAILURE(ccq_session_bind_input(session, 0, CCQ_F32, a, negative, 2));
  SHOW_FAILURE(ccq_session_bind_input(session, 0, CCQ_F32, a, NULL, 2));
  SHOW_FAILURE(ccq_session_bind_input(session, 0, CCQ_F32, NULL, extents, 2));
  bind_b(session, b);
  EXPECT_OK(ccq_session_bind_input(session, 0, CCQ_F64, a, extents, 1));
  SHOW_FAILURE(ccq_session_run(session));
  EXPECT_OK(ccq_session_bind_input(session, 0, CCQ_F32, a, extents, 1));
  SHOW_FAILURE(ccq_session_run(session));
  EXPECT_OK(ccq_session_bind_input(session, 0, CCQ_F32, a, extents, 2));
  SHOW_FAILURE(ccq_session_bind_output(session, 1, sum, sizeof(sum)));
  SHOW_FAILURE(ccq_session_bind_output(session, 0, (char *)sum + 1, 8));
  EXPECT_OK(ccq_session_bind_output(session, 0, sum, sizeof(sum[0])));
  SHOW_FAILURE(ccq_session_run(session));
  EXPECT_OK(ccq_session_get_output(session, 0, &output));
  EXPECT(output.size_bytes == 8 && output.data == NULL);
  EXPECT_OK(ccq_session_bind_output(session, 0, b, sizeof(b)));
  SHOW_FAILURE(ccq_session_run(session));
  EXPECT_OK(ccq_session_bind_output(session, 0, NULL, 0));
  EXPECT_OK(ccq_session_run(session));
  ccq_session_destroy(session);
}

static void refuse_objects(const ccq_module_t *module, const char *path) {
  ccq_module_t *other = NULL;
  ccq_pool_t *pool = NULL;
  ccq_session_t *session = NULL;
  SHOW_FAILURE(ccq_module_load("missing.ccq", NULL, &other));
  SHOW_FAILURE(ccq_module_load(path, "cpu:x86-64-v3", &other));
  SHOW_FAILURE(ccq_module_load(NULL, NULL, &other));
  SHOW_FAILURE(ccq_pool_create(1025, &pool));
  SHOW_FAILURE(ccq_pool_create(1, NULL));
  SHOW_FAILURE(ccq_session_create(module, NULL, NULL));
  SHOW_FAILURE(ccq_session_create(NULL, NULL, &session));
  EXPECT(!other && !pool && !session);
  ccq_module_destroy(NULL);
  ccq_pool_destroy(NULL);
  ccq_session_destroy(NULL);
}

typedef struct worker {
  const ccq_module_t *modules[2];
  ccq_pool_t *pool;
} worker_t;

/* Sessions of two modules on one pool, beside those of other threads. */
static void *work(void *argument) {
  const worker_t *worker = argument;
  EXPECT(ccq_get_last_error()[0] == 0);
  for (int i = 0; i < 50; ++i)
    run_any_size(worker->modules[i % 2], worker->pool);
  size_t index;
  EXPECT(ccq_module_find_input(worker->modules[0], "c", &index) ==
         CCQ_STATUS_USAGE);
  return NULL;
}

int main(int argc, char **argv) {
  EXPECT(argc == 2);
  ccq_module_t *module = NULL, *second = NULL;
  ccq_pool_t *pool = NULL;
  EXPECT_OK(ccq_module_load(argv[1], NULL, &module));
  EXPECT_OK(ccq_module_load(argv[1], "cpu:x86-64", &second));
  EXPECT_OK(ccq_pool_create(3, &pool));
  EXPECT(ccq_pool_get_thread_count(pool) >= 1);
  introspect(module);
  run_any_size(module, pool);
  run_in_place(module);
  refuse_bindings(module);
  refuse_objects(module, argv[1]);

  pthread_t threads[4];
  worker_t worker = {{module, second}, pool};
  for (int i = 0; i < 4; ++i)
    EXPECT(pthread_create(&threads[i], NULL, work, &worker) == 0);
  for (int i = 0; i < 4; ++i)
    EXPECT(pthread_join(threads[i], NULL) == 0);

  /* A session outlives what it was made from. */
  ccq_session_t *session = NULL;
  EXPECT_OK(ccq_session_create(module, pool, &session));
  ccq_module_destroy(module);
  ccq_module_destroy(second);
  ccq_pool_destroy(pool);
  const float a[] = {1, 2}, b[] = {10, 20};
  const int64_t extents[] = {1, 2};
  bind_b(session, b);
  EXPECT_OK(ccq_session_bind_input(session, 0, CCQ_F32, a, extents, 2));
  EXPECT_OK(ccq_session_run(session));
  ccq_session_destroy(session);
  puts("done");
  return 0;
}
