"""`Recording.features`: latents as one more state, against stepping by hand; what is refused; and the comparison."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

import rnnvis
from rnnvis.errors import RnnvisError
from rnnvis.measures.states.sparse import quality
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from tests.python.test_measures_sparse import superposed
from tests.python.test_public_ablate import LABELS, TEXT, VOCABULARY, WORDS, Model, losses_by_hand, recorded
from tests.python.test_public_signals import Planted, series
from tests.python.test_recording_holding import by_hand

STATE, NAME = "rnn.0.h", "rnn.0.h.features"
HELD = [1, 3]
PLACE = (0, 0, "h")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model("GRU", 2)


@pytest.fixture(scope="module")
def found(model):
    return recorded(model).features(latents=6, k=3, steps=120)


def stepped(model: Model, number: int, hold=None) -> np.ndarray:
    hold = hold or (lambda t, new, old: new)
    with torch.no_grad():
        return by_hand(model.rnn, model.embedding(torch.tensor(TEXT[number])), PLACE, hold)["output"].numpy()


def test_the_latents_are_one_more_state(model, found):
    recording = found.recording
    assert list(recording.states) == [STATE, NAME]
    assert found.name == NAME
    uses: dict[int, list[np.ndarray]] = {word: [] for word in range(WORDS)}
    everything = []
    for number, row in enumerate(TEXT):
        z = found.code.latents(np.vstack([np.zeros((1, 6)), stepped(model, number)]))
        everything.append(z[1:])
        assert np.allclose(recording.states[NAME].of(number), z[1:], atol=2e-3)
        for t, word in enumerate(row):
            uses[word].append(z[t + 1] - z[t])
    for word, changes in uses.items():
        assert recording.responses[NAME].count[word] == len(changes)
        assert np.allclose(recording.responses[NAME].mean[word], np.mean(changes, axis=0), atol=1e-4)
    assert np.allclose(recording.units[NAME].mean, np.concatenate(everything).mean(axis=0), atol=1e-4)
    assert recording.states[STATE].values.tobytes() == recorded(model).states[STATE].values.tobytes()


def test_half_of_the_sequences_judges_the_other(model, found):
    record = found.recording.states[STATE]
    from rnnvis.measures.words.responses import sentence_halves

    half = np.repeat(sentence_halves(found.recording.keys), [len(row) for row in TEXT])
    values = record.values.astype(np.float32)
    assert found.kept == pytest.approx(quality(found.code, values[half == 0], values[half == 1]).kept)
    assert 0.5 < found.kept < 1


def test_latents_that_are_held_move_the_state_along_their_directions(model, found):
    code = found.code
    decoder = torch.from_numpy(code.decoder[HELD]).double()

    def what(value):
        def of(number):
            def hold(t, new, old):
                z = code.encoded(torch.stack([new, old]))
                wanted = z[1, HELD] if value is None else torch.as_tensor(value, dtype=torch.float64)
                return new + (wanted - z[0, HELD]) @ decoder

            return hold

        return of

    mean = found.recording.units[NAME].mean[HELD].astype(np.float64)
    for hold, value in (("zero", [0.0, 0.0]), ("mean", mean), ("before", None), (0.7, [0.7, 0.7])):
        ablated = found.recording.ablate(HELD, NAME, hold)
        assert ablated.after.loss == pytest.approx(losses_by_hand(model, PLACE, what(value)), abs=1e-6)
        assert np.abs(ablated.increase).max() > 1e-4
    late = found.recording.ablate(HELD, NAME, "zero", from_step=2)

    def from_two(number):
        return lambda t, new, old: new if t < 2 else what([0.0, 0.0])(number)(t, new, old)

    assert late.after.loss == pytest.approx(losses_by_hand(model, PLACE, from_two), abs=1e-6)


def test_a_latent_that_is_never_used_has_no_effect_and_all_of_them_leave_what_the_code_lacks(model, found):
    code = found.code
    whole = found.recording.ablate(range(code.size), NAME, "zero")

    def without(number):
        return lambda t, new, old: new - code.encoded(new[None])[0] @ torch.from_numpy(code.decoder).double()

    assert whole.after.loss == pytest.approx(losses_by_hand(model, PLACE, without), abs=1e-6)


def test_the_reconstruction_takes_the_place_of_the_state(model, found):
    def rebuilt(number):
        return lambda t, new, old: found.code.decoded(found.code.encoded(new[None]))[0]

    assert found.replaced is not None
    numbers = found.replaced.after.sequence_id.tolist()
    assert 0 < len(numbers) < len(TEXT)
    assert found.replaced.after.loss == pytest.approx(losses_by_hand(model, PLACE, rebuilt, numbers), abs=1e-6)
    assert found.replaced.before.loss == pytest.approx(
        losses_by_hand(model, PLACE, lambda n: lambda t, new, old: new, numbers), abs=1e-6
    )
    assert f"{found.replaced.mean:.4f}" in repr(found)


def test_latents_are_patched_and_searched(model, found):
    code = found.code
    into, of = 0, 5
    at = (1, 2)
    patched = rnnvis.patch(found.recording, into, of, at, HELD, state=NAME)
    there = code.encoded(torch.from_numpy(stepped(model, of)[2:3]))[0, HELD]

    def hold(t, new, old):
        z = code.encoded(new[None])[0, HELD]
        return new + (there - z) @ torch.from_numpy(code.decoder[HELD]).double() if t == 1 else new

    with torch.no_grad():
        after = model.head(torch.from_numpy(stepped(model, into, hold)[-1:])).log_softmax(dim=1)
    assert patched.after == pytest.approx(after.numpy(), abs=1e-6)
    searched = rnnvis.search(found.recording, [0, 2, 4, 6], [1, 3, 5, 7], 1, state=NAME, largest=2, runs=30)
    assert searched.names[0] == "unit 0"
    assert len(searched.names) == code.size


def test_it_is_published_beside_its_state(model, found, tmp_path):
    found.recording.publish(tmp_path / "out", largest_k=3, ablation=False)
    assert verify(tmp_path / "out").problems == []
    entry = read_manifest(tmp_path / "out")["datasets"][0]["models"][0]
    state, latents = entry["states"]
    assert (latents["name"], latents["kind"], latents["units"]) == (NAME, "features", 6)
    assert latents["title"] == f"{state['title']}, features"
    assert (latents["bounded"], latents["read_by_head"]) == (False, False)
    assert latents["k"] == [2, 3]
    paths = [tmp_path / "out" / file["path"] for file in latents["tables"]["responses"]["files"]]
    mean = files.matrix(files.read("responses", paths)["mean"])
    assert np.allclose(mean, found.recording.responses[NAME].mean, atol=1e-3)
    again = recorded(model).features(latents=6, k=3, steps=120)
    again.recording.publish(tmp_path / "again", largest_k=3, ablation=False)
    for path in sorted((tmp_path / "out").glob("*.parquet")):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_the_step_model_is_that_of_the_model(found):
    model = found.recording.step_model()
    assert model.states == (STATE,)
    with pytest.raises(RnnvisError, match="no state"):
        model.run(TEXT[0], [rnnvis.Hold(NAME, np.array([0]), np.zeros(1))])
    with pytest.raises(RnnvisError, match="not held in a step model"):
        model.run(TEXT[0], [rnnvis.Hold(STATE, np.array([0]), np.zeros(1), code=found.code)])


def imported(states: np.ndarray, sentences: int = 40) -> rnnvis.Recording:
    tokens = np.random.default_rng(3).integers(0, WORDS, (sentences, len(states) // sentences))
    return rnnvis.import_states({"enc.0.h": states}, tokens.tolist(), VOCABULARY, initial="zero")


def test_states_without_a_model_have_features_too():
    states, *_ = superposed(800, 8, 10, 2)
    recording = imported(states)
    found = recording.features(latents=12, k=2, steps=150)
    record = found.recording.states["enc.0.h.features"]
    kept = recording.states["enc.0.h"].values.astype(np.float32)
    latents = found.code.latents(kept)
    assert np.allclose(record.values, latents, atol=2e-3)
    start = found.code.latents(np.zeros((1, 8)))[0]
    delta = np.diff(latents.reshape(40, 20, 12), axis=1, prepend=np.broadcast_to(start, (40, 1, 12))).reshape(-1, 12)
    words = np.concatenate([np.asarray(row) for row in recording.tokens])
    for word in range(WORDS):
        assert np.allclose(
            found.recording.responses["enc.0.h.features"].mean[word], delta[words == word].mean(axis=0), atol=1e-4
        )
    assert found.replaced is None
    with pytest.raises(RnnvisError, match="cannot be run again"):
        found.recording.ablate([0], "enc.0.h.features")


def test_planted_concepts_are_told_by_features_and_not_by_units():
    states, _, amounts = superposed(2400, 4, 10, 1)
    names = [f"c{i}" for i in range(10)]
    strongest = amounts.argmax(axis=1)
    concepts = [[names[i] for i in row] for row in strongest.reshape(40, 60)]
    concepts[0][0] = None
    found = imported(states).compare_features(concepts, latents=20, k=1, seeds=(0, 1), steps=500)
    assert set(found.concepts) == set(names)
    assert dict(zip(found.concepts, found.uses, strict=True))[names[strongest[5]]] == sum(
        row.count(names[strongest[5]]) for row in concepts
    )
    assert found.features.shape == found.units.shape == (2, 10)
    means = found.means
    assert means["features"][0] > means["units"][0] + 0.1
    assert means["difference"][1] == pytest.approx(
        np.std((found.features - found.units).mean(axis=1), ddof=1) / np.sqrt(2)
    )
    row = next(row for row in found.table if row["concept"] == found.concepts[0])
    assert row["features"] == pytest.approx(found.features[:, 0].mean())
    assert row["units_error"] == pytest.approx(found.units[:, 0].std(ddof=1) / np.sqrt(2))
    assert "features are better for" in repr(found)


def test_features_are_put_beside_the_state_of_another_recording(model, found, tmp_path):
    of = recorded(model)
    other = of.with_features(found)
    assert list(other.states) == [STATE, NAME]
    for field in ("values", "published", "before"):
        assert np.array_equal(getattr(other.states[NAME], field), getattr(found.recording.states[NAME], field))
    other.publish(tmp_path / "out", largest_k=3, ablation=False)
    model_entry = read_manifest(tmp_path / "out")["datasets"][0]["models"][0]
    paths = [tmp_path / "out" / file["path"] for file in model_entry["states"][1]["tables"]["state_measures"]["files"]]
    measures = {row["measure"]: row for row in files.read("state_measures", paths).to_pylist()}
    assert measures["features_kept"]["value"] == found.kept
    assert measures["features_dead"]["value"] == found.dead
    assert measures["features_loss"]["value"] == found.replaced.mean
    assert measures["features_loss"]["standard_error"] == found.replaced.standard_error
    with pytest.raises(RnnvisError, match="found is"):
        of.with_features("features")
    with pytest.raises(RnnvisError, match=r'no state "rnn\.0\.h"'):
        imported(superposed(800, 8, 10, 2)[0]).with_features(found)
    with pytest.raises(RnnvisError, match="a state of 6 units"):
        rnnvis.import_states({STATE: np.ones((4, 8))}, [[0, 1, 2, 3]], VOCABULARY).with_features(found)


def test_what_the_other_states_leave_out_is_left_out(model):
    inside = np.arange(len(TEXT)) % 3 > 0
    of = rnnvis.record(model, TEXT, VOCABULARY, LABELS, minimum_count=1, sample=rnnvis.Sample(measured=inside))
    found = of.features(latents=6, k=3, steps=20)
    for name in (STATE, NAME):
        counts = np.bincount(np.concatenate([row for row, on in zip(TEXT, inside, strict=True) if on]), minlength=WORDS)
        assert np.array_equal(found.recording.responses[name].count, counts)
    few = dataclasses.replace(of, states={STATE: of.states[STATE].only(np.arange(3))}).with_features(found)
    assert few.states[NAME].published.tolist() == [0, 1, 2]
    assert np.array_equal(few.states[NAME].of(2), found.recording.states[NAME].of(2))


def test_what_cannot_be_is_refused(model, found, tmp_path):
    recording = recorded(model)
    for how, said in (
        ({"latents": 1}, "latents is 1"),
        ({"latents": 4, "k": 5}, "k is 5, of 4 latents"),
        ({"latents": 4, "k": 0}, "k is 0"),
        ({"latents": 4, "k": 2, "steps": 0}, "steps is 0"),
        ({"latents": 4, "k": 2, "seed": -1}, "seed is -1"),
        ({"latents": 500, "k": 2}, "too few for 500 latents"),
        ({"state": "rnn.0.c", "latents": 4, "k": 2}, 'no state "rnn.0.c"'),
        ({"latents": "many"}, "latents"),
        ({"latents": 4.5, "k": 2}, "latents"),
    ):
        with pytest.raises(RnnvisError) as refused:
            recording.features(**how)
        assert said in str(refused.value)
        assert refused.value.fix
    with pytest.raises(RnnvisError, match="made of features already"):
        found.recording.features(NAME, latents=4, k=2)
    broken = recorded(model)
    broken.states[STATE].values[3, 2] = np.nan
    with pytest.raises(RnnvisError, match="no numbers"):
        broken.features(latents=4, k=2)
    still = recorded(model)
    still.states[STATE].values[:] = 0.25
    with pytest.raises(RnnvisError, match="never changes"):
        still.features(latents=4, k=2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "concepts are None"),
        ([["a"]], "concepts are 1"),
        ([["a"] for _ in TEXT], "names for"),
        ([[1] * len(row) for row in TEXT], "holds 1"),
        ([[None] * len(row) for row in TEXT], "no concept stands at 20 steps"),
    ],
)
def test_concepts_that_do_not_fit_are_refused(model, given, said):
    with pytest.raises(RnnvisError) as refused:
        recorded(model).compare_features(given, latents=4, k=2, steps=5)
    assert said in str(refused.value)


def test_seeds_that_say_nothing_are_refused(model):
    concepts = [["a"] * len(row) for row in TEXT]
    for seeds, said in (((), "seeds is"), ((0, 0), "twice"), ((True,), "seeds is")):
        with pytest.raises(RnnvisError, match=said):
            recorded(model).compare_features(concepts, latents=4, k=2, seeds=seeds)


def test_states_that_are_carried_through_documents_have_features():
    text = [[], *TEXT[:12], [], *TEXT[12:]]
    recording = rnnvis.record(
        Model("GRU", 2).eval(), text, VOCABULARY, initial="carried", minimum_count=1, outputs="none"
    )
    found = recording.features(latents=6, k=2, steps=30)
    record, latents = (found.recording.states[name] for name in (STATE, NAME))
    for number, row in enumerate(text):
        if row:
            assert np.allclose(latents.of(number), found.code.latents(record.of(number)), atol=5e-3)
    assert found.recording.responses[NAME].count.sum() == sum(map(len, text))
    assert found.replaced is None


def test_features_of_a_signal_answer_to_its_events(tmp_path):
    rows = series()
    high = rnnvis.events.threshold("x", 0.7)
    recording = rnnvis.record(Planted(), [rnnvis.Signal(row, high, channels=("x", "y", "z")) for row in rows])
    found = recording.features(latents=5, k=2, steps=30)
    event = np.concatenate([np.asarray(of) for of in recording.tokens])
    states = [recording.states[STATE].of(i).astype(np.float32) for i in range(len(rows))]
    change = [np.diff(found.code.latents(np.vstack([np.zeros((1, 4)), of])), axis=0) for of in states]
    for one in range(len(recording.words)):
        mean = np.concatenate(change)[event == one].mean(axis=0)
        assert np.allclose(found.recording.responses[NAME].mean[one], mean, atol=2e-2)
        assert found.recording.responses[NAME].count[one] == (event == one).sum()
    found.recording.publish(tmp_path / "out", ablation=False, largest_k=3)
    assert verify(tmp_path / "out").problems == []


def test_a_module_with_code_of_its_own_is_not_called_replaced(tmp_path: Path):
    class Own(torch.nn.GRU):
        def forward(self, x, hx=None):
            hidden, last = super().forward(x, hx)
            return 0.5 * hidden, last

    class Reads(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.embedding, self.rnn = torch.nn.Embedding(WORDS, 4), Own(4, 5, batch_first=True)
            self.head = torch.nn.Linear(5, 2)

        def forward(self, ids):
            return self.head(self.rnn(self.embedding(ids))[0][:, -1])

    found = rnnvis.record(Reads(), TEXT, VOCABULARY, LABELS, minimum_count=1).features(latents=5, k=2, steps=20)
    assert found.replaced is None
    with pytest.raises(RnnvisError):
        found.recording.ablate([0], NAME)
