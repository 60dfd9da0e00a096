"""lit configuration of the unit tests: every GoogleTest executable whose name
ends in "Tests" below build/test/Unit, one lit test per test case."""

import os

import lit.formats

config.name = "CCQ-Unit"
config.suffixes = []
config.test_exec_root = os.path.join(config.ccq_binary_root, "test", "Unit")
config.test_source_root = config.test_exec_root
config.test_format = lit.formats.GoogleTest(".", "Tests")
config.environment["LC_ALL"] = "C"
for name in ("CUDA_HOME", "CCQ_TEST_DATA", "TMPDIR", "HOME"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
