"""Turns the texts that Debian packages install into documents of plain ASCII.

Usage: make_corpus.py PACKAGE_ROOT WORK_DIR

PACKAGE_ROOT holds the unpacked packages of sources.json. Writes
WORK_DIR/train.txt and WORK_DIR/heldout.txt: one paragraph (Bible: one verse) per
line, documents ended by a line that holds only SEPARATOR. The split is by whole
books, named in sources.json.
"""

import gzip
import json
import lzma
import pathlib
import re
import struct
import subprocess
import sys
import zlib

SEPARATOR = "<|end|>"
CHARSXP, STRSXP = 9, 16
ASCII = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
                       "\u2013": "-", "\u2014": "--", "\u00e9": "e", "\u00e8": "e",
                       "\u00ea": "e", "\u00e0": "a", "\u00e2": "a", "\u00f4": "o",
                       "\u00ef": "i", "\u00eb": "e", "\u00e6": "ae", "\u0153": "oe",
                       "\u00f6": "o", "\u00fc": "u", "\u00e7": "c"})


def plain(text):
    """ASCII with single spaces; characters without a spelling there are left out."""
    text = text.translate(ASCII).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"\s+", " ", text).strip()


def paragraphs(lines):
    """Joins lines up to the next empty one; leaves out those without a letter and
    the lines in which the people who typed the book name themselves."""
    blocks = re.split(r"\n\s*\n", "\n".join(lines))
    joined = (plain(block.replace("_", "")) for block in blocks)
    credits = re.compile("Gutenberg|pgdp|Produced by|^[^A-Za-z]*$")
    return [line for line in joined if not credits.search(line)]


def inflate(data):
    """Decompresses gzip, zlib or xz, whichever the first bytes say."""
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:6] == b"\xfd7zXZ\x00":
        return lzma.decompress(data)
    return zlib.decompress(data)


def r_strings(record):
    """The strings of the first character vector in an R serialization."""
    start = record.find(struct.pack(">i", STRSXP), 14)
    (count,) = struct.unpack_from(">i", record, start + 4)
    position, strings = start + 8, []
    for _ in range(count):
        flags, length = struct.unpack_from(">ii", record, position)
        assert flags & 255 == CHARSXP
        position += 8
        strings.append(record[position : position + length].decode("utf-8"))
        position += length
    return strings


def novels(rdb_path):
    """The novels of janeaustenr: {name: lines}, from its lazy-load database.

    A record is its inflated size (4 bytes, big-endian), the letter of the
    compression when that is not zlib, and the data. The index (.rdx) is not
    needed: records follow one another and inflate on their own.
    """
    data, found, position = rdb_path.read_bytes(), {}, 0
    names = ["emma", "mansfieldpark", "northangerabbey", "persuasion",
             "prideprejudice", "sensesensibility"]
    while position < len(data):
        (size,) = struct.unpack_from(">i", data, position)
        kind = data[position + 4 : position + 5]
        if kind == b"Z":
            engine = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=[
                {"id": lzma.FILTER_LZMA2, "preset": 6}])
            start = position + 5
        else:
            engine, start = zlib.decompressobj(), position + 4
        record = engine.decompress(data[start:])
        assert len(record) == size
        position = len(data) - len(engine.unused_data)
        if len(record) > 100000:
            lines = r_strings(record)
            title = plain(" ".join(lines[:12])).lower().replace(" & ", " and ")
            keys = {name: name for name in names}
            keys.update(prideprejudice="prideandprejudice",
                        sensesensibility="senseandsensibility")
            squeezed = re.sub("[^a-z]", "", title)
            name = next(name for name in names if keys[name] in squeezed)
            found[name] = lines
    assert sorted(found) == names, sorted(found)
    return found


def bible(root):
    """{book: verses} in the order of the Bible."""
    lib = root / "usr/lib"
    output = subprocess.run(
        [root / "usr/bin/bible", "-f", "-l", "10000", "-p", lib, "Gen1:1-Rev22:21"],
        check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    books = {}
    for line in output.splitlines():
        reference, verse = line.split(" ", 1)
        book = re.match(r"\d?[A-Za-z]+", reference).group()
        books.setdefault(book, []).append(plain(verse))
    assert sum(map(len, books.values())) == 31102
    return books


def read_documents(root):
    files = {source["package"]: root / source["file"]
             for source in json.loads(
                 (pathlib.Path(__file__).parent / "sources.json").read_text())["sources"]}
    documents = bible(root)
    for name, lines in novels(files["r-cran-janeaustenr"]).items():
        documents[name] = paragraphs(lines)
    sawyer = files["golang-github-klauspost-compress-dev"].read_text("latin-1")
    documents["sawyer"] = paragraphs(sawyer.splitlines())
    newton = files["golang-1.19-src"].read_text("utf-8")
    documents["opticks"] = paragraphs(newton.splitlines())
    devil = gzip.decompress(files["dict-devil"].read_bytes()).decode("latin-1")
    entries = devil[devil.index("\nABASEMENT") :]
    documents["devil"] = paragraphs(entries.splitlines())
    return documents


def main():
    root, work = map(pathlib.Path, sys.argv[1:3])
    sources = json.loads((pathlib.Path(__file__).parent / "sources.json").read_text())
    documents = read_documents(root)
    for part in ("train", "heldout"):
        chosen = [name for name in documents
                  if (name in sources["held_out"]) == (part == "heldout")]
        text = "".join("\n".join(documents[name]) + f"\n{SEPARATOR}\n" for name in chosen)
        (work / f"{part}.txt").write_text(text)
        print(f"{part}: {len(text)} characters of {len(chosen)} documents")
        for name in chosen:
            if part == "heldout" or name.islower():
                print(f"  {name}: {sum(map(len, documents[name]))} characters")


if __name__ == "__main__":
    main()
