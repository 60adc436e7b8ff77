"""The frame of the command line: start-up, help, exit codes, errors, plug-ins. Each case is a process of its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from api import errors
from api.cli.exits import Exit, exit_code
from api.cli.root import COMMANDS
from tests.e2e.running import QUIRE

HEAVY = ("torch", "transformers", "sentence_transformers", "onnxruntime", "rapidocr", "litestar", "dbos", "sqlalchemy", "pymupdf",
         "httpx", "rich", "msgspec", "pydantic", "numpy", "qdrant_client", "asyncio")  # fmt: skip


def quire(*arguments: str, path: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command; `path` goes first into the module search path (plug-ins are found there)."""
    extra = {"PYTHONPATH": str(path)} if path else {}
    env = {**os.environ, "NO_COLOR": "1", **extra, **environment}
    return subprocess.run([QUIRE, *arguments], capture_output=True, text=True, env=env, timeout=120)


def plug_in(folder: Path, name: str, target: str) -> None:
    """An installed package, as far as its metadata goes, that adds a command."""
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[quire.commands]\n{name} = {target}\n")


def test_help_imports_click_and_nothing_heavy() -> None:
    script = "import sys; from api.cli.root import quire; quire(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "click" in loaded
    assert not loaded & set(HEAVY)


def test_help_names_every_command_and_every_exit_code() -> None:
    done = quire("--help")
    assert done.returncode == Exit.OK
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", done.stdout, re.MULTILINE)
    for code in Exit:
        assert re.search(rf"^ +{code.value}  {re.escape(code.meaning)}$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "index"])
def test_every_command_explains_itself_and_takes_the_shared_options(name: str) -> None:
    done = quire(name, "--help")
    assert done.returncode == Exit.OK
    for option in ("--json", "--data", "--quiet", "--debug"):
        assert option in done.stdout


def test_so_does_every_command_on_an_index() -> None:
    from api.cli.indexing import command

    assert set(command.commands) == {"verify", "rebuild", "compact", "words", "cancel", "export", "import"}
    for name, one in command.commands.items():
        said = one.get_help(click.Context(one, info_name=name))
        assert all(option in said for option in ("--json", "--data", "--quiet", "--debug"))


def test_version() -> None:
    assert re.fullmatch(r"quire \d+\.\d+.*\n", quire("--version").stdout)


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["ask"], ["search"], ["add"], ["remove"], ["list", "--nonsense"]]
)
def test_a_command_line_that_cannot_be_used_ends_with_2_and_leaves_stdout_empty(arguments: list[str]) -> None:
    done = quire(*arguments)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert done.stderr.startswith("Usage: quire")


def test_usage_errors_as_json() -> None:
    done = quire("list", "--nonsense", "--json")
    problem = json.loads(done.stderr)
    assert done.returncode == Exit.USAGE
    assert (problem["type"], problem["exit_code"]) == ("usage", 2)
    assert "--nonsense" in problem["detail"]


def test_a_setting_that_cannot_work_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    done = quire("list", "--data", str(tmp_path), QUIRE_LIMITS__PAGES="many")
    assert done.returncode == Exit.UNAVAILABLE
    assert len(done.stderr.splitlines()) == 1
    assert "limits.pages" in done.stderr


def test_debug_adds_the_traceback(tmp_path: Path) -> None:
    done = quire("list", "--debug", "--data", str(tmp_path), QUIRE_LIMITS__PAGES="many")
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("quire: ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UnreadableDocument("x", "not-a-document"), 4),
        (errors.UploadTooLarge(10), 4),
        (errors.NotFound("x"), 5),
        (errors.NotReady("x"), 6),
        (errors.FolderInUse("x"), 6),
        (errors.Misconfigured("x"), 6),
        (errors.QuireError("x"), 1),
        (RuntimeError("x"), 1),
    ],
)
def test_every_error_has_its_exit_code(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def test_a_plug_in_is_listed_unseen_and_loaded_when_invoked(tmp_path: Path) -> None:
    plug_in(tmp_path, "shout", "shouting.inner:command")
    (tmp_path / "shouting").mkdir()
    (tmp_path / "shouting" / "__init__.py").write_text("print('LOADED')")
    (tmp_path / "shouting" / "inner.py").write_text(
        "import click\n@click.command()\n@click.argument('word')\ndef command(word):\n    click.echo(word.upper())\n"
    )
    listed = quire("--help", path=tmp_path)
    assert "Added by shout 1.2" in listed.stdout
    assert "LOADED" not in listed.stdout
    done = quire("shout", "hello", path=tmp_path)
    assert (done.returncode, done.stdout) == (Exit.OK, "LOADED\nHELLO\n")


def test_plug_ins_that_are_broken_warn_in_the_help_and_stop_nobody_else(tmp_path: Path) -> None:
    plug_in(tmp_path, "gone", "no_such_package.cli:command")
    plug_in(tmp_path, "half", "email.no_such_module:command")
    plug_in(tmp_path, "bursts", "bursting:command")
    plug_in(tmp_path, "odd", "string:digits")
    (tmp_path / "bursting.py").write_text("raise RuntimeError('burst')")
    listed = " ".join(quire("--help", path=tmp_path).stdout.split())
    assert "WARNING: can't be used, the module no_such_package.cli is missing (added by gone 1.2)" in listed
    assert "the module email.no_such_module is missing" in listed
    assert "Exit codes" in listed
    assert quire("list", "--help", path=tmp_path).returncode == Exit.OK
    for name, said in (("gone", "no_such_package"), ("bursts", "RuntimeError: burst"), ("odd", "not a click command")):
        done = quire(name, path=tmp_path)
        assert done.returncode == Exit.UNAVAILABLE
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_plug_in_cannot_take_the_name_of_a_command(tmp_path: Path) -> None:
    plug_in(tmp_path, "list", "string:digits")
    assert quire("list", "--help", path=tmp_path).returncode == Exit.OK
