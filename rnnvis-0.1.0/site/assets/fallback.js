/* Says why the explorer does not appear. Old syntax on purpose: it runs where the explorer cannot. */
(function () {
  var OLD =
    "This browser is too old for the explorer. It needs Chrome or Edge 111, Firefox 115, Safari 16.4, or newer. " +
    "Everything else on this site can be read as it is.";
  var MISSING =
    "The explorer's program could not be loaded. If this is your own copy of the site, build it again with " +
    "“make demo-build”; otherwise check the connection and reload.";

  function say(text) {
    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", function () {
        say(text);
      });
      return;
    }
    var explorers = document.getElementsByTagName("rnnvis-explorer");
    for (var i = 0; i < explorers.length; i++) {
      var paragraph = document.createElement("p");
      paragraph.className = "rv-wait rv-wait--problem";
      paragraph.setAttribute("role", "alert");
      paragraph.appendChild(document.createTextNode(text));
      explorers[i].innerHTML = "";
      explorers[i].appendChild(paragraph);
    }
  }

  function failed(event) {
    if (/\/rnnvis-explorer\.js$/.test(event.target.src || "")) say(MISSING);
  }

  document.addEventListener("error", failed, true);

  /* Newer browsers that lack something get their message from the element itself. */
  if (!("noModule" in document.createElement("script")) || !("customElements" in window)) say(OLD);
})();
