"""The web application: puts the routes, their guards, errors, logs and description around one `Service`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.plugins.prometheus import PrometheusConfig
from litestar.types import ASGIApp, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from api import rest
from api.auth import Connection, check_guarded, guards
from api.logs import RequestLog, configure_logs
from api.problems import JsonRequest, handle
from api.rest.naming import check_url
from api.rest.schema import ArrayStructs, complete, openapi, viewer_files
from api.service import Service
from api.settings import Settings


class Application(Litestar):
    """Litestar with the request log around all of it, the router included."""

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """The ASGI entry point."""
        logged = RequestLog(cast(ASGIApp, super().__call__))
        await logged(cast(Scope, scope), cast(Receive, receive), cast(Send, send))


def create_app(settings: Settings, *, service: Service | None = None) -> Application:
    """The application over the `service` given (whose owner closes it), or over one that it opens and closes itself.

    Raises `Misconfigured` where the settings would leave the service open to others without a key.
    """
    check_guarded(settings.server)
    configure_logs(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.service = service or await Service.open(settings)
        try:
            yield
        finally:
            if service is None:
                await app.state.service.close()

    metrics = PrometheusConfig(app_name="quire", prefix="quire", group_path=True, exclude=["^/metrics$"])
    app = Application(
        route_handlers=[*rest.routes, viewer_files()],
        lifespan=[lifespan],
        dependencies={"service": Provide(_service, sync_to_thread=False)},
        guards=[*guards(settings.server), _url_guard],
        middleware=[metrics.middleware],
        plugins=[ArrayStructs()],
        exception_handlers={Exception: handle},
        request_class=JsonRequest,
        openapi_config=openapi(keys_needed=bool(settings.server.api_keys)),
        request_max_body_size=settings.limits.request_bytes,
        logging_config=None,  # structlog, configured above; Litestar's own would add a second renderer
    )
    complete(app.openapi_schema, settings.limits)
    return app


def _service(state: State) -> Service:
    service: Service = state.service
    return service


def _url_guard(connection: Connection, _: BaseRouteHandler) -> None:
    check_url(connection.scope)
