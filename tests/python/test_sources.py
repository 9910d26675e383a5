"""Models of other libraries: their states are those that the library's own pass over all tokens leaves behind."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis import Batch, RnnvisError, sources
from rnnvis.published.verify import verify
from rnnvis.sources.cached import _cache_of, _states

transformers = pytest.importorskip("transformers")
WORDS, STEPS = 40, 9
PAGE = Path(__file__).parents[2] / "site" / "other-libraries.md"
random = np.random.default_rng(0)
SENTENCES = [random.integers(0, WORDS, n).tolist() for n in random.integers(2, STEPS + 1, 30)]
VOCABULARY = [f"word{i}" for i in range(WORDS)]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    torch.manual_seed(0)


def mamba(head: bool = True) -> nn.Module:
    config = transformers.MambaConfig(vocab_size=WORDS, hidden_size=16, num_hidden_layers=2, state_size=4)
    return transformers.MambaForCausalLM(config) if head else transformers.MambaModel(config)


def falcon() -> nn.Module:
    return transformers.FalconMambaForCausalLM(
        transformers.FalconMambaConfig(vocab_size=WORDS, hidden_size=16, num_hidden_layers=2, state_size=4)
    )


def mamba2() -> nn.Module:
    return transformers.Mamba2ForCausalLM(
        transformers.Mamba2Config(
            vocab_size=WORDS,
            hidden_size=16,
            num_hidden_layers=2,
            state_size=4,
            num_heads=4,
            head_dim=8,
            n_groups=1,
            chunk_size=4,
        )
    )


def xlstm() -> nn.Module:
    return transformers.xLSTMForCausalLM(
        transformers.xLSTMConfig(
            vocab_size=WORDS,
            hidden_size=64,
            num_hidden_layers=2,
            num_heads=2,
            qk_dim_factor=1.0,
            chunk_size=4,
            autocast_kernel_dtype="float32",
        )
    )


def gemma() -> nn.Module:
    return transformers.RecurrentGemmaForCausalLM(
        transformers.RecurrentGemmaConfig(
            vocab_size=WORDS,
            hidden_size=32,
            num_hidden_layers=3,
            num_attention_heads=4,
            intermediate_size=64,
            lru_width=32,
            attention_window_size=16,
            num_key_value_heads=1,
        )
    )


def rwkv() -> nn.Module:
    return transformers.RwkvForCausalLM(
        transformers.RwkvConfig(
            vocab_size=WORDS, hidden_size=16, num_hidden_layers=2, attention_hidden_size=16, intermediate_size=32
        )
    )


def batch(rows: int = 3, steps: int = STEPS) -> Batch:
    ids = torch.from_numpy(np.random.default_rng(1).integers(0, WORDS, (rows, steps)))
    return Batch(ids, torch.full((rows,), steps), torch.arange(rows))


def left_behind(model: Any, ids: torch.Tensor) -> dict[str, torch.Tensor]:
    """The states after all of `ids`, read at once."""
    for module in model.modules():
        for name in ("recurrent_states", "conv1d_state"):
            if name in vars(module):
                setattr(module, name, None)
    cache = _cache_of(model)
    given = model(ids, use_cache=True)
    for name in ("cache", "cache_params", "state"):
        cache = getattr(given, name, None) if getattr(given, name, None) is not None else cache
    return _states(model, cache)


@pytest.mark.parametrize("make", [mamba, falcon, mamba2, xlstm, gemma, rwkv])
def test_each_state_is_the_one_that_all_tokens_up_to_there_leave(make: Callable[[], nn.Module]) -> None:
    model = make().eval()
    source = sources.cached(model)
    read = batch()
    with torch.no_grad():
        found = list(source.steps(read))
        assert len(found) == STEPS
        for steps in (2, 5, STEPS):
            for row in range(len(read.ids)):
                wanted = left_behind(model, read.ids[row : row + 1, :steps])
                assert set(wanted) == {name for name in source.states if name.split(".")[2] not in ("written", "read")}
                for name, state in wanted.items():
                    size = state.abs().max().clamp_min(1e-3)
                    torch.testing.assert_close(
                        found[steps - 1][name][row : row + 1] / size, state / size, atol=2e-4, rtol=0
                    )


def test_what_is_no_number_is_named_where_it_comes_about() -> None:
    model = mamba2()
    with torch.no_grad():
        model.backbone.layers[0].mixer.in_proj.weight[0, 0] = torch.nan
    with pytest.raises(RnnvisError, match="nan"):
        rnnvis.record(sources.cached(model), SENTENCES, VOCABULARY, minimum_count=1)


def test_what_a_falcon_h1_scales_behind_its_projection_is_a_state_without_writes() -> None:
    config = transformers.FalconH1Config(
        vocab_size=WORDS,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        mamba_d_ssm=16,
        mamba_n_heads=4,
        mamba_d_head=4,
        mamba_n_groups=1,
        mamba_d_state=4,
        mamba_chunk_size=4,
        ssm_multipliers=[0.5, 0.7, 0.9, 1.1, 0.6],
    )
    recording = rnnvis.record(
        sources.cached(transformers.FalconH1ForCausalLM(config)), SENTENCES, VOCABULARY, minimum_count=1
    )
    assert any(name.startswith("layers.0.ssm") for name in recording.states)
    assert not any(name.endswith((".written", ".read")) for name in recording.states)


@pytest.mark.parametrize("make", [mamba, rwkv, gemma])
def test_they_are_recorded_published_and_answer(make: Callable[[], nn.Module], tmp_path: Path) -> None:
    recording = rnnvis.record(sources.cached(make()), SENTENCES, VOCABULARY, minimum_count=1)
    assert recording.answers is not None
    assert recording.answers.means == "next word"
    recording.publish(tmp_path / "out")
    assert verify(tmp_path / "out").problems == []


def test_without_a_head_there_are_states_and_no_answer() -> None:
    recording = rnnvis.record(sources.cached(mamba(head=False)), SENTENCES, VOCABULARY, minimum_count=1)
    assert recording.answers is None
    assert next(iter(recording.states)) == "layers.0.ssm_rows"


class Forgetful(transformers.MambaForCausalLM):
    """Loses half of its state from token to token."""

    def forward(self, input_ids: Any, cache: Any = None, **kwargs: Any) -> Any:
        for layer in cache.layers if cache is not None else ():
            layer.recurrent_states[0] *= 0.5
        return super().forward(input_ids, cache=cache, **kwargs)


def test_a_cache_that_is_not_what_the_model_computes_is_refused() -> None:
    model = Forgetful(mamba().config)
    for parameter in model.parameters():  # at their first values states hardly count
        parameter.data *= 3
    with pytest.raises(RnnvisError, match="answers otherwise token by token than all at once"):
        rnnvis.record(sources.cached(model), SENTENCES, VOCABULARY, minimum_count=1)


def test_recording_such_a_model_as_it_is_names_its_source() -> None:
    with pytest.raises(RnnvisError, match=r"rnnvis\.sources\.cached\(model\)"):
        rnnvis.record(mamba(), SENTENCES, VOCABULARY)


def test_a_first_batch_of_one_sequence_does_not_settle_how_several_are_stepped() -> None:
    source, read = sources.cached(rwkv().eval()), batch()
    with torch.no_grad():
        list(source.steps(batch(1)))
        found = [of["layers.0.wkv"] for of in source.steps(read)]
        alone = [of["layers.0.wkv"] for of in source.steps(Batch(read.ids[1:2], read.lengths[1:2], read.rows[1:2]))]
    torch.testing.assert_close(torch.stack(found)[:, 1:2], torch.stack(alone))


def test_models_without_a_cache_are_refused_by_name() -> None:
    with pytest.raises(RnnvisError, match="GRU takes no cache"):
        sources.cached(nn.GRU(3, 4))
    bert = transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=WORDS, n_embd=8, n_layer=1, n_head=2))
    with pytest.raises(RnnvisError, match="holds no recurrent states"):
        sources.cached(bert)
    with pytest.raises(RnnvisError, match="no minGRU or minLSTM layer"):
        sources.min_rnn(nn.GRU(3, 4))
    with pytest.raises(RnnvisError, match="no xLSTMLMModel"):
        sources.stacked(nn.GRU(3, 4))  # type: ignore[arg-type]


@pytest.mark.parametrize("lstm", [False, True])
def test_minimal_units_are_those_that_the_library_hands_from_token_to_token(lstm: bool) -> None:
    min_lm = pytest.importorskip("minGRU_pytorch.minLM").minLM
    model = min_lm(num_tokens=WORDS, dim=12, depth=2, use_lstm=lstm).eval()
    read, source = batch(), sources.min_rnn(model)
    with torch.no_grad():
        found = list(source.steps(read))
        hidden = None
        for t in range(STEPS):
            _, hidden = model(read.ids[:, : t + 1], return_prev_hiddens=True, prev_hiddens=hidden)
            for i, state in enumerate(hidden):
                torch.testing.assert_close(found[t][f"layers.{i}.h"], state[:, 0], atol=1e-5, rtol=0)
    assert rnnvis.record(source, SENTENCES, VOCABULARY, minimum_count=1).answers is not None


def test_a_minimal_unit_that_runs_twice_is_refused() -> None:
    min_gru = pytest.importorskip("minGRU_pytorch").minGRU

    class Halves(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.rnn = nn.Embedding(WORDS, 6), min_gru(6)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            x = self.embedding(ids)
            return torch.cat([self.rnn(x[:, :1]), self.rnn(x[:, 1:])], dim=1)

    with pytest.raises(RnnvisError, match="rnn does not run once over the words"):
        list(sources.min_rnn(Halves()).steps(batch()))


def test_states_of_xlstm_are_those_of_each_sequence_by_itself() -> None:
    x = pytest.importorskip("xlstm")
    config = x.xLSTMLMModelConfig(
        vocab_size=WORDS,
        embedding_dim=32,
        num_blocks=2,
        context_length=STEPS,
        slstm_at=[1],
        mlstm_block=x.mLSTMBlockConfig(mlstm=x.mLSTMLayerConfig(num_heads=2)),
        slstm_block=x.sLSTMBlockConfig(slstm=x.sLSTMLayerConfig(backend="vanilla", num_heads=2)),
    )
    model, read = x.xLSTMLMModel(config).eval(), batch()
    source = sources.stacked(model)
    assert source.states["layers.0.C"] == (2, 32, 32)
    assert source.states["layers.1.c"] == 32
    with torch.no_grad():
        found = list(source.steps(read))
        kept = None
        for t in range(STEPS):
            _, kept = model.step(read.ids[1:2, t : t + 1], state=kept)
            torch.testing.assert_close(found[t]["layers.0.C"][1:2], kept["block_0"]["mlstm_state"][0])
            torch.testing.assert_close(found[t]["layers.1.c"][1:2], kept["block_1"]["slstm_state"][1])


def written_and_read(found: list[dict[str, torch.Tensor]], layer: str) -> tuple[torch.Tensor, torch.Tensor]:
    """What each step writes and reads, [T, B, heads] both."""
    sums = (torch.stack([of[f"{layer}.{kind}"] for of in found]) for kind in ("written", "read"))
    written, read = (torch.diff(of, dim=0, prepend=torch.zeros_like(of[:1])) for of in sums)
    return written, read


def test_what_an_mlstm_writes_and_reads_is_what_its_library_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    x = pytest.importorskip("xlstm")
    config = x.xLSTMLMModelConfig(
        vocab_size=WORDS,
        embedding_dim=32,
        num_blocks=1,
        context_length=STEPS,
        mlstm_block=x.mLSTMBlockConfig(mlstm=x.mLSTMLayerConfig(num_heads=2)),
    )
    model, read = x.xLSTMLMModel(config).eval(), batch()
    cell: Any = model.xlstm_block_stack.blocks[0].xlstm.mlstm_cell
    cell.igate.weight.data.normal_(0, 0.1)  # at its first values the gate is the same at all words
    seen, given = [], cell.backend_fn_step

    def step(**named: Any) -> Any:
        k, v, gate = (named[name].clone() for name in ("k", "v", "igate_preact"))
        h, state = given(**named)
        taken = torch.exp(gate - state[2])[..., 0, 0]
        strength = taken * k.flatten(2).norm(dim=2) * v.flatten(2).norm(dim=2) / k.shape[-1] ** 0.5
        seen.append((strength, h.flatten(2).norm(dim=2)))
        return h, state

    source = sources.stacked(model)
    monkeypatch.setattr(cell, "backend_fn_step", step)
    with torch.no_grad():
        written, said = written_and_read(source.run(read.ids).states, "layers.0")
    assert written.std() > 1e-3 * written.mean()
    torch.testing.assert_close(written, torch.stack([of for of, _ in seen]), atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(said, torch.stack([of for _, of in seen]), atol=1e-5, rtol=1e-3)


def test_what_an_xlstm_writes_and_reads_is_its_formula() -> None:
    model, read = xlstm().eval(), batch()
    for parameter in model.parameters():
        parameter.data *= 3
    layer: Any = model.backbone.blocks[1].mlstm_layer
    inside: list[torch.Tensor] = []
    source = sources.cached(model)
    hook = layer.register_forward_hook(lambda _, given, out: inside.append(given[0]))
    with torch.no_grad():
        written, said = written_and_read(source.run(read.ids).states, "layers.1")
        hook.remove()
        heads, size = 2, 32
        memory, total, scale = torch.zeros(3, heads, size, size), torch.zeros(3, heads, size), torch.zeros(3, heads)
        for t, x in enumerate(inside):
            q, k, v = (of(x).reshape(3, heads, size) for of in (layer.q, layer.k, layer.v))
            taken, kept = (15 * torch.tanh(of(x)[:, 0] / 15) for of in (layer.igate_preact, layer.fgate_preact))
            kept = nn.functional.logsigmoid(kept) + scale
            scale = torch.maximum(kept, taken)
            strength = torch.exp(taken - scale)
            memory = torch.exp(kept - scale)[..., None, None] * memory + torch.einsum(
                "bh,bhi,bhj->bhij", strength, k, v
            )
            total = torch.exp(kept - scale)[..., None] * total + strength[..., None] * k
            q = q / size**0.5
            least = torch.maximum((q * total).sum(-1).abs(), torch.exp(-scale)) + 1e-6
            h = torch.einsum("bhi,bhij->bhj", q, memory) / least[..., None]
            torch.testing.assert_close(written[t], strength * k.norm(dim=2) * v.norm(dim=2), atol=1e-4, rtol=2e-3)
            torch.testing.assert_close(said[t], h.norm(dim=2), atol=1e-4, rtol=2e-3)


def test_what_mamba2_writes_and_reads_is_what_its_library_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("transformers.models.mamba2.modeling_mamba2")
    if not hasattr(module, "mamba2_selective_state_update"):
        pytest.skip("another version of transformers")
    model, read = mamba2().eval(), batch()
    for parameter in model.parameters():
        parameter.data *= 2
    source, seen, given = sources.cached(model), [], module.mamba2_selective_state_update

    def update(state: Any, x: Any, dt: Any, a: Any, b: Any, c: Any, *others: Any, dt_bias: Any, **named: Any) -> Any:
        pace = nn.functional.softplus(dt + dt_bias)[:, :, 0]
        out = given(state, x, dt, a, b, c, *others, dt_bias=dt_bias, **named)
        seen.append((pace * x.norm(dim=2) * b[:, 0].norm(dim=1)[:, None], (state @ c[:, 0, None, :, None])[..., 0]))
        return out

    monkeypatch.setattr(module, "mamba2_selective_state_update", update)
    with torch.no_grad():
        found = source.run(read.ids).states
    assert len(seen) == 2 * (STEPS - 1)  # of two layers; the first token goes another way
    for layer in range(2):
        written, said = written_and_read(found, f"layers.{layer}")
        for t, (strength, out) in enumerate(seen[layer::2], start=1):
            torch.testing.assert_close(written[t], strength, atol=1e-5, rtol=2e-3)
            torch.testing.assert_close(said[t], out.norm(dim=2), atol=1e-5, rtol=2e-3)


def test_a_memory_that_is_written_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    source = sources.cached(mamba2().eval())
    monkeypatch.setattr("rnnvis.sources.written.Mamba2.kept", lambda self, now, before: torch.zeros(3, 4))
    with torch.no_grad(), pytest.raises(RnnvisError, match="no product of a value and a key"):
        source.run(batch().ids)


def test_the_selective_model_is_its_formula() -> None:
    model = sources.SelectiveStateSpace(WORDS, 2, units=3, numbers=2).double()
    read = batch(2)
    layer: Any = model.layers[0]
    with torch.no_grad():
        found = [of["layers.0.ssm"].numpy() for of in model.steps(read)]
        scores = model.answers(read).numpy()
        a = -np.exp(layer.log_a.numpy())
        for row, ids in enumerate(read.ids.numpy()):
            h = np.zeros((3, 2))
            for t, word in enumerate(ids):
                x = model.embedding.weight[word].numpy()
                pace = np.log1p(np.exp(layer.pace.weight.numpy() @ x + layer.pace.bias.numpy()))
                h = np.exp(pace[:, None] * a) * h + np.outer(pace * x, layer.b.weight.numpy() @ x)
                np.testing.assert_allclose(found[t][row].reshape(3, 2), h, atol=1e-12)
            y = h @ (layer.c.weight.numpy() @ x) + layer.d.numpy() * x
            z = layer.z.weight.numpy() @ x
            out = x + layer.out.weight.numpy() @ (y * z / (1 + np.exp(-z)))
            np.testing.assert_allclose(scores[row], model.head.weight.numpy() @ out + model.head.bias.numpy())


def test_its_states_can_be_held() -> None:
    model = sources.SelectiveStateSpace(WORDS, 2, units=3, numbers=2, layers=2)
    labels = [sentence[0] % 2 for sentence in SENTENCES]
    recording = rnnvis.record(model, SENTENCES, VOCABULARY, labels, minimum_count=1)
    without = recording.ablate(state="layers.0.ssm")
    with torch.no_grad():
        nothing = torch.zeros(1, 6)
        ids = torch.tensor([SENTENCES[0]])
        read = Batch(ids, torch.tensor([len(SENTENCES[0])]), torch.zeros(1, dtype=torch.int64))
        held = model.answers(read, hold=lambda name, t, h: nothing if name == "layers.0.ssm" else h)
    np.testing.assert_allclose(np.asarray(without.after.values[0]), held[0].log_softmax(0).numpy(), atol=1e-5)


def test_the_pages_snippet_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 6
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(PAGE), "exec"), {"vocabulary": VOCABULARY, "sequences": SENTENCES, "rnnvis": rnnvis})
    assert verify(tmp_path / "mamba").problems == []
