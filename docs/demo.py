"""What `make demo` runs: a service on 127.0.0.1:8000, the sample report read through REST, questions answered with their pages.

    python docs/demo.py [--port N] [--data FOLDER]      start (or find) the service, add the sample, ask
    python docs/demo.py --stop                          stop the service that an earlier run left

Talks to the service over HTTP as any program would: `api.client` is the Python client, and nothing here reaches around it.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from api.cli import show
from api.cli.progress import meter
from api.client import RemoteService, running_service
from api.errors import QuireError
from api.folder import read_address
from api.schemas import AskRequest, Document

SAMPLE = Path(__file__).with_name("sample")
COLLECTION = "sample"
KINDS = ("text", "table", "figure", "scan", "footnote", "yes-no", "unanswerable")
"""What is asked, one question of each."""
START_SECONDS = 120.0
STOP_SECONDS = 30.0

out = Console(highlight=False)


class Question(msgspec.Struct, frozen=True):
    """A question about the sample and what a person answers: `pages` (from 1) hold the answer; none where there is no answer."""

    kind: str
    question: str
    answer: str | None
    pages: list[int]


class Questions(msgspec.Struct, frozen=True):
    """docs/sample/questions.json."""

    document: str
    questions: list[Question]


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--data", default="data", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--stop", is_flag=True, help="Stop the service that an earlier run left running.")
def main(port: int, data: Path, stop: bool) -> None:
    """Show Quire at work on the sample report."""
    try:
        asyncio.run(stop_service(data) if stop else demo(port, data))
    except QuireError as error:
        raise click.ClickException(str(error)) from error


async def demo(port: int, data: Path) -> None:
    """All of it, in order."""
    began = time.monotonic()
    async with await find_or_start(port, data) as service:
        questions = msgspec.json.decode((SAMPLE / "questions.json").read_bytes(), type=Questions)
        document = await add_sample(service, SAMPLE / questions.document)
        chosen = choose(questions.questions)
        for number, question in enumerate(chosen, start=1):
            await ask(service, document, question, f"{number} of {len(chosen)}")
        out.rule(style="dim")
        out.print(f"\n{len(chosen)} questions answered; {time.monotonic() - began:.0f} s in all.\n")
        how_to_go_on(service.url, document, data)


async def find_or_start(port: int, data: Path) -> RemoteService:
    """The service of the folder, started in the background if it is not running."""
    if service := await running_service(data):
        out.print(f"The service is running at {service.url}.")
        return service
    if _answers(port):
        raise click.ClickException(
            f"Port {port} is taken by another program, and no Quire service runs on {data}. Stop that program, or take "
            f"another port: .venv/bin/python docs/demo.py --port {port + 1}"
        )
    return await start(port, data)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def start(port: int, data: Path) -> RemoteService:
    """A new service, once it answers. It stays when this script ends; its log is service.log in the data folder."""
    log = data / "service.log"
    process = _spawn(port, data, log)
    with out.status(f"Starting the service (log: {log}) …"):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if service := await running_service(data):
                out.print(f"The service answers at {service.url} (process {process.pid}, log in {log}).")
                return service
            if process.poll() is not None:
                raise click.ClickException(f"The service ended at its start. The end of {log}:\n{_tail(log)}")
            await asyncio.sleep(0.2)
    process.terminate()
    raise click.ClickException(f"No answer within {START_SECONDS:.0f} s. The end of {log}:\n{_tail(log)}")


def _spawn(port: int, data: Path, log: Path) -> "subprocess.Popen[bytes]":
    """A process in a session of its own, which Ctrl-C in this terminal does not reach."""
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--data", str(data)]
    with log.open("ab") as sink:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])


async def add_sample(service: RemoteService, report: Path) -> Document:
    """Upload the report and follow its job to the end; the same bytes are found again, and not read twice."""
    began = time.monotonic()
    added = await service.add(COLLECTION, report, name=report.name)
    if not added.job.status.final:
        out.print(f"Reading {report.name}, {added.document.pages} pages:")
        with meter() as shown:
            shown.begin(report.name)
            async for event in service.watch(added.job.id):
                shown.event(event)
    document = await service.document(added.document.id)
    took = f"read in {time.monotonic() - began:.1f} s" if added.created else "is there already"
    out.print(f"{document.name}: {document.pages} pages, {document.status.value}, {took}.\n")
    return document


def choose(questions: list[Question]) -> list[Question]:
    """The first of each kind that is shown."""
    return [next(question for question in questions if question.kind == kind) for kind in KINDS]


async def ask(service: RemoteService, document: Document, question: Question, position: str) -> None:
    """Ask, and print the answer with outcome, page, quote and verdict, and what a person would have answered."""
    answer = await service.ask(AskRequest(question=question.question, collection=COLLECTION, documents=[document.id]))
    out.rule(style="dim")
    out.print(Text.assemble((f"{position}, {question.kind}: ", "dim"), (question.question, "bold")))
    out.print()
    out.print(show.answer(answer))
    pages = " and ".join(map(str, question.pages))
    by_hand = f"{question.answer} Page {pages}." if question.answer else "the report does not say."
    out.print(Text(f"  A person's answer: {by_hand}\n", style="dim"))


def how_to_go_on(url: str, document: Document, data: Path) -> None:
    """The service stays; these lines say what to do with it."""
    usual = data == Path("data")
    folder = "" if usual else f" --data {data}"
    stop = "make stop" if usual else f".venv/bin/python docs/demo.py --stop{folder}"
    body = f'{{"question": "How many people work there?", "collection": "{document.collection}"}}'
    lines = [
        "The service goes on running. Try:",
        f'  .venv/bin/quire ask --collection {COLLECTION}{folder} "What does the report say about safety?"',
        f'  .venv/bin/quire ask{folder} your.pdf "Your question?"',
        f"  curl -s {url}/v1/answers -H 'Content-Type: application/json' -d '{body}'",
        f"  {url}/schema in a browser shows the whole API",
        f"  {stop} ends it",
    ]
    out.print("\n".join(lines), markup=False, soft_wrap=True)


async def stop_service(data: Path) -> None:
    """SIGTERM to the service of the folder, and wait until it is gone."""
    service, address = await running_service(data), read_address(data)
    if service is None or address is None:
        out.print(f"No service runs on {data}.")
        return
    await service.close()
    os.kill(address.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if read_address(data) is None:
            out.print("Stopped.")
            return
        await asyncio.sleep(0.1)
    raise click.ClickException(
        f"Process {address.pid} has not ended within {STOP_SECONDS:.0f} s; see {data}/service.log."
    )


if __name__ == "__main__":
    main()
