"""axe-core, put into a page with everything inside shadow roots: what it finds against WCAG A and AA."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "viewer" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
RUN = """async (only) => {
  const options = { resultTypes: ['violations'], elementRef: false };
  if (only) options.runOnly = { type: 'rule', values: [only] };
  const results = await axe.run(document, options);
  return results.violations.map(({ id, impact, help, nodes }) => ({
    id, impact, help,
    nodes: nodes.slice(0, 6).map((node) => [node.target.flat().join(' '), node.failureSummary].join(' | ')),
  }));
}"""


def findings(page: Page, impacts: tuple[str, ...] = GRAVE, only: str | None = None) -> list[str]:
    """Violations of `impacts` on the page as it is, one line a rule with the first elements it concerns.

    `only` names the one rule to run, such as color-contrast; without it all are run that axe runs by itself.

    Raises FileNotFoundError where viewer/node_modules is not installed.
    """
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN, only)
    return [
        f"{each['impact']} {each['id']}: {each['help']}\n    " + "\n    ".join(each["nodes"])
        for each in found
        if each["impact"] in impacts
    ]
