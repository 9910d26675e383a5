/* A table or a formula that is wider than its page scrolls, and keys reach it. */
(function () {
  function reach() {
    document.querySelectorAll(".md-typeset__scrollwrap, div.arithmatex, .katex-display").forEach((box) => {
      const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowX);
      if (scrolls && box.scrollWidth > box.clientWidth) {
        const caption = box.querySelector("caption");
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", caption ? caption.textContent : box.querySelector("table") ? "Table" : "Formula");
      } else ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
    });
  }
  window.addEventListener("load", reach);
  window.addEventListener("resize", reach);
})();
