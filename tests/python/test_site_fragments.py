"""The generated parts of the pages against the tables that they quote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from rnnvis.errors import RnnvisError
from tests import synthetic
from tools.website import clouds, findings, markup, notices, probes, reference
from tools.website.fragments import CELLS, CHIPS, FEATURES, FRAGMENTS, PRONOUNCER, VOICE, write_fragments
from tools.website.katex import copy_katex
from tools.website.notices import write_notices
from tools.website.published import Published


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published")
    synthetic.publish(path, units=32, words=150, sentences=300)
    return path


@pytest.fixture
def published(folder: Path) -> Published:
    return Published(folder)


def test_all_fragments_are_written_and_are_the_same_again(folder: Path, tmp_path: Path) -> None:
    write_fragments(folder, tmp_path / "a", tmp_path)
    write_fragments(folder, tmp_path / "b", tmp_path)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(f"{name}.md" for name in [*FRAGMENTS, *CELLS, *CHIPS, *FEATURES, *PRONOUNCER, *VOICE])
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_clouds_are_those_of_the_tables(published: Published) -> None:
    rows = published.rows(
        "SELECT cluster, size, effect FROM cluster_summaries "
        "WHERE method = 'block' AND selection = 'reliable' AND k = 8 AND side = 'words'"
    )
    order = published.rows(
        'SELECT "order" FROM cluster_labels '
        "WHERE method = 'block' AND selection = 'reliable' AND k = 8 AND side = 'words'"
    )[0][0]
    shown = findings.clusters(published)
    for cluster, size, effect in rows:
        cells = f'<td>{order.index(cluster) + 1}</td><td class="rv-number">{size}</td>'
        assert cells in shown
        assert markup.decimal(effect, 2, sign=True) in shown


def test_words_of_a_cloud_stand_as_the_explorer_draws_them_the_largest_first(published: Published) -> None:
    where = "method = 'block' AND selection = 'reliable' AND k = 8"
    columns = "(SELECT mean FROM block_means WHERE {0}), (SELECT strength FROM word_strengths WHERE {0})"
    means, strengths = published.rows("SELECT " + columns.format(where))[0]
    label = {
        side: (ids, labels, order)
        for side, ids, labels, order in published.rows(
            f'SELECT side, ids, labels, "order" FROM cluster_labels WHERE {where}'
        )
    }
    name = dict(published.rows("SELECT word_id, text FROM words"))
    ids, labels, order = label["words"]
    listed = clouds.strongest(published, "block", "reliable", 8)
    for cloud, found in zip(order, listed, strict=True):
        chip = max(range(8), key=lambda c, cloud=cloud: abs(means[8 * cloud + c]))
        size = {name[i]: abs(strengths[8 * row + chip]) for row, i in enumerate(ids) if labels[row] == cloud}
        assert set(found) == set(size)
        whole = [word for word in found if not clouds.is_fragment(word)]
        assert found[: len(whole)] == whole
        assert [size[word] for word in whole] == sorted((size[word] for word in whole), reverse=True)
    shown = findings.clusters(published)
    for found in listed:
        assert " ".join(str(markup.word(text)) for text in found[:8]) in shown


def test_a_standard_error_is_never_a_row_of_noughts() -> None:
    assert markup.with_error(1.23456, 0.0004, 2) == "1.2346 ± 0.0004"
    assert markup.with_error(-0.5, 0.02, 2) == "−0.50 ± 0.02"
    assert markup.with_error(0.5, None, 2) == "0.50"
    assert markup.with_error(0.5, 0.0, 2) == "0.50 ± 0.00", "no error at all"


@pytest.mark.parametrize("text", ["51", "--", "k", "##ing", "'s", "3d", "tu@@"])
def test_digits_marks_and_pieces_come_after_words(text: str) -> None:
    assert clouds.is_fragment(text)
    assert not any(clouds.is_fragment(word) for word in ("tv", "I", "a", "n't", "listless", "不", "の"))


def test_pair_is_read_before_and_at_the_word(published: Published) -> None:
    first, second = probes.probes(published)
    assert (first.name, second.name) == ("though", "though-reversed")
    for probe in (first, second):
        assert probe.surface[probe.step].lower() == "though"
        rows = published.rows(
            "SELECT p_class[2] FROM steps JOIN sentences USING (sentence_id) WHERE key = ? ORDER BY step", (probe.key,)
        )
        assert probe.before == rows[probe.step - 1][0]
        assert probe.after == rows[probe.step][0]
        assert probe.end == rows[-1][0]


def test_the_short_answer_says_the_published_numbers_and_links_to_both(published: Published) -> None:
    first, second = probes.probes(published)
    said = probes.pair_answer(published)
    assert 'href="../../explorer/#v1=' in said
    assert f"q={first.key}&amp;t={first.step}&amp;q2={second.key}&amp;t2={second.step}" in said
    for probe in (first, second):
        assert f"from {markup.decimal(probe.before, 2)} to {markup.decimal(probe.after, 2)}" in said
        assert markup.decimal(probe.norm, 2) in said
        assert markup.decimal(probe.end, 2) in said
    moved = max(abs(probe.after - probe.before) for probe in (first, second))
    assert ("hardly moved the verdict" in said) == (moved < probes.LITTLE)
    assert f"further in the {'first' if first.norm > second.norm else 'second'}" in said
    assert _chip_that_differs_most(published, first, second) in said


def _chip_that_differs_most(published: Published, first: probes.Probe, second: probes.Probe) -> str:
    labels, order = published.rows(
        'SELECT labels, "order" FROM cluster_labels '
        "WHERE method = 'block' AND selection = 'reliable' AND k = 8 AND side = 'units'"
    )[0]
    changes = []
    for probe in (first, second):
        rows = published.rows(
            "SELECT value FROM states JOIN sentences USING (sentence_id) WHERE key = ? AND step BETWEEN ? AND ? "
            "ORDER BY step",
            (probe.key, probe.step - 1, probe.step),
        )
        before, now = (row[0] for row in rows)
        moved = [b - a for a, b in zip(before, now, strict=True)]
        by_chip = [[m for m, label in zip(moved, labels, strict=True) if label == cluster] for cluster in order]
        changes.append([sum(inside) / len(inside) for inside in by_chip])
    chip = max(range(8), key=lambda i: abs(changes[0][i] - changes[1][i]))
    did = [f"{'rose' if row[chip] > 0 else 'fell'} by {markup.decimal(abs(row[chip]), 3)}" for row in changes]
    again = did[1].removeprefix(did[0].split()[0] + " ")
    return f"number {chip + 1} differs most: on average it {did[0]} in the first and {again} in the second"


@pytest.mark.parametrize(
    ("after", "other", "said"),
    [
        ((1.0, 0.1), (0.5, 0.1), ("larger", "+0.500 ± 0.141")),
        ((0.5, 0.1), (1.0, 0.1), ("smaller", "−0.500 ± 0.141")),
        ((1.0, 0.1), (0.9, 0.1), ("not clearly larger or smaller", "+0.100 ± 0.141")),
        ((1.0, None), (0.5, 0.1), ("perhaps larger", "+0.500, from too few uses to tell")),
    ],
)
def test_directions_are_computed(after: tuple[float, float], other: tuple[float, float], said: tuple[str, str]) -> None:
    assert findings._compared(*after, *other, "larger", "smaller") == said


def test_query_prints_what_the_tables_hold(published: Published, folder: Path) -> None:
    shown = reference.query(published)
    effect, words = published.file("word_effects"), published.file("words")
    lowest = duckdb.execute(
        f"SELECT w.text FROM '{folder / effect}' e JOIN '{folder / words}' w USING (word_id) "
        "WHERE e.count >= 50 ORDER BY e.effect LIMIT 1"
    ).fetchall()[0][0]
    assert effect in shown
    assert lowest in shown


def test_the_manifests_page_lists_every_declared_field_and_whether_it_may_be_missing(published: Published) -> None:
    from rnnvis.published.schema.manifest import SCHEMA

    shown = reference.manifest(published)
    for shape in (SCHEMA, *SCHEMA["$defs"].values()):
        part = shown.split(f"### `{shape['title']}`")[1].split("### ")[0]
        for name in shape["properties"]:
            row = next(row for row in part.split("<tr>") if f"<td><code>{name}</code></td>" in row)
            assert ("<td>yes</td>" in row) == (name not in shape["required"])
    assert "<code>&lt;name&gt;-reversed</code>" in shown


def test_schema_lists_every_column(published: Published) -> None:
    from rnnvis.published.schema import TABLES

    shown = reference.schema(published)
    for declared in TABLES:
        assert f"### `{declared.name}`" in shown
        for column in declared.columns:
            assert f"<code>{column.name}</code>" in shown
    units = shown.split("### `units`")[1].split("### ")[0]
    assert "<td>numbers of words</td>" in units.split("<code>top_words</code>")[1].split("</tr>")[0]
    assert "<td>0 to 1</td>" in units.split("<code>sparsity</code>")[1].split("</tr>")[0]


def test_text_of_the_corpus_is_escaped() -> None:
    assert markup.word('<img src=x onerror="alert(1)">\n\n# no') == (
        '<span class="rv-word">&lt;img src=x onerror=&#34;alert(1)&#34;&gt; # no</span>'
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0 %"), (0.004, "less than 1 %"), (0.5, "50 %"), (0.996, "more than 99 %"), (1.0, "100 %")],
)
def test_shares_are_not_rounded_to_all_or_nothing(value: float, shown: str) -> None:
    assert markup.percent(value) == shown


def test_a_damaged_file_is_named(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    name = Published(folder).file("word_effects")
    (broken / name).write_bytes(b"PAR1 not")
    with pytest.raises(RnnvisError, match=name) as caught:
        write_fragments(broken, tmp_path / "out", tmp_path)
    assert "publish" in caught.value.fix


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(RnnvisError, match="not installed"):
        write_notices(tmp_path, tmp_path)
    with pytest.raises(RnnvisError, match="not installed"):
        copy_katex(tmp_path, tmp_path)


def test_what_is_built_into_onnxruntime_has_the_notices_of_its_version(tmp_path: Path) -> None:
    package = json.loads((Path(__file__).parents[2] / "viewer" / "package.json").read_text(encoding="utf-8"))
    about = {"name": "onnxruntime-web", "version": package["dependencies"]["onnxruntime-web"], "license": "MIT"}
    (tmp_path / "package.json").write_text(json.dumps(about))
    text = notices._of_npm(tmp_path, "runs graphs").text
    for inside in ("Microsoft Corporation", "protobuf", "Eigen", "abseil", "flatbuffers"):
        assert inside.lower() in text.lower()
    (tmp_path / "package.json").write_text(json.dumps(about | {"version": "1.0.0"}))
    with pytest.raises(RnnvisError, match=r"onnxruntime 1\.0\.0 are not there") as caught:
        notices._of_npm(tmp_path, "runs graphs")
    assert "ThirdPartyNotices.txt" in caught.value.fix


def test_python_example_on_the_data_page_runs(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[2] / "site" / "data.md").read_text(encoding="utf-8")
    example = page.split("```python\n")[1].split("```")[0]
    (tmp_path / "explorer").mkdir()
    (tmp_path / "explorer" / "data").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "data.md", "exec"), {})
    assert "word_id" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("percentile", "said"),
    [(77, "top 23 %"), (12, "lowest 12 %"), (99.9, "top 1 %"), (0.0, "lowest 1 %"), (50, "top 50 %"), (None, "–")],
)
def test_surprise_is_said_as_the_explorer_says_it(percentile: float | None, said: str) -> None:
    assert probes._standing(percentile) == said
