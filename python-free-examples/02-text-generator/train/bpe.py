"""Byte pair encoding: trains tokenizer.json, encodes, decodes.

Usage: bpe.py WORK_DIR EXAMPLE_DIR

A token is a string. The first ones are the end of a document, then the
characters (newline and printable ASCII); every further one is two earlier ones
joined, in the order in which training joined them. Encoding cuts the text into
pieces (PIECE) and joins, in each piece, the pair that comes first in that order
until no pair is left.

Writes EXAMPLE_DIR/tokenizer.json: "end": the id that ends a document, "tokens":
the strings by id, "merges": [left id, right id] in order; merge m makes token
len(tokens) - len(merges) + m. Writes WORK_DIR/{train,heldout}.npy: ids, uint16.
"""

import collections
import json
import pathlib
import re
import sys

import numpy as np

from make_corpus import SEPARATOR

VOCABULARY = 1024
CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))
PIECE = re.compile(r" ?[A-Za-z]+| ?[0-9]+| ?[^A-Za-z0-9\s]+|\n+| +")


def join(ids, pair, result):
    """ids with every occurrence of the pair replaced, from the left."""
    joined, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            joined.append(result)
            i += 2
        else:
            joined.append(ids[i])
            i += 1
    return joined


def train(text):
    """The tokens and merges: most frequent pair, ties to the smaller ids."""
    tokens = [SEPARATOR, *CHARACTERS]
    ids = {character: i for i, character in enumerate(tokens)}
    pieces = collections.Counter(PIECE.findall(text))
    words = [([ids[c] for c in piece], count) for piece, count in pieces.items()]
    counts, places = collections.Counter(), collections.defaultdict(set)
    for place, (word, count) in enumerate(words):
        for pair in zip(word, word[1:]):
            counts[pair] += count
            places[pair].add(place)
    merges = []
    while len(tokens) < VOCABULARY:
        pair = min(counts, key=lambda p: (-counts[p], p))
        result = len(tokens)
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
        merges.append(pair)
        for place in list(places[pair]):
            word, count = words[place]
            for old in zip(word, word[1:]):
                counts[old] -= count
                places[old].discard(place)
            word = join(word, pair, result)
            words[place] = (word, count)
            for new in zip(word, word[1:]):
                counts[new] += count
                places[new].add(place)
    return tokens, merges


class Tokenizer:
    def __init__(self, tokens, merges):
        self.tokens = tokens
        self.ranks = {tuple(pair): m for m, pair in enumerate(merges)}
        self.first_merge = len(tokens) - len(merges)
        self.ids = {token: i for i, token in enumerate(tokens[: self.first_merge])}
        self.cache = {}

    def encode_piece(self, piece):
        ids = [self.ids[character] for character in piece]
        while len(ids) > 1:
            pair = min(zip(ids, ids[1:]), key=lambda p: self.ranks.get(p, len(self.ranks)))
            if pair not in self.ranks:
                break
            ids = join(ids, pair, self.first_merge + self.ranks[pair])
        return ids

    def encode(self, text):
        ids = []
        for piece in PIECE.findall(text):
            if piece not in self.cache:
                self.cache[piece] = self.encode_piece(piece)
            ids += self.cache[piece]
        return ids

    def encode_documents(self, text):
        """Every document between two end tokens; the line break before each stays out."""
        ids = [0]
        for document in text.split(f"\n{SEPARATOR}\n")[:-1]:
            ids += self.encode(document) + [0]
        return ids

    def decode(self, ids):
        return "".join(self.tokens[i] for i in ids)


def load(path):
    stored = json.loads(pathlib.Path(path).read_text())
    return Tokenizer(stored["tokens"], stored["merges"])


def write(path, tokens, merges):
    """One token and one merge per line, so that the file reads and diffs well."""
    lines = ",\n".join("  " + json.dumps(token) for token in tokens)
    pairs = ",\n".join(f"  [{left}, {right}]" for left, right in merges)
    path.write_text(f'{{\n"end": 0,\n"tokens": [\n{lines}\n],\n"merges": [\n{pairs}\n]\n}}\n')


def main():
    work, example = map(pathlib.Path, sys.argv[1:3])
    texts = {part: (work / f"{part}.txt").read_text() for part in ("train", "heldout")}
    write(example / "tokenizer.json", *train(texts["train"].replace(SEPARATOR, "")))
    tokenizer = load(example / "tokenizer.json")
    for part, text in texts.items():
        ids = tokenizer.encode_documents(text)
        assert tokenizer.decode(ids).replace(SEPARATOR, "") == (
            text.replace(f"\n{SEPARATOR}\n", ""))
        np.save(work / f"{part}.npy", np.array(ids, np.uint16))
        print(f"{part}: {len(ids)} tokens, {len(text) / len(ids):.3f} characters each")


if __name__ == "__main__":
    main()
