//===- Module.cpp - artifacts in the C interface --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handles.h"

using namespace ccq;
using namespace ccq::artifact;
using ccq::capi::PortText;

capi::PortText::PortText(const Plan &plan, const PlanBuffer &buffer) {
  for (const Expression &extent : buffer.shape)
    texts.push_back(extent.print(plan.dims));
  for (size_t i = 0; i < texts.size(); ++i)
    extents.push_back({buffer.shape[i].findConstant().value_or(CCQ_DYNAMIC),
                       texts[i].c_str()});
  port = {buffer.name.c_str(), ccq_element_type_t(buffer.type), extents.size(),
          extents.data()};
}

ccq_module::ccq_module(runtime::Model loaded)
    : model(std::move(loaded)), target(model.target()) {
  const Plan &plan = model.plan();
  for (unsigned index : plan.inputs)
    inputs.push_back(std::make_unique<PortText>(plan, plan.buffers[index]));
  for (unsigned index : plan.outputs)
    outputs.push_back(std::make_unique<PortText>(plan, plan.buffers[index]));
}

ccq_status_t ccq_module_load(const char *path, const char *target,
                             ccq_module_t **module) {
  if (!path || !module)
    return capi::failUsage(
        "expected a path and a place for the module, got NULL");
  runtime::LoadOptions options;
  if (target)
    options.target = target;
  Result<runtime::Model> model = runtime::Model::tryLoad(path, options);
  if (!model)
    return capi::fail(model.error());
  *module = new ccq_module(*std::move(model));
  return CCQ_STATUS_OK;
}

void ccq_module_destroy(ccq_module_t *module) { delete module; }

const char *ccq_module_get_target(const ccq_module_t *module) {
  return module->target.c_str();
}

size_t ccq_module_get_dim_count(const ccq_module_t *module) {
  return module->model.plan().dims.size();
}

const char *ccq_module_get_dim_name(const ccq_module_t *module, size_t dim) {
  const std::vector<std::string> &dims = module->model.plan().dims;
  return dim < dims.size() ? dims[dim].c_str() : nullptr;
}

using Ports = std::vector<std::unique_ptr<PortText>>;

static const ccq_port_t *getPort(const Ports &ports, size_t index) {
  return index < ports.size() ? &ports[index]->port : nullptr;
}

static ccq_status_t findPort(const Ports &ports, const char *kind,
                             const char *name, size_t *index) {
  if (!name || !index)
    return capi::failUsage(
        "expected a name and a place for the position, got NULL");
  std::string names;
  for (size_t i = 0; i < ports.size(); ++i) {
    if (std::string_view(ports[i]->port.name) == name) {
      *index = i;
      return CCQ_STATUS_OK;
    }
    names +=
        std::string(names.empty() ? "'" : ", '") + ports[i]->port.name + "'";
  }
  return capi::failUsage(std::string("unknown ") + kind + " '" + name +
                         "', the model has " +
                         (names.empty() ? "none" : names));
}

size_t ccq_module_get_input_count(const ccq_module_t *module) {
  return module->inputs.size();
}

size_t ccq_module_get_output_count(const ccq_module_t *module) {
  return module->outputs.size();
}

const ccq_port_t *ccq_module_get_input(const ccq_module_t *module,
                                       size_t input) {
  return getPort(module->inputs, input);
}

const ccq_port_t *ccq_module_get_output(const ccq_module_t *module,
                                        size_t output) {
  return getPort(module->outputs, output);
}

ccq_status_t ccq_module_find_input(const ccq_module_t *module, const char *name,
                                   size_t *input) {
  return findPort(module->inputs, "input", name, input);
}

ccq_status_t ccq_module_find_output(const ccq_module_t *module,
                                    const char *name, size_t *output) {
  return findPort(module->outputs, "output", name, output);
}
