/* A text that is read beside a picture: the picture shows what the paragraph in view speaks of. */
(function () {
  "use strict";
  var NAMES = ["sentence", "step", "sentence2", "step2", "k", "words"];

  function follow(walk) {
    var picture = walk.querySelector("rnnvis-explorer");
    var stops = [].slice.call(walk.querySelectorAll("[data-stop]"));
    if (!picture || !stops.length) return;
    var shown = stops[0];

    function show(stop) {
      if (stop === shown) return;
      shown = stop;
      stops.forEach(function (one) {
        one.classList.toggle("rv-walk__now", one === stop);
      });
      NAMES.forEach(function (name) {
        var value = stop.getAttribute("data-" + name);
        if (value === null) picture.removeAttribute(name);
        else if (picture.getAttribute(name) !== value) picture.setAttribute(name, value);
      });
    }

    shown.classList.add("rv-walk__now");
    walk.classList.add("rv-walk--follows");
    // A paragraph counts while it crosses a line a little above the middle of the window; below the picture, where
    // that stays above the text.
    var above = window.matchMedia("(max-width: 1023px) and (min-height: 720px)").matches;
    var seen = new IntersectionObserver(
      function (entries) {
        entries.forEach(function (entry) {
          if (entry.isIntersecting) show(entry.target);
        });
      },
      { rootMargin: above ? "-76% 0px -23% 0px" : "-45% 0px -54% 0px" }
    );
    stops.forEach(function (stop) {
      seen.observe(stop);
    });
  }

  if ("IntersectionObserver" in window) [].slice.call(document.querySelectorAll(".rv-walk")).forEach(follow);
})();
