"""A published folder made of planted data, for tests and for looking at the viewer without training anything.

    python -m tests.synthetic FOLDER [--units 64] [--words 600] [--sentences 800] [--epochs 3] [--second]

Gates, selectivity and ablation are planted in the first dataset and the last epoch; elsewhere they are missing.

Words belong to planted groups that raise or lower planted groups of units; states leak and add up. No figure in it
means anything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.measures.states import projection
from rnnvis.measures.states.dynamics import Figure, dimensions, per_step
from rnnvis.measures.states.matches import match, profiles
from rnnvis.published import files, overview_columns, publishing
from tests import synthetic_measures
from tests.synthetic_words import GROUPS, PART_OF_SPEECH, PROBES


def publish(
    folder: Path,
    units: int = 64,
    words: int = 600,
    sentences: int = 800,
    seed: int = 0,
    epochs: int = 0,
    second: bool = False,
) -> None:
    """Write a manifest with a classifier of `units` units on a dataset into `folder`.

    With `epochs`, the model has an entry for each of so many epochs, in which its units answer ever more strongly;
    with `second`, a second dataset `second` holds another such model, and units are matched between the two.
    """
    with tempfile.TemporaryDirectory() as scratch:
        tables = Tables(Path(scratch), folder)
        names = ("synthetic", "second") if second else ("synthetic",)
        made = [_planted(tables, name, units, words, sentences, seed + i, epochs) for i, name in enumerate(names)]
        datasets = [dataset for dataset, _ in made]
        first = datasets[0]["models"][0]["states"][0]
        measures = synthetic_measures.of_state(units, first["k"])
        first["tables"] |= {name: tables(name, of) for name, of in measures.items()}
        if second:
            pairs = [_pairs(tables, made[a], made[b]) for a, b in ((0, 1), (1, 0))]
            for dataset, found in zip(datasets, pairs, strict=True):
                dataset["tables"] |= found
    publishing.write_manifest(datasets, folder, "synthetic")


def _planted(
    tables: Tables, name: str, units: int, words: int, sentences: int, seed: int, epochs: int
) -> tuple[dict[str, Any], np.ndarray]:
    rng = np.random.default_rng(seed)
    vocabulary, group = _vocabulary(words)
    texts, labels = _sentences(rng, vocabulary, group, sentences)
    drive, v = _drive(rng, group, units)
    tokens = [np.array([vocabulary.index(t.lower()) if t.lower() in vocabulary else 0 for t in s]) for s in texts]
    dataset = _dataset(tables, name, vocabulary, group, texts, tokens, labels)
    after = {epoch: drive * epoch / epochs for epoch in range(1, epochs)} | {epochs: drive}
    found = {
        epoch: _model(tables, tokens, [_run(rng, strength, t) for t in tokens], labels, len(vocabulary), v)
        for epoch, strength in after.items()
    }
    model = found[epochs]
    if epochs:
        shared = ("hash", "tables", "states")
        model["epochs"] = [
            {"epoch": epoch, **{field: of[field] for field in shared}, "hash": f"{epoch % epochs:016x}"}
            for epoch, of in found.items()
        ]
    dataset["models"] = [{**model}]
    return dataset, drive


Planted = tuple[dict[str, Any], np.ndarray]


def _pairs(tables: Tables, ours: Planted, theirs: Planted) -> dict[str, Any]:
    (dataset, drive), (other, other_drive) = ours, theirs
    names = {"model_a": "planted", "state_a": "rnn.0.h", "model_b": "planted", "state_b": "rnn.0.h"}
    at = {**names, "dataset_b": other["name"]}
    units = {**at, **overview_columns.matched(match(drive, other_drive))}
    pair = {**at, "cka": None, "steps": 0, "shared_words": len(drive)}
    labels, other_labels = tables.unit_labels(dataset), tables.unit_labels(other)
    clusters = [
        {
            **at,
            **dict(zip(("method", "selection", "k"), key, strict=True)),
            **overview_columns.matched(
                match(profiles(drive, mine, key[2]), profiles(other_drive, other_labels[key], key[2]))
            ),
        }
        for key, mine in labels.items()
    ]
    return {
        "unit_matches": tables("unit_matches", overview_columns.rows([units])),
        "cluster_matches": tables("cluster_matches", overview_columns.rows(clusters)),
        "state_pairs": tables("state_pairs", overview_columns.rows([pair])),
    }


class Tables:
    def __init__(self, scratch: Path, folder: Path) -> None:
        self.scratch, self.folder, self.written = scratch, folder, 0

    def __call__(self, name: str, columns: dict[str, Any]) -> dict[str, Any]:
        self.written += 1
        source = self.scratch / str(self.written)
        return publishing.entry(name, files.write(name, columns, source), source, self.folder)

    def unit_labels(self, dataset: dict[str, Any]) -> dict[tuple[str, str, int], np.ndarray]:
        """Cluster of every unit, by method, selection and k."""
        parts = dataset["models"][0]["states"][0]["tables"]["cluster_labels"]["files"]
        rows = files.read("cluster_labels", [self.folder / part["path"] for part in parts]).to_pylist()
        return {(r["method"], r["selection"], r["k"]): np.array(r["labels"]) for r in rows if r["side"] == "units"}


def _vocabulary(words: int) -> tuple[list[str], np.ndarray]:
    names = [w for g in GROUPS.values() for w in g]
    kinds = [i for i, g in enumerate(GROUPS.values()) for _ in g]
    for i in range(max(0, words - len(names) - 1)):
        names.append(f"word{i}")
        kinds.append(i % len(GROUPS))
    return ["<unk>", *names], np.array([4, *kinds])


def _sentences(
    rng: np.random.Generator, vocabulary: list[str], group: np.ndarray, count: int
) -> tuple[list[list[str]], np.ndarray]:
    texts = [text.split() for text in PROBES.values()]
    for _ in range(count):
        kinds = rng.choice(len(GROUPS), rng.integers(4, 30), p=[0.12, 0.12, 0.08, 0.18, 0.42, 0.08])
        texts.append([vocabulary[rng.choice(np.flatnonzero(group == kind))] for kind in kinds])
    index = {w: i for i, w in enumerate(vocabulary)}
    score = [sum({0: 1, 1: -1}.get(int(group[index.get(t.lower(), 0)]), 0) for t in s) for s in texts]
    return texts, (np.array(score) > 0).astype(np.int16)


def _drive(rng: np.random.Generator, group: np.ndarray, units: int) -> tuple[np.ndarray, np.ndarray]:
    unit_group = np.sort(rng.integers(0, 8, units))
    block = rng.choice([-1.0, 0.0, 1.0], (len(GROUPS), 8), p=[0.3, 0.35, 0.35]) * 0.25
    block[1] = -block[0]
    drive = block[group][:, unit_group] * rng.uniform(0.4, 1.6, (len(group), 1)) + rng.normal(
        0, 0.03, (len(group), units)
    )
    return drive, block[0][unit_group] * 4 + rng.normal(0, 0.1, units)


def _run(rng: np.random.Generator, drive: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    state, out = np.zeros(drive.shape[1]), []
    for token in tokens:
        state = np.tanh(0.85 * state + drive[token] + rng.normal(0, 0.04, len(state)))
        out.append(state)
    return np.array(out, np.float32)


def _parts(group: np.ndarray) -> list[str]:
    return ["verb" if i % 5 == 4 else PART_OF_SPEECH[list(GROUPS)[kind]] for i, kind in enumerate(group[1:])]


def _dataset(
    tables: Tables,
    name: str,
    vocabulary: list[str],
    group: np.ndarray,
    texts: list[list[str]],
    tokens: list[np.ndarray],
    labels: np.ndarray,
) -> dict[str, Any]:
    n = len(texts)
    split = ["probe"] * len(PROBES) + [("train", "train", "train", "valid", "test")[i % 5] for i in range(n)]
    split = split[:n]
    key = [
        hashlib.sha256(f"{s}\n{i} {' '.join(t)}".encode()).hexdigest()[:16]
        for i, (s, t) in enumerate(zip(split, texts, strict=True))
    ]
    counts = np.bincount(np.concatenate(tokens), minlength=len(vocabulary))
    return {
        "name": name,
        "title": "Planted words" if name == "synthetic" else "Planted words again",
        "licence": "none",
        "about": "Generated; no figure in it means anything.",
        "labels": ["negative", "positive"],
        "splits": {s: split.count(s) for s in ("probe", "train", "valid", "test")},
        "view": {"model": "planted", "sentence": key[0], "step": 5, "k": 8, "words": ["love", "dull"]},
        "probes": {name: key[i] for i, name in enumerate(PROBES)},
        "tables": {
            "words": tables(
                "words",
                {
                    "word_id": range(len(vocabulary)),
                    "text": vocabulary,
                    "count": counts,
                    "special": [w == "<unk>" for w in vocabulary],
                    "part_of_speech": [None, *_parts(group)],
                    "part_of_speech_share": [None] + [0.75] * (len(vocabulary) - 1),
                },
            ),
            "sentences": tables(
                "sentences",
                {
                    "sentence_id": range(n),
                    "key": key,
                    "split": split,
                    "source": ["planted"] * n,
                    "label": [None if s == "probe" else int(x) for s, x in zip(split, labels, strict=True)],
                    "length": [len(t) for t in tokens],
                    "text": [" ".join(t) for t in texts],
                    "tokens": [t.tolist() for t in tokens],
                    "surface": texts,
                },
            ),
        },
    }


def _model(
    tables: Tables, tokens: list[np.ndarray], states: list[np.ndarray], labels: np.ndarray, words: int, v: np.ndarray
) -> dict[str, Any]:
    units = len(v)
    sentence = np.concatenate([np.full(len(t), i) for i, t in enumerate(tokens)])
    step = np.concatenate([np.arange(len(t)) for t in tokens])
    token = np.concatenate(tokens)
    value = np.concatenate(states)
    before = np.concatenate([np.vstack([np.zeros((1, units), np.float32), s[:-1]]) for s in states])
    delta = value - before
    measured = sentence >= len(PROBES)
    count = np.bincount(token[measured], minlength=words)
    mean = np.zeros((words, units), np.float32)
    np.add.at(mean, token[measured], delta[measured])
    mean /= np.maximum(count, 1)[:, None]
    spread = np.zeros((words, units))
    np.add.at(spread, token[measured], (delta[measured] - mean[token[measured]]) ** 2)
    error = np.sqrt(spread / np.maximum(count - 1, 1)[:, None] / np.maximum(count, 1)[:, None]).astype(np.float32)
    odds = value @ v
    odds_before = before @ v
    p = 1 / (1 + np.exp(-odds))
    frequent = np.flatnonzero(count >= 8)
    quantile = {w: np.quantile(delta[measured & (token == w)], (0.09, 0.25, 0.5, 0.75, 0.91), axis=0) for w in frequent}
    push = {
        w: np.quantile((odds - odds_before)[measured & (token == w)], (0.09, 0.25, 0.5, 0.75, 0.91)) for w in frequent
    }
    distance = np.linalg.norm(delta - mean[token], axis=1)
    surprise = np.zeros(len(token), np.float32)
    for w in range(words):
        at = np.flatnonzero(token == w)
        surprise[at] = (np.argsort(np.argsort(distance[at])) + 0.5) / max(len(at), 1) * 100
    names = ("q09", "q25", "q50", "q75", "q91")
    last = np.cumsum([len(t) for t in tokens]) - 1
    histogram = [np.histogram(value[:, u], 64, (-1, 1))[0] for u in range(units)]
    order = np.argsort(mean[frequent], axis=0)
    contexts = [
        (u, s, r, int(i))
        for u in range(units)
        for s in (-1, 1)
        for r, i in enumerate(np.argsort(-s * value[:, u], kind="stable")[:10])
    ]
    state = {
        "name": "rnn.0.h",
        "title": "Layer 1, hidden h",
        "layer": 0,
        "kind": "h",
        "units": units,
        "bounded": True,
        "read_by_head": True,
        "measured": {
            "splits": ["train", "valid", "test"],
            "steps": int(measured.sum()),
            "sentences": len(tokens) - len(PROBES),
            "minimum_count": 8,
            "frequent_count": 8,
        },
        "methods": ["block"],
        "selections": ["reliable", "frequent"],
        "k": list(range(2, min(30, units) + 1)),
        "tables": {
            "responses": tables(
                "responses",
                {
                    "word_id": range(words),
                    "count": count,
                    "reliability": np.clip(1 - 2 / np.maximum(count, 3), 0, 1),
                    "norm": np.linalg.norm(mean, axis=1),
                    "mean": files.list_column(mean, count > 0),
                    "standard_error": files.list_column(error.astype(np.float16), count > 1),
                },
            ),
            "response_quantiles": tables(
                "response_quantiles",
                {
                    "word_id": np.repeat(frequent, units),
                    "unit": np.tile(np.arange(units), len(frequent)),
                    **{n: np.concatenate([quantile[w][i] for w in frequent]) for i, n in enumerate(names)},
                },
            ),
            "word_effects": tables(
                "word_effects",
                {
                    "word_id": frequent,
                    "class": np.ones(len(frequent), np.int16),
                    "count": count[frequent],
                    "effect": mean[frequent] @ v,
                    "push": mean[frequent] @ v,
                    "push_standard_error": np.full(len(frequent), 0.05),
                    **{n: [push[w][i] for w in frequent] for i, n in enumerate(names)},
                },
            ),
            "states": tables(
                "states",
                {"sentence_id": sentence, "step": step, "value": files.list_column(value.astype(np.float16))},
            ),
            "contexts": tables(
                "contexts",
                {
                    "unit": [c[0] for c in contexts],
                    "sign": [c[1] for c in contexts],
                    "rank": [c[2] for c in contexts],
                    "sentence_id": [int(sentence[c[3]]) for c in contexts],
                    "step": [int(step[c[3]]) for c in contexts],
                    "value": [float(value[c[3], c[0]]) for c in contexts],
                },
            ),
            "units": tables(
                "units",
                {
                    "unit": range(units),
                    "output_weight": v,
                    "mean": value.mean(0),
                    "mean_absolute": np.abs(value).mean(0),
                    "standard_deviation": value.std(0),
                    "saturation": (np.abs(value) > 0.9).mean(0),
                    "time_scale": np.full(units, 6.2),
                    "gate_keep": np.full(units, 0.85),
                    "gate_time_scale": np.full(units, 6.1),
                    "gate_saturation": np.full(units, 0.1),
                    "sparsity": np.linspace(0.2, 0.8, units),
                    "label_auc": np.linspace(0.5, 0.9, units),
                    "top_words": [frequent[order[::-1][:20, u]].tolist() for u in range(units)],
                    "bottom_words": [frequent[order[:20, u]].tolist() for u in range(units)],
                    "histogram": [h.tolist() for h in histogram],
                    "edges": [np.linspace(-1, 1, 65).tolist()] * units,
                },
            ),
            **_clusterings(tables, mean, count, v),
            **_overview(tables, mean, frequent[frequent > 0], value[measured], sentence[measured]),
        },
    }
    return {
        "name": "planted",
        "title": f"Planted, {units} units",
        "kind": "classifier",
        "cell": "GRU",
        "hash": "0" * 16,
        "parameters": words * units,
        "seed": 0,
        "classes": ["negative", "positive"],
        "provenance": {},
        "tables": {
            "steps": tables(
                "steps",
                {
                    "sentence_id": sentence,
                    "step": step,
                    "token_id": token,
                    "loss": -np.log(np.where(labels[sentence] == 1, p, 1 - p)),
                    "p_class": files.list_column(np.stack([1 - p, p], 1).astype(np.float32)),
                    "push": odds - odds_before,
                    "surprise": files.list_column(surprise[:, None]),
                },
            ),
            "predictions": tables(
                "predictions",
                {
                    "sentence_id": range(len(tokens)),
                    "predicted": (p[last] > 0.5).astype(np.int16),
                    "p_class": files.list_column(np.stack([1 - p[last], p[last]], 1).astype(np.float32)),
                    "loss": -np.log(np.where(labels == 1, p[last], 1 - p[last])),
                },
            ),
            "metrics": tables(
                "metrics",
                {
                    "subject": ["this model", "majority class"],
                    "measure": ["accuracy", "accuracy"],
                    "split": ["test", "test"],
                    "value": [float(((p[last] > 0.5) == labels).mean()), 0.5],
                    "about": ["planted", "planted"],
                },
            ),
        },
        "states": [state],
    }


def _overview(
    tables: Tables, mean: np.ndarray, ids: np.ndarray, values: np.ndarray, sentence: np.ndarray
) -> dict[str, Any]:
    points, figures = [], [*per_step(values, sentence), *dimensions(values, mean[ids])]
    for item, numbers, matrix in (("unit", np.arange(mean.shape[1]), mean[ids].T), ("word", ids, mean[ids])):
        at, share = projection.pca(matrix)
        points += [
            overview_columns.Points("pca", item, numbers, at),
            overview_columns.Points("tsne", item, numbers, at[:, ::-1] * 20),
        ]
        figures += [Figure(f"pca_{item}_share_{i + 1}", float(x), "planted") for i, x in enumerate(share)]
    return {
        "projection": tables("projection", overview_columns.projection(points)),
        "state_measures": tables("state_measures", overview_columns.state_measures(figures)),
    }


def _clusterings(tables: Tables, mean: np.ndarray, count: np.ndarray, v: np.ndarray) -> dict[str, Any]:
    from sklearn.cluster import KMeans

    rows: dict[str, list[dict[str, Any]]] = {n: [] for n in ("labels", "means", "strengths", "summaries", "quality")}
    norm = np.linalg.norm(mean, axis=1)
    eligible = np.flatnonzero((count >= 8) & (np.arange(len(count)) > 0))
    for selection, score in (("reliable", norm * np.sqrt(count)), ("frequent", count)):
        ids = eligible[np.argsort(-score[eligible], kind="stable")[:500]]
        matrix = mean[ids]
        for k in range(2, min(30, len(v)) + 1):
            z = KMeans(k, n_init=1, random_state=0).fit_predict(matrix)
            u = KMeans(k, n_init=1, random_state=0).fit_predict(matrix.T)
            block = np.array([[matrix[np.ix_(z == a, u == b)].mean() for b in range(k)] for a in range(k)])
            at = {"method": "block", "selection": selection, "k": k}
            effect = np.array([(matrix[z == a] @ v).mean() for a in range(k)])
            unit_order = np.argsort([-v[u == b].mean() for b in range(k)], kind="stable").tolist()
            word_order = np.argsort(-effect, kind="stable").tolist()
            sides = (
                ("words", ids.tolist(), z.tolist(), word_order),
                ("units", list(range(len(v))), u.tolist(), unit_order),
            )
            for side, members, labels, order in sides:
                rows["labels"].append({**at, "side": side, "ids": members, "labels": labels, "order": order})
                sizes = np.bincount(labels, minlength=k)
                for cluster in range(k):
                    stable = 0.3 if cluster == k // 2 else 0.9
                    row = {**at, "side": side, "cluster": cluster, "size": int(sizes[cluster]), "stability": stable}
                    figures = {"purity_part_of_speech": 0.75, "purity_class": 0.95, "effect": float(effect[cluster])}
                    rows["summaries"].append(row | (figures if side == "words" else dict.fromkeys(figures)))
            rows["means"].append({**at, "mean": block.ravel().tolist()})
            strength = np.stack([matrix[:, u == b].mean(1) for b in range(k)], 1)
            rows["strengths"].append({**at, "strength": strength.ravel().tolist()})
            figures = {"held_out_r2": 0.6, "bound": 0.9, "sign_coherence": 0.85, "ari_words": 0.9, "ari_units": 0.95}
            rows["quality"].append({**at, **figures, "balance": 0.9})
    names = {
        "labels": "cluster_labels",
        "means": "block_means",
        "strengths": "word_strengths",
        "summaries": "cluster_summaries",
        "quality": "cluster_quality",
    }
    return {t: tables(t, {c: [r[c] for r in rows[n]] for c in rows[n][0]}) for n, t in names.items()}


def many_units(folder: Path, units: int, seed: int = 0) -> None:
    """Replace the table `units` of the only state in `folder` by one of `units` rows, without gates and ablation."""
    rng = np.random.default_rng(seed)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    state = manifest["datasets"][0]["models"][0]["states"][0]
    words = np.stack([rng.permutation(100)[:10] for _ in range(64)])[np.arange(units) % 64].astype(np.int32)
    counts = rng.integers(0, 50, (64, 64))[np.arange(units) % 64]
    columns: dict[str, Any] = {
        "unit": np.arange(units),
        "output_weight": rng.normal(0, 1, units),
        "mean": rng.normal(0, 0.1, units),
        "mean_absolute": rng.uniform(0, 1, units),
        "standard_deviation": rng.uniform(0, 1, units),
        "time_scale": rng.gamma(2, 4, units),
        "top_words": files.list_column(words),
        "bottom_words": files.list_column(words[:, ::-1].copy()),
        "histogram": files.list_column(counts),
        "edges": files.list_column(np.broadcast_to(np.linspace(-1, 1, 65, dtype=np.float32), (units, 65)).copy()),
    }
    with tempfile.TemporaryDirectory() as scratch:
        state["tables"]["units"] = Tables(Path(scratch), folder)("units", columns)
    for name in synthetic_measures.NAMES:
        state["tables"].pop(name, None)
    state["units"] = units
    path.write_text(json.dumps(manifest), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    for option, default in (("units", 64), ("words", 600), ("sentences", 800), ("epochs", 0)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--second", action="store_true", help="a second dataset")
    arguments = parser.parse_args()
    publish(**vars(arguments))
