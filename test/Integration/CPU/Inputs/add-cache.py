"""Gives the shared stories260K model key and value caches.

Usage: add-cache.py < model.textproto > cached.textproto

Reads and writes the text that `protoc --decode=onnx.ModelProto` prints. The
model repeats its key and value heads with Unsqueeze (axis 2), Expand and Reshape;
in front of each Unsqueeze goes a Concat with a new input past_<i>, whose result
is the output present_<i>. Rotary tables and mask are cut from the length of the
past on, and the repeats grow by it.
"""

import re
import sys

NEW_NODES = """
  node { input: "past_0" output: "past_shape" op_type: "Shape" name: "past_shape" }
  node { input: "past_shape" input: "past_axis" output: "past_length" op_type: "Gather" name: "past_length" attribute { name: "axis" i: 0 type: INT } }
  node { input: "past_length" input: "unsqueeze_5" output: "total_length" op_type: "Add" name: "total_length" }
"""
PAST_AXIS = '  initializer { name: "past_axis" data_type: 7 dims: 1 int64_data: 2 }\n'


def inputs_of(node):
    return re.findall(r'^    input: "([^"]*)"', node, re.M)


def rename_input(node, index, name):
    """The node with its index-th input replaced."""
    matches = list(re.finditer(r'^    input: "([^"]*)"', node, re.M))
    start, end = matches[index].span(1)
    return node[:start] + name + node[end:]


def tensor(kind, name, length):
    dims = "".join(f" dim {{ {d} }}" for d in (
        'dim_param: "batch"', "dim_value: 4", f'dim_param: "{length}"', "dim_value: 8"))
    return (f'  {kind} {{ name: "{name}" type {{ tensor_type {{ elem_type: 1 '
            f"shape {{{dims} }} }} }} }}\n")


def add_cache(node, i):
    """The Unsqueeze behind a Concat of the past and what it read."""
    source = inputs_of(node)[0]
    concat = (f'  node {{ input: "past_{i}" input: "{source}" output: "present_{i}" '
              f'op_type: "Concat" name: "present_{i}" '
              'attribute { name: "axis" i: 2 type: INT } }\n')
    return concat + rename_input(node, 0, f"present_{i}")


def change(node, caches):
    op = re.search(r'^    op_type: "(\w+)"', node, re.M).group(1)
    inputs = inputs_of(node)
    if op == "Unsqueeze" and inputs[1] == "ax2":
        caches.append(len(caches))
        return add_cache(node, caches[-1])
    if op == "Slice" and inputs[0] in ("rope_cos", "rope_sin", "causal"):
        return rename_input(rename_input(node, 1, "past_length"), 2, "total_length")
    if op == "Slice" and inputs[3] == "ax1":
        return rename_input(node, 2, "total_length")
    if op == "Concat" and len(inputs) == 4 and re.match("[ef]", inputs[1]):
        return rename_input(node, 2, "total_length")
    return node


def main():
    text, caches = sys.stdin.read(), []
    parts = re.split(r"(^  node \{\n.*?^  \}\n)", text, flags=re.M | re.S)
    parts[1::2] = [change(node, caches) for node in parts[1::2]]
    # The nodes that compute the lengths go in front, the tensors to the end.
    parts[1] = NEW_NODES + parts[1]
    tensors = PAST_AXIS
    for i in caches:
        tensors += tensor("input", f"past_{i}", "past")
        tensors += tensor("output", f"present_{i}", "total")
    print(re.sub(r"^}\n(?=opset_import)", lambda end: tensors + end.group(),
                 "".join(parts), flags=re.M), end="")
    assert len(caches) == 10, len(caches)


if __name__ == "__main__":
    main()
