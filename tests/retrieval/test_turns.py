"""Many at a time, or one alone: in whatever order they come."""

import asyncio
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from retrieval.turns import Turns


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_who_is_alone_is_alone_and_everybody_has_a_turn(tasks: list[tuple[bool, int, int]]) -> None:
    async def scenario() -> None:
        turns, within, done = Turns(), [0, 0], 0

        async def one(alone: bool, before: int, inside: int) -> None:
            nonlocal done
            for _ in range(before):
                await asyncio.sleep(0)
            async with turns.alone() if alone else turns.shared():
                within[alone] += 1
                for _ in range(inside):
                    assert within[1] <= 1
                    assert not (within[0] and within[1])
                    await asyncio.sleep(0)
                within[alone] -= 1
            done += 1

        async with asyncio.timeout(10):
            await asyncio.gather(*(one(*task) for task in tasks))
        assert done == len(tasks)

    asyncio.run(scenario())


def test_who_gives_up_waiting_holds_up_nobody() -> None:
    async def scenario() -> None:
        turns = Turns()

        async def alone() -> None:
            async with turns.alone():
                raise AssertionError("somebody is within")

        async with asyncio.timeout(10):
            async with turns.shared():
                waiting = asyncio.create_task(alone())
                await asyncio.sleep(0)
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting
                async with turns.shared():
                    pass
            async with turns.alone():
                pass

    asyncio.run(scenario())
