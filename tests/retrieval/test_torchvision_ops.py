"""torchvision beside a torch that it was not compiled for, each case in a process of its own: operators are declared
for good."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

MODULE = "from retrieval import torchvision_ops as ops\n"


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_torchvision_and_transformers_import_after_it() -> None:
    done = run(
        MODULE + "first = ops.declare_missing_operators()\nimport torchvision\nfrom transformers import BertModel\n"
        # A second call says the same, and does not declare a second time.
        "assert ops.declare_missing_operators() == first"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_declares_exactly_where_the_extension_does_not_load() -> None:
    """Whichever torchvision is installed here: importing it bare fails if, and only if, the operators have to be
    declared."""
    bare = run("import torchvision")
    declared = run(MODULE + "print(ops.declare_missing_operators())").stdout.strip()
    assert declared == str(bare.returncode != 0)
    assert bare.returncode == 0 or "torchvision::nms does not exist" in bare.stderr


def test_where_the_extension_loads_nothing_is_declared() -> None:
    done = run(
        MODULE + "import torch\nops._loads = lambda extension: True\nprint(ops.declare_missing_operators())\n"
        "print(hasattr(torch.ops.torchvision, 'nms'))"
    )
    assert done.stdout.split() == ["False", "False"]


def test_without_torchvision_nothing_happens() -> None:
    code = MODULE + "import sys\nops._extension = lambda: None\n"
    done = run(code + "print(ops.declare_missing_operators(), 'torch' in sys.modules)")
    assert done.stdout.split() == ["False", "False"]


def test_calling_a_declared_operator_is_an_error_and_not_a_wrong_answer() -> None:
    done = run(
        MODULE + "import torch\nops._loads = lambda extension: False\nops.declare_missing_operators()\n"
        "torch.ops.torchvision.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)"
    )
    assert done.returncode != 0
    assert "NotImplementedError" in done.stderr
