"""`quire serve`: REST over one data folder, until a signal."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from api.cli.exits import Exit
from api.cli.options import Common, common

if TYPE_CHECKING:
    import uvicorn

    from api.settings import ServerSettings, Settings

GRACE_SECONDS = 10
"""How long open requests may go on after a signal; streams of events never end by themselves."""


@click.command("serve")
@click.option("--host", help="Where to listen; anything but this machine needs keys.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes any free one.  [default: 8000]")
@common
async def command(options: Common, host: str | None, port: int | None) -> int:
    """Run the service until Ctrl-C or SIGTERM.

    Jobs that are not done by then go on at the next start. With --json, stdout gets {"url", "schema", "pid", "data"}
    on one line once it listens.
    """
    settings = options.settings(**_server(options.settings().server, host, port))
    listener = _listen(settings)
    try:
        await _serve(options, settings, listener)
    finally:
        listener.close()
    return Exit.OK


def _server(server: "ServerSettings", host: str | None, port: int | None) -> dict[str, object]:
    given: dict[str, object] = {} if host is None else {"host": host}
    if port is not None:
        given["port"] = port
    return {"server": server.model_copy(update=given)} if given else {}


def _listen(settings: "Settings") -> socket.socket:
    """The socket, before anything slow is loaded: a port that is taken shows at once."""
    from api.auth import check_guarded
    from api.errors import Misconfigured, Unavailable

    check_guarded(settings.server)
    host, port = settings.server.host, settings.server.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except socket.gaierror as error:
        raise Misconfigured(f"The host {host!r} is not known ({error.strerror}); --host takes an address.") from error
    except PermissionError as error:
        raise Misconfigured(f"Port {port} needs more rights; take one above 1023: --port 8000") from error
    except OSError as error:
        raise Unavailable(
            f"Can't listen on {host}:{port}: {error.strerror}. If another program has the port, take another: "
            f"--port {port + 1 if 0 < port < 65535 else 0}"
        ) from error


async def _serve(options: Common, settings: "Settings", listener: socket.socket) -> None:
    """Open the folder, answer requests, and leave everything sound at the end."""
    import os

    from api.app import create_app
    from api.folder import Address
    from api.logs import configure_logs
    from api.service import Service

    url = _url(listener)
    configure_logs(settings.log_level)  # before the service opens: what it takes up again is told in the log too
    service = await Service.open(settings)
    try:
        await service.warm_up()  # a missing model shows now, not at the first question

        def ready() -> None:
            service.folder.announce(Address(url, service.token, os.getpid()))
            _greet(options, url, settings)

        await _run(create_app(settings, service=service), listener, ready, service.stop_watching)
    finally:
        await service.close()


def _url(listener: socket.socket) -> str:
    """Where commands of this machine reach it: an address that stands for all of them is no place to call."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _greet(options: Common, url: str, settings: "Settings") -> None:
    import os

    import msgspec

    if options.as_json:
        # On one line: whoever started the service reads exactly that, and then leaves the pipe alone.
        address = {"url": url, "schema": f"{url}/schema", "pid": os.getpid(), "data": str(settings.data)}
        click.echo(msgspec.json.encode(address))
    else:
        options.note(f"Quire answers at {url}  ·  schema {url}/schema  ·  data {settings.data}  ·  Ctrl-C stops it")


async def _run(app: Any, listener: socket.socket, ready: Callable[[], None], stopping: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; a second signal stops waiting for open requests."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            stopping()  # streams of events would hold up the end until their time is over
            await super().shutdown(sockets)

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            # uvicorn's own raises the signal again at the end: the process would be gone before the folder is closed.
            with _signals(self):
                yield

    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    server = Server(config)
    try:
        await server.serve(sockets=[listener])
    except SystemExit as error:  # uvicorn's way to say that the application could not start; the log has the reason
        from api.errors import Unavailable

        raise Unavailable("The service could not start; the log above says why.") from error


@contextmanager
def _signals(server: "uvicorn.Server") -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit, server.should_exit = server.should_exit, True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
