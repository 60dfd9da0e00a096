//===- Runtime.h - runs artifacts from C --------------------------*- C -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_C_RUNTIME_H
#define CCQ_C_RUNTIME_H

/// The library libccq_runtime: loads artifacts and runs them on the processor.
/// It needs neither the compiler nor LLVM. All tensors are in host memory; a
/// program with a GPU of its own launches the kernels as docs/Artifact.md says.
///
/// Use: load a module, create a session, bind memory to inputs, run, read the
/// outputs.
///
/// Errors. Functions that can fail return a status. After any but CCQ_STATUS_OK
/// ccq_get_last_error gives the message, and results passed by pointer are
/// untouched. Nothing is printed, no exception leaves the library.
///
/// Ownership. Objects are made by `create` and `load` functions and freed by
/// the `destroy` function of their type, which takes NULL as well. Strings and
/// structures that functions return belong to the object they came from and
/// live as long as it does, unless said otherwise. A session keeps what it
/// needs of its module and pool: they may be destroyed before it.
///
/// Threads. Modules and pools may be used from any number of threads at once.
/// A session is for one thread at a time; different sessions run at the same
/// time, also of one module. Destroying an object while another thread calls a
/// function on it is an error of the caller.

#include "ccq-c/Status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Threads that share the work of runs.
typedef struct ccq_pool ccq_pool_t;
/// An artifact ready to run. Never changes.
typedef struct ccq_module ccq_module_t;
/// Runs of a module, one after another: bound memory and scratch memory.
typedef struct ccq_session ccq_session_t;

/// Element types. All are little endian; the values are never reused.
typedef enum ccq_element_type {
  /// One byte, 0 or 1.
  CCQ_BOOL = 0,
  CCQ_I8 = 1,
  CCQ_U8 = 2,
  CCQ_I16 = 3,
  CCQ_U16 = 4,
  CCQ_I32 = 5,
  CCQ_U32 = 6,
  CCQ_I64 = 7,
  CCQ_U64 = 8,
  CCQ_F16 = 9,
  CCQ_BF16 = 10,
  CCQ_F32 = 11,
  CCQ_F64 = 12
} ccq_element_type_t;

/// Size of an extent that depends on symbolic dimensions.
#define CCQ_DYNAMIC INT64_C(-1)

/// One extent of the shape of an input or output.
typedef struct ccq_extent {
  /// From 0 on, or CCQ_DYNAMIC.
  int64_t size;
  /// For people, and to tell symbolic dimensions apart: `784`, `batch`,
  /// `past + sequence`. Inputs have numbers and names of dimensions only.
  const char *text;
} ccq_extent_t;

/// What a model says about one of its inputs or outputs. Later releases may add
/// members at the end.
typedef struct ccq_port {
  const char *name;
  ccq_element_type_t type;
  size_t rank;
  /// `rank` extents.
  const ccq_extent_t *shape;
} ccq_port_t;

/// A dense tensor in memory, last dimension fastest.
typedef struct ccq_tensor {
  ccq_element_type_t type;
  size_t rank;
  const int64_t *extents;
  void *data;
  size_t size_bytes;
} ccq_tensor_t;

/// Version of the library, for example `0.1.0`. Never fails; any thread.
const char *ccq_get_runtime_version(void);

/// The newest version of plan.json that the library reads. Never fails; any
/// thread.
int ccq_get_newest_plan_version(void);

/// Message of the last call that failed on this thread, empty if there was
/// none: lower case, without full stop, what was expected and then what was
/// found. Valid until the next call on this thread fails. Never fails.
const char *ccq_get_last_error(void);

/// Bytes of one element, 1 to 8; 0 for a value that is no element type. Never
/// fails; any thread.
size_t ccq_get_element_bytes(ccq_element_type_t type);

/// Name of a type as in plan.json, for example `F32`; NULL for a value that is
/// no element type. Never fails; any thread.
const char *ccq_get_element_name(ccq_element_type_t type);

/// Starts threads. The thread that runs a session takes part in the work, so a
/// pool of one starts none; 0 is one per processor that the process may use. If
/// the system refuses threads the pool is smaller. Sessions may share a pool;
/// runs that overlap then take turns, one step at a time.
/// Fails with USAGE for a null pointer and above 1024 threads.
ccq_status_t ccq_pool_create(unsigned thread_count, ccq_pool_t **pool);
void ccq_pool_destroy(ccq_pool_t *pool);

/// Threads that take part in the work, at least 1. Never fails.
unsigned ccq_pool_get_thread_count(const ccq_pool_t *pool);

