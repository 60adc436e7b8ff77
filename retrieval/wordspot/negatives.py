"""Words one edit away from others: what a word spotter takes for them first."""

from random import Random

from retrieval.wordspot.alphabet import LETTERS, fold

_ALIKE = {
    left: right
    for group in ("o0ce", "il1t", "s58", "b68h", "g9q", "z27", "uvn", "mnr", "a4o", "38", "kx", "fp", "yv", "dcl")
    for left in group
    for right in [group.replace(left, "")]
}
_ENDINGS = ("s", "es", "ed", "d", "e", "'s", "n", "en", "ing", "ly")


def edited(word: str, random: Random) -> str:
    """The word with one character replaced, left out, added or swapped with its neighbour; or with a new beginning or
    end after half of it. "" where that is no other word, or only another ending of it, which should stay near."""
    at = random.randrange(len(word))
    chance = random.random()
    if chance < 0.5:
        alike = _ALIKE.get(word[at], "") if random.random() < 0.5 else ""
        changed = word[:at] + random.choice(alike or _peers(word[at])) + word[at + 1 :]
    elif chance < 0.62:
        changed = word[:at] + word[at + 1 :]
    elif chance < 0.74:
        changed = word[:at] + random.choice(_peers(word[at])) + word[at:]
    elif chance < 0.86:
        changed = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    else:
        half = len(word) // 2
        other = "".join(random.choice(_peers(sign)) for sign in word[half:])
        changed = word[:half] + other if random.random() < 0.5 else other + word[half:]
    found = fold(changed)
    return "" if found == word or _inflected(found, word) else found


def _peers(sign: str) -> str:
    return LETTERS[26:] if sign.isdigit() else LETTERS[:26]


def _inflected(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and long[len(short) :] in _ENDINGS
