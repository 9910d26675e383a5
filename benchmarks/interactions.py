"""What the benchmarks do on the page: each returns milliseconds from the event to after the next frame."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Page

PICTURE = "document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]')"
READY = """() => {
  const drawn = document.querySelector('rnnvis-explorer')?.shadowRoot?.querySelector('[data-picture]')?.inspect?.();
  return Boolean(drawn && drawn.chips.length && drawn.clouds.length);
}"""

# Runs in the page from its first moment, so that nothing has to be injected into it while it loads. The picture is
# seen when the frame after the one in which it stood complete has ended.
WATCH = f"""(() => {{
  const ready = {READY};
  const look = () => (ready() ? requestAnimationFrame(() => setTimeout(seen)) : requestAnimationFrame(look));
  const seen = () => (window.__seen = performance.now());
  requestAnimationFrame(look);
}})()"""

TOOLS = """window.__bench = (() => {
  const element = document.querySelector('rnnvis-explorer');
  const root = element.shadowRoot;
  const explorer = element.explorer;
  const picture = () => root.querySelector('[data-picture]');
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const timed = async (act) => {
    const start = performance.now();
    act();
    await frame();
    return performance.now() - start;
  };
  const drawn = picture().inspect();
  const blank = explorer.view.find;
  const held = (limit) => drawn.clouds.flatMap((c) => c.words).filter((w) => w.wordId < limit).map((w) => w.text);
  const button = (text) => [...root.querySelectorAll('[data-word]')].find((b) => b.dataset.word === text);
  const move = (x, y) => {
    const stage = picture().querySelector('canvas').parentElement;
    const box = stage.getBoundingClientRect();
    const at = { bubbles: true, composed: true, pointerType: 'mouse', clientX: box.x + x, clientY: box.y + y };
    stage.dispatchEvent(new PointerEvent('pointermove', at));
  };
  return {
    words: held,
    chips: drawn.chips.map((c) => [c.x + 6, c.y + c.height / 2]),
    points: drawn.chips.flatMap((c) => c.cells.slice(0, 8).map((u) => [u.x + 0.5, u.y + 0.5])),
    warm: async (text) => {
      const id = explorer.vocabulary.id.get(text);
      explorer.hover = { kind: 'word', wordId: id, cluster: 0 };
      for (let i = 0; i < 100 && !explorer.wordResponses.has(id); i++) await new Promise((d) => setTimeout(d, 20));
      explorer.hover = null;
      await frame();
    },
    select: (text) => timed(() => button(text) ? button(text).click() : explorer.toggleWord(text)),
    hover: ([x, y]) => timed(() => move(x, y)),
    clusters: (k) => timed(() => {
      const slider = root.querySelector('input[type=range]');
      slider.value = k;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      slider.dispatchEvent(new Event('change', { bubbles: true }));
    }),
    settled: async (k) => {
      const start = performance.now();
      while (explorer.clustering?.k !== k && performance.now() - start < 5000) await frame();
      return performance.now() - start;
    },
    find: () => explorer.openFind({ mode: 'sentences' }),
    search: async (find) => {
      const done = () => performance.getEntriesByName('rnnvis search');
      const before = done().length;
      const start = performance.now();
      explorer.setFind({ ...blank, ...find });
      while (done().length === before && performance.now() - start < 60000) await new Promise((d) => setTimeout(d, 10));
      return done()[before].duration;
    },
    sentence: async (key) => {
      const start = performance.now();
      explorer.setSentence(key, 1);
      while (explorer.sentence?.key !== key && performance.now() - start < 30000) await frame();
      await frame();
      return performance.now() - start;
    },
  };
})()"""


class Scripting:
    """How long JavaScript ran, by the browser's own count (CDP, Performance.getMetrics, ScriptDuration)."""

    def __init__(self, session: CDPSession) -> None:
        self.session = session
        session.send("Performance.enable")

    def __call__(self) -> float:
        """Milliseconds of script since the page began."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return 1000 * float(next(m["value"] for m in metrics if m["name"] == "ScriptDuration"))


def act(page: Page, scripting: Scripting, call: str, value: Any) -> tuple[float, float]:
    """Do one thing; milliseconds to after the next frame, and of script within them."""
    before = scripting()
    shown = float(page.evaluate(f"(value) => window.__bench.{call}(value)", value))
    return shown, scripting() - before
