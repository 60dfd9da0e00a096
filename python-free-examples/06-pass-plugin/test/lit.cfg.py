"""lit configuration of the plugin's tests.

Run: lit.py -Dplugin=PLUGIN.so -Dpath=FOLDERS -Dexec=FOLDER test
where FOLDERS, separated by colons, hold ccq-opt, FileCheck and not.
"""

import os

import lit.formats

config.name = "RequireCodedWeights"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = lit_config.params["exec"]
config.environment["PATH"] = os.pathsep.join(
    [lit_config.params["path"], config.environment.get("PATH", "")]
)
config.substitutions.append(("%plugin", lit_config.params["plugin"]))
