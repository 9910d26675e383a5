"""The Penn Treebank as language models read it (Marcus et al. 1993, prepared by Mikolov et al. 2010).

The files are tokenised: ten thousand words, `<unk>` for the others, `N` for numbers, a sentence a line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from rnnvis.config import Source, Vocabulary
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence
from rnnvis.text.kinds.running import sentences, spaced_words
from rnnvis.text.penn import END
from rnnvis.text.reading import FileKind, Reading, missing

MD5 = {  # of the files that published perplexities are about
    "train": "f26c4b92c5fdc7b3f8c7cdcb991d8420",
    "valid": "aa0affc06ff7c36e977d7cd49e3839bf",
    "test": "8b80168b89c18661a38ef683c0dc3721",
}
INSIDE = Path("simple-examples") / "data"


def files(path: Path) -> list[Path]:
    """The three files, in the named folder or in the folder of the archive inside it."""
    folder = path / INSIDE if (path / INSIDE).is_dir() else path
    found = [folder / f"ptb.{split}.txt" for split in MD5]
    for file in found:
        if not file.is_file():
            raise missing(file)
    return found


def read(source: Source) -> Reading:
    """The words as they stand, each split one document; a note for each file that is not the usual one."""
    found = dict(zip(MD5, files(Path(source.path)), strict=True))
    notes = [
        f"{file}: not the usual Penn Treebank file (its MD5 is {digest}): perplexities on it are not those of papers."
        for split, file in found.items()
        if (digest := _md5(file)) != MD5[split]
    ]
    return Reading((), _sentences(found), notes=notes, words=spaced_words, ending=END, literal=True)


def _sentences(found: dict[str, Path]) -> Iterator[Sentence]:
    for split, file in found.items():
        line = 0
        for line, text in sentences(file, tokenised=True):
            yield Sentence(text.strip(), split, "ptb", document=split, where=f"{file}, line {line}")
        if not line:
            raise RnnvisError(f"{file}: holds no sentence", "unpack the archive anew")


def _md5(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def fits(path: Path) -> bool:
    """The folder of the archive, or one that holds it."""
    return (path / INSIDE).is_dir() or (path / "ptb.train.txt").is_file()


KIND = FileKind(
    name="ptb",
    fits=fits,
    keys=frozenset(),
    vocabulary=Vocabulary(minimum_count=1),
    get="get the Penn Treebank as prepared by Tomáš Mikolov (simple-examples.tgz; the text itself is licensed by the "
    "Linguistic Data Consortium), which holds ptb.train.txt, ptb.valid.txt and ptb.test.txt in simple-examples/data",
    files=files,
    read=read,
)
