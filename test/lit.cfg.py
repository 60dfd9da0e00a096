"""lit configuration of CCQ: substitutions, features, formats.

Features name what a machine has (ptxas, nvdisasm, avx2, avx512vnni, shared
data); tests that need one say REQUIRES, and test/run.sh prints how many tests
each missing feature leaves out.
"""

import os
import shutil
import sys

import lit.formats

config.name = "CCQ"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".onnxtxt"]
config.excludes = ["Inputs", "CMakeLists.txt", "Conformance", "lib"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.ccq_binary_root, "test")

path = [
    os.path.join(config.ccq_binary_root, "bin"),
    config.llvm_tools_dir,
    config.environment.get("PATH", ""),
]
config.environment["PATH"] = os.pathsep.join(path)
config.environment["LC_ALL"] = "C"
for name in ("CUDA_HOME", "CCQ_TEST_DATA"):
    if name in os.environ:
        config.environment[name] = os.environ[name]


def find_shared_data():
    """Test inputs that are not part of this repository, if they are here."""
    data = os.environ.get("CCQ_TEST_DATA") or os.path.join(
        config.ccq_source_root, "..", "shared", "data"
    )
    return os.path.realpath(data) if os.path.isdir(data) else None


def find_ptxas():
    """ptxas from CUDA_HOME or PATH; Debian main does not carry it."""
    home = os.environ.get("CUDA_HOME", "/usr/local/cuda")
    in_home = os.path.join(home, "bin", "ptxas")
    return in_home if os.access(in_home, os.X_OK) else shutil.which("ptxas")


data = find_shared_data()
if data:
    config.available_features.add("shared-data")
    config.substitutions.append(("%data", data))
ptxas = find_ptxas()
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))
    if os.access(os.path.join(os.path.dirname(ptxas), "nvdisasm"), os.X_OK):
        config.available_features.add("nvdisasm")
if shutil.which("pkg-config"):
    config.available_features.add("pkg-config")
try:
    with open("/proc/cpuinfo") as info:
        flags = set(info.read().split())
except OSError:
    flags = set()
for flag, feature in (
    ("avx2", "avx2"),
    ("avx512bw", "avx512bw"),
    ("avx512_vnni", "avx512vnni"),
):
    if flag in flags:
        config.available_features.add(feature)

# %onnx turns a textproto into a binary model: `%onnx %s > %t.onnx`.
onnx_proto_dir = "/usr/include"
config.substitutions += [
    (
        "%onnx",
        "protoc --proto_path=%s --encode=onnx.ModelProto onnx/onnx.proto <"
        % onnx_proto_dir,
    ),
    # The same for one tensor: `%encode_tensor %s > %t.pb`.
    (
        "%encode_tensor",
        "protoc --proto_path=%s --encode=onnx.TensorProto onnx/onnx.proto <"
        % onnx_proto_dir,
    ),
    # `%exit 3 ccq ...` passes when the exit status is 3.
    ("%exit", "sh %s/test/lib/expect-exit.sh" % config.ccq_source_root),
    ("%src_root", config.ccq_source_root),
    ("%bin_root", config.ccq_binary_root),
    ("%llvm_tools_dir", config.llvm_tools_dir),
    # lit itself, for tests of projects that have tests.
    ("%lit_program", os.path.abspath(sys.argv[0])),
    ("%cxx", config.cxx),
    ("%cc", config.cc),
]
