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

  /* Copies text; where the browser has no clipboard for files, it is shown selected, ready to be copied by hand. */
  async function copy(words, button) {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(words);
      button.textContent = "Copied";
    } catch {
      byHand(words);
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  }

  function byHand(words) {
    const area = dialog.querySelector("textarea");
    area.value = words;
    dialog.showModal();
    area.focus();
    area.select();
  }

  const text = (root, selector) => all(selector, root).map((one) => one.textContent.replace(/\s+/gu, " ").trim()).join("\n");

  /* The paragraphs and lists of a part, code in back quotes where it is wanted. */
  function prose(root, selector, quote) {
    const part = root.querySelector(`:scope > ${selector}`);
    if (!part) return "";
    const whole = part.cloneNode(true);
    all("h4, summary", whole).forEach((head) => head.remove());
    if (quote) all("code", whole).forEach((code) => { code.textContent = `\`${code.textContent}\``; });
    return all("p, li", whole).map((one) => `${one.matches("li") ? "- " : ""}${one.textContent.replace(/\s+/gu, " ").trim()}`).join("\n");
  }

  function proofs(root) {
    return all(":scope > .evidence .excerpt", root).map((excerpt) => ({
      file: text(excerpt, ".file"),
      lines: all(".l", excerpt).map((one) => {
        const no = one.querySelector(".no").textContent;
        return `${one.matches(".proof") ? ">" : " "} ${no.padStart(6)}  ${one.querySelector(".tx").textContent}`;
      }),
    }));
  }

  function taken(finding, how) {
    const address = `${location.href.split("#")[0]}#${finding.id}`;
    if (how === "link") return address;
    const markdown = how === "markdown";
    const head = ["severity", "code", "where"].map((name) => text(finding, `header .line .${{ severity: "badge" }[name] || name}`)).join(" ");
    const title = text(finding, "header h3"), when = text(finding, "header .when").replace(/ · show on the timeline$/u, "");
    const why = prose(finding, ".why", markdown), advice = prose(finding, ".advice", markdown), against = prose(finding, ".against", markdown);
    const evidence = proofs(finding).map(({ file, lines }) => {
      const inside = lines.join("\n");
      const fence = "`".repeat(Math.max(3, ...[...inside.matchAll(/`+/gu)].map((run) => run[0].length + 1)));
      return markdown ? `\`${file}\`\n\n${fence}text\n${inside}\n${fence}` : `${file}\n${inside}`;
    });
    const parts = markdown
      ? [`### ${title}`, `**${head}** · ${when}`, why, advice && `**What to do**\n\n${advice}`, against, ...evidence, `Finding \`${finding.id}\``]
      : [title, `${head}, ${when}`, why, advice && `What to do:\n${advice}`, against, ...evidence, `Finding ${finding.id}`];
    return `${parts.filter(Boolean).join("\n\n")}\n`;
  }

  const dialog = document.getElementById("by-hand");
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  all(".does").forEach((tools) => { tools.hidden = false; });
  all("[data-take]").forEach((button) => button.addEventListener("click", () => copy(taken(button.closest("article"), button.dataset.take), button)));
  all("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => copy(button.parentElement.querySelector("code").textContent, button));
  });

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])").filter((details) => !details.matches(".quietbox, .rule, .walk.well, .further"));
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
  addEventListener("hashchange", target);
  window.report = { reveal, goTo };
  target();
})();
