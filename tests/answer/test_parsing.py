"""A reader's text as a typed reply: JSON, JSON with something around it, headed text; what is missing is named."""

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer import MalformedReply, Side
from answer.parsing import parse_reply, parse_ruling
from answer.reply import ChainReply, Curated, Quote, StatedClaim, Step

REPLY = ChainReply(
    evidence=(Curated("T1", "Revenue was 5", "table", "revenue"),),
    steps=(Step("Read it.", ("T1",)),),
    claims=(StatedClaim("Revenue was 5.", (Quote("T1", "Revenue was 5"),)),),
    answer="5",
)
JSON = msgspec.json.encode(REPLY).decode()


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        f"```json\n{JSON}\n```",
        f"Here you are:\n{JSON}\nI hope that helps.",
        f"<think>The page {{says}} so.</think>\n{JSON}",
        json.dumps({**json.loads(JSON), "missing": None, "refusal": None, "confidence": "high"}),
    ],
)
def test_json_is_found_whatever_stands_around_it(text: str) -> None:
    assert parse_reply(text) == REPLY


def test_an_answer_without_claims_is_a_claim_on_its_evidence() -> None:
    bare = msgspec.structs.replace(REPLY, claims=())
    (claim,) = parse_reply(msgspec.json.encode(bare).decode()).claims
    assert claim == StatedClaim("5", (Quote("T1", "Revenue was 5"),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"lacks .* evidence, answer or refusal\. Headings found: none"),
        ('## Evidence\n- [T1] "x"\n## Chain of Thought\nIt is so.', r"lacks .* answer or refusal\. Headings found: ev"),
        ("## Answer\n5", "lacks .* evidence"),
        ("## Evidence\n- [T1]\n## Answer\n", "lacks .* answer or refusal"),
        ('{"answer": "5"}', "no claim with a quote and no evidence"),
        ('{"answer": "  "}', "empty answer"),
        ('{"refusal": " "}', "neither an answer nor the reason"),
        ('{"answer": "5", "claims": [{"text": " ", "quotes": []}]}', "claim without text"),
        ('{"answer": "5", "claims": [{"quotes": []}]}', r"missing required field `text`"),
        ('{"answer": "5", "evid', "not valid JSON"),
        ('{"answer": 5}', r"Expected `str \| null`, got `int`"),
    ],
)
def test_what_is_missing_is_named(text: str, said: str) -> None:
    with pytest.raises(MalformedReply, match=said):
        parse_reply(text)


HEADED = """Let me see.

## Evidence:
1. [T1] "Revenue was 5" (table) the revenue
2. [T2] (chart) bars that rise

**Chain of Thought:**
- The table says 5 [T1, T2].

### Claims
- Revenue was 5. [T1] "Revenue was 5"

## Final Answer: 5
"""


def test_headed_text_is_parsed() -> None:
    reply = parse_reply(HEADED)
    assert reply.evidence == (
        Curated("T1", "Revenue was 5", "table", "the revenue"),
        Curated("T2", "", "chart", "bars that rise"),
    )
    assert reply.steps == (Step("The table says 5.", ("T1", "T2")),)
    assert reply.claims == (StatedClaim("Revenue was 5.", (Quote("T1", "Revenue was 5"),)),)
    assert reply.answer == "5"


def test_headed_refusal() -> None:
    reply = parse_reply('## Evidence\n- [T1] "Revenue" names no year\n## Refusal\nNo year is given.')
    assert (reply.answer, reply.refusal) == (None, "No year is given.")


def test_a_ruling_in_both_forms() -> None:
    headed = '## Analysis: Both read the table.\n## Conclusion\nFollow "visual".\n## Final Answer\n7\n'
    ruled = parse_ruling(headed)
    assert (ruled.follow, ruled.answer, ruled.analysis) == (Side.VISUAL, "7", "Both read the table.")
    assert parse_ruling(msgspec.json.encode(ruled).decode()) == ruled
    with pytest.raises(MalformedReply, match="names none of textual, visual"):
        parse_ruling("## Analysis: x\n## Conclusion: neat\n## Final Answer: 7".replace("neat", "the second"))
    with pytest.raises(MalformedReply, match="follow"):
        parse_ruling('{"analysis": "x", "follow": "me", "answer": "7"}')


words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda text: text.strip() and not re.search(r"[\[\]\"“”#*<>{}()]|^\W|^\d", text.strip())
)


@given(words, words, words, words)
def test_headed_text_says_what_json_says(answer: str, statement: str, quote: str, shows: str) -> None:
    text = (
        f'## Evidence\n- [T1] "{quote}" (figure) {shows}\n## Chain of Thought\n- {statement} [T1]\n'
        f'## Claims\n- {statement} [T1] "{quote}"\n## Answer\n{answer}'
    )
    reply = parse_reply(text)
    assert reply.answer == answer.strip()
    assert reply.claims[0].quotes[0].evidence == "T1"
    assert reply.claims[0].quotes[0].words.split() == quote.split()
    assert reply.evidence[0].kind == "figure"


@given(st.text(max_size=200) | st.text('{}[]":,#\n answerfiducyl', max_size=80))
def test_any_text_is_a_whole_reply_or_an_error(text: str) -> None:
    try:
        reply = parse_reply(text)
    except MalformedReply:
        return
    assert (reply.answer or "").strip() or (reply.refusal or "").strip()
    assert reply.answer is None or reply.claims
