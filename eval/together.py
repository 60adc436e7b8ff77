"""Several coroutines at once; where one fails the others are cancelled and its error is raised as it is, not in a group."""

import asyncio
from collections.abc import Coroutine


async def together(*work: Coroutine[object, object, None]) -> None:
    """Returns when all are done. Of several errors the first is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
    except* Exception as errors:  # noqa: BLE001  # raised again at once
        raise errors.exceptions[0] from None
