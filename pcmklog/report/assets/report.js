/* What the page can do besides its drawing: open what a link leads to, copy findings, print itself whole. */
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* Opens everything that an element is folded into, and its proof. */
  function unfold(element) {
    for (let parent = element; parent; parent = parent.parentElement) if (parent.matches("details")) parent.open = true;
    all("details.evidence", element).forEach((details) => { details.open = true; });
  }

  function goTo(element) {
    unfold(element);
    all(".hit").forEach((other) => other.classList.remove("hit"));
    element.classList.add("hit");
    element.scrollIntoView({ block: "start" });
    element.focus({ preventScroll: true });
  }

  /* The finding with this id of the report. */
  function reveal(id) {
    const finding = all("article[data-finding]").find((one) => one.dataset.finding === String(id));
    if (finding) goTo(finding);
  }

  function target() {
    const element = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (element && element.matches("article, details")) goTo(element);
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])").filter((details) => !details.matches(".quietbox, .rule, .walk.well"));
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
  addEventListener("hashchange", target);
  window.report = { reveal, goTo };
  target();
})();
