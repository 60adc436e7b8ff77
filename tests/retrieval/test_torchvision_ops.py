"""torchvision beside a torch that it was not compiled for, each case in a process of its own: operators are declared
for good."""

import subprocess

import pytest

from tests.retrieval.processes import in_new_process as run

MODULE = "from retrieval import torchvision_ops as ops\n"


@pytest.fixture(scope="module")
def after() -> subprocess.CompletedProcess[str]:
    """A process that declares the operators, says whether it had to, and imports what needs them."""
    return run(
        MODULE + "first = ops.declare_missing_operators()\nprint(first)\n"
        "import torchvision\nfrom transformers import BertModel\n"
        # A second call says the same, and does not declare a second time.
        "assert ops.declare_missing_operators() == first"
    )


def test_torchvision_and_transformers_import_after_it(after: subprocess.CompletedProcess[str]) -> None:
    assert (after.returncode, after.stderr) == (0, "")


def test_it_declares_exactly_where_the_extension_does_not_load(after: subprocess.CompletedProcess[str]) -> None:
    """Whichever torchvision is installed here: importing it bare fails if, and only if, the operators have to be
    declared."""
    bare = run("import torchvision")
    assert after.stdout.strip() == str(bare.returncode != 0)
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
