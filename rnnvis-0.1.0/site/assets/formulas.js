/* Typesets the formulas that pymdownx.arithmatex marked, with the KaTeX that lies beside this file. */
document.querySelectorAll(".arithmatex").forEach((element) => {
  const source = element.textContent.trim();
  const formula = source.slice(2, -2);
  katex.render(formula, element, { displayMode: source.startsWith("\\["), throwOnError: true, strict: "error" });
});
