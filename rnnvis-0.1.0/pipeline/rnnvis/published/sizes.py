"""How many bytes what is published takes, table by table, and what to leave out where that is too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from rnnvis.measures.recorder import StateRecord
from rnnvis.published.publishing import named_files
from rnnvis.published.schema.manifest import Manifest

_NAMED = 3
_SMALLER = {
    "states": "publish the states of fewer sentences: publish(…, states_bytes=…), rnnvis import --states-megabytes, "
    "rnnvis publish --states-megabytes, or published_states_megabytes in dataset.toml; a page that can run the model "
    "works out the others",
    "word_strengths": "co-cluster by fewer methods or up to fewer clusters: publish(…, methods=…, largest_k=…), "
    "rnnvis import --method, --largest-k, or methods and largest_k in dataset.toml",
    "responses": "publish words with more uses only: published_count in dataset.toml",
    "response_quantiles": "publish words with more uses only: published_count in dataset.toml",
    "frames": "take fewer signals, or publish without text: publish(…, text=False)",
    "steps": "take fewer sentences, or publish without text: publish(…, text=False)",
    "sentences": "take fewer sentences, or publish without text: publish(…, text=False)",
    "attention": "take fewer sentences, or publish without text: publish(…, text=False)",
    "step_model": "publish the model's weights in half precision, or not at all: publish(…, step_model=…)",
    "answer_memory": "record with the states of fewer sentences: rnnvis.Sample(states_bytes=…), or states_megabytes in "
    "dataset.toml; of a classifier that a page can run, published_states_megabytes is enough",
}


def of_files(paths: Iterable[Path]) -> Counter[str]:
    """Bytes of the files of rows `paths`, by table; "words.0.parquet" and "words-0123.parquet" are of `words`."""
    found: Counter[str] = Counter()
    for path in paths:
        found[path.name.split(".")[0].split("-")[0]] += path.stat().st_size
    return found


def of_folder(manifest: Manifest, folder: Path) -> Counter[str]:
    """Bytes of each table that `manifest` names, as they lie in `folder`; a missing file has none."""
    return of_files(path for name in named_files(manifest) if (path := folder / name).is_file())


def expected(
    states: Iterable[StateRecord], selections: int, selected: int, methods: int, largest_k: int, text: bool
) -> Counter[str]:
    """Bytes of the largest tables that `states` will take, from their shapes: their numbers hardly compress.

    `selections` of at most `selected` words are co-clustered by so many `methods` for all k up to `largest_k`.
    """
    found: Counter[str] = Counter()
    for state in states:
        responses, quantiles = state.responses, state.quantiles.values
        words, units = int((responses.count > 0).sum()), len(state.units.mean)
        found["responses"] += words * units * (4 + 2)
        found["response_quantiles"] += quantiles.size * 4
        largest = min(largest_k, units, words)
        found["word_strengths"] += methods * selections * min(selected, words) * sum(range(2, largest + 1)) * 2
        if text:
            found["states"] += state.values.nbytes + state.before[state.before.any(axis=1)].nbytes
    return found


def told(sizes: Mapping[str, int]) -> str:
    """ "176.2 MB: states 117.2 MB, steps 17.3 MB, word_strengths 16.3 MB, the rest 25.3 MB"."""
    most = Counter(sizes).most_common()
    parts = [f"{table} {_bytes(size)}" for table, size in most[:_NAMED]]
    if len(most) > _NAMED:
        parts.append(f"the rest {_bytes(sum(size for _, size in most[_NAMED:]))}")
    return f"{_bytes(sum(sizes.values()))}: {', '.join(parts)}"


def smaller(sizes: Mapping[str, int]) -> str:
    """What to leave out, largest tables first, each remedy once."""
    remedies = [_SMALLER[table] for table, _ in Counter(sizes).most_common() if table in _SMALLER]
    return "; ".join(dict.fromkeys(remedies[:_NAMED]))


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"