/// Opens the artifact directory `path`, checks all of it, maps its weights and
/// loads its kernels. `target` is a CPU target that the artifact holds, NULL
/// the best that this processor can run. The files may not change while the
/// module or a session of it lives.
///
/// The kernels are machine code with the rights of the process: load artifacts
/// only from where you would take a program.
///
/// Fails with MALFORMED_INPUT for an artifact that is missing or damaged,
/// UNSUPPORTED for a newer version, MISSING_TOOL when it has no code for this
/// processor, BUDGET without memory, USAGE for a null pointer. The message
/// starts with the path.
ccq_status_t ccq_module_load(const char *path, const char *target,
                             ccq_module_t **module);
void ccq_module_destroy(ccq_module_t *module);

/// The target that runs, for example `cpu:x86-64-v3`. Never fails.
const char *ccq_module_get_target(const ccq_module_t *module);

/// Symbolic dimensions: how many, and the name of one, NULL from the count on.
/// Never fail.
size_t ccq_module_get_dim_count(const ccq_module_t *module);
const char *ccq_module_get_dim_name(const ccq_module_t *module, size_t dim);

/// Inputs and outputs in the order of the model: how many, and what one is,
/// NULL from the count on. Never fail.
size_t ccq_module_get_input_count(const ccq_module_t *module);
size_t ccq_module_get_output_count(const ccq_module_t *module);
const ccq_port_t *ccq_module_get_input(const ccq_module_t *module,
                                       size_t input);
const ccq_port_t *ccq_module_get_output(const ccq_module_t *module,
                                        size_t output);

/// Position of the input or output of a name. Fail with USAGE for an unknown
/// name; the message lists the known ones.
ccq_status_t ccq_module_find_input(const ccq_module_t *module, const char *name,
                                   size_t *input);
ccq_status_t ccq_module_find_output(const ccq_module_t *module,
                                    const char *name, size_t *output);

/// Makes a session without bindings. With NULL for the pool, runs use the
/// calling thread alone. Fails with USAGE for a null module or session.
ccq_status_t ccq_session_create(const ccq_module_t *module, ccq_pool_t *pool,
                                ccq_session_t **session);
void ccq_session_destroy(ccq_session_t *session);

/// Binds memory to an input: elements of `type` in `rank` extents, and as many
/// bytes as these say, which the library only reads. It belongs to the caller
/// and stays valid until another binding or the end of the last run with it;
/// its content may change between runs. Memory that is no multiple of the
/// element size is copied at each run.
/// Whether type and shape fit the model is found out by prepare and run. Fails
/// with USAGE for an index from the count on, a value that is no type, or a
/// null pointer (data of no bytes may be NULL), MALFORMED_INPUT for extents
/// below 0 or of 2^63 bytes and more.
ccq_status_t ccq_session_bind_input(ccq_session_t *session, size_t input,
                                    ccq_element_type_t type, const void *data,
                                    const int64_t *extents, size_t rank);

/// Binds memory to an output, into which runs write. It belongs to the caller,
/// is valid until another binding or the end of the last run with it, and has
/// room for the output, for which ccq_session_get_output gives the size. NULL
/// (the start) binds memory of the session.
/// Fails with USAGE for an index from the count on and for an address that is
/// no multiple of the element size. Prepare and run fail with USAGE when
/// `size_bytes` is less than the output takes, and when the memory overlaps
/// that of an input or another output.
ccq_status_t ccq_session_bind_output(ccq_session_t *session, size_t output,
                                     void *data, size_t size_bytes);

/// Gives the symbolic dimensions the sizes of the bound inputs, checks all
/// bindings, and allocates what a run needs. A run does it where it is needed;
/// call it to learn the shapes of the outputs before, or to have it done in
/// time.
/// Fails with USAGE for an input without binding and as ccq_session_bind_output
/// says, MALFORMED_INPUT for types and shapes that do not fit the model
/// or each other, BUDGET without memory.
ccq_status_t ccq_session_prepare(ccq_session_t *session);

/// Runs the model. Fails as prepare does; a prepared run cannot fail.
/// Numerics: the same bytes for any number of threads. Cost: without a new
/// binding since the last run or prepare, nothing is allocated.
ccq_status_t ccq_session_run(ccq_session_t *session);

/// An output: its shape and size from prepare on, its content from run on. The
/// extents, and data of the session, are valid until the next binding, prepare
/// or destroy; the content until the next run.
/// Fails with USAGE for an index from the count on, a null pointer, and when no
/// prepare or run succeeded since the last binding of an input. Data is NULL
/// when memory bound to the output is smaller than it or overlaps other memory.
ccq_status_t ccq_session_get_output(const ccq_session_t *session, size_t output,
                                    ccq_tensor_t *tensor);

#ifdef __cplusplus
}
#endif

#endif /* CCQ_C_RUNTIME_H */
