/* The log of all nodes: columns as `browse.py` writes them, filtered and shown a page at a time. */
"use strict";
(() => {
  const source = document.getElementById("events");
  const body = document.getElementById("log-body");
  if (!source || !body) return;
  const PAGE = 100;
  const data = JSON.parse(source.textContent);
  const get = (name) => document.getElementById(`log-${name}`);
  const numbers = (name) => Int32Array.from(data.columns[name].split(" "), Number);
  const SEVERE = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug", "trace"];
  const CHOICES = [["", "any level"], ["5", "notice"], ["4", "warning"], ["3", "error"]];
  const node = numbers("node"), daemon = numbers("daemon"), level = numbers("level"), text = numbers("text");
  const shift = numbers("shift"), file = numbers("file"), line = numbers("line");
  const at = new Float64Array(data.rows);
  data.columns.at.split(" ").reduce((time, step, row) => (at[row] = time + Number(step)), data.first);
  const lower = data.texts.map((one) => one.toLowerCase());
  const weight = data.levels.map((one) => (SEVERE.includes(one) ? SEVERE.indexOf(one) : 6));
  let found = [], page = 0, here = null;

  const stamp = (ms) => new Date(ms).toISOString().replace("T", " ").slice(0, 23);
  const face = (row) => stamp(at[row] + (get("local").checked ? data.shifts[shift[row]] : 0));
  const number = (count) => count.toLocaleString("en");

  const lasted = (seconds) => (!(seconds >= 0.1) ? " at once" : seconds < 120 ? ` in ${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : ` in ${Math.round(seconds / 60)} min`);

  function make(tag, words, kind) {
    const element = document.createElement(tag);
    if (words) element.textContent = words;
    if (kind) element.className = kind;
    return element;
  }

  function choose(select, options) {
    select.replaceChildren(...options.map(([value, words]) => Object.assign(make("option", words), { value })));
  }

  function proof(row) {
    const id = data.proofs[row];
    if (id === undefined) return [];
    const finding = [...document.querySelectorAll("article[data-finding]")].find((one) => one.dataset.finding === id);
    if (!finding) return [];
    const link = make("a", `finding ${(finding.querySelector(".number") || finding).lastChild.textContent.trim()}`, "proven");
    link.href = `#${finding.id}`;
    return [" ", link];
  }

  function drawn(row) {
    const name = data.levels[level[row]] || "";
    const kind = weight[level[row]] <= 3 ? "error" : weight[level[row]] === 4 ? "warning" : "";
    const tr = make("tr", "", row === here ? "here" : data.proofs[row] !== undefined ? "proof" : "");
    const said = make("td", "", "said");
    const times = data.times[row];
    const whole = make("div"), words = make("span", data.texts[text[row]], "words");
    words.append(...proof(row));
    if (times) words.append(" ", make("span", `${number(times)} times${lasted(data.lasting[row] / 1000)}`, "times"));
    whole.append(words, make("span", `${data.files[file[row]]}:${line[row]}`, "file"));
    said.append(whole);
    tr.append(make("td", face(row), "t"), make("td", data.nodes[node[row]] || "–"), make("td", data.daemons[daemon[row]]),
      make("td", name, `level ${kind}`), said);
    return tr;
  }

  function show() {
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    get("rows").replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map(drawn));
    get("count").textContent = found.length ? `${number(found.length)} of ${number(data.rows)} rows` : "No row fits these filters.";
    get("page").textContent = `page ${number(page + 1)} of ${number(pages)}`;
    get("clock").textContent = get("local").checked ? "Time (as logged)" : "Time (UTC)";
    body.querySelectorAll("[data-page]").forEach((button) => {
      const early = ["first", "back"].includes(button.dataset.page);
      button.disabled = early ? page === 0 : page >= pages - 1;
    });
  }

  function filter() {
    const words = get("text").value.toLowerCase().split(/\s+/u).filter(Boolean);
    const fits = words.length ? lower.map((one) => words.every((word) => one.includes(word))) : null;
    const wanted = { node: get("node").value, daemon: get("daemon").value, level: get("level").value };
    const proofs = get("proofs").checked;
    found = [];
    for (let row = 0; row < data.rows; row += 1) {
      if (fits && !fits[text[row]]) continue;
      if (wanted.node !== "" && node[row] !== Number(wanted.node)) continue;
      if (wanted.daemon !== "" && daemon[row] !== Number(wanted.daemon)) continue;
      if (wanted.level !== "" && weight[level[row]] > Number(wanted.level)) continue;
      if (proofs && data.proofs[row] === undefined) continue;
      found.push(row);
    }
    page = 0;
    around();
  }

  /* Turns to the page that holds the moment in the field, and marks the row. */
  function around() {
    const words = get("at").value.trim().replace(" ", "T");
    const wanted = words ? Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/u.test(words) ? words : `${words}Z`) : NaN;
    get("at").setAttribute("aria-invalid", String(Boolean(words) && Number.isNaN(wanted)));
    here = null;
    if (!Number.isNaN(wanted) && found.length) {
      const first = found.findIndex((row) => at[row] >= wanted);
      const place = first < 0 ? found.length - 1 : first;
      here = found[place];
      page = Math.floor(place / PAGE);
    }
    show();
    const row = get("rows").querySelector(".here");
    if (row) row.scrollIntoView({ block: "center" });
  }

  const moves = { first: () => 0, back: () => page - 1, on: () => page + 1, last: () => Infinity };
  body.querySelectorAll("[data-page]").forEach((button) => button.addEventListener("click", () => {
    page = moves[button.dataset.page]();
    show();
  }));
  function clear() {
    ["text", "node", "daemon", "level", "at"].forEach((name) => { get(name).value = ""; });
    get("proofs").checked = false;
  }
  get("clear").addEventListener("click", () => { clear(); filter(); });
  ["text", "node", "daemon", "level", "proofs"].forEach((name) => get(name).addEventListener("input", filter));
  get("local").addEventListener("input", show);
  get("at").addEventListener("change", around);
  document.querySelectorAll("[data-around]").forEach((button) => button.addEventListener("click", () => {
    clear();
    get("at").value = stamp(Date.parse(button.dataset.around));
    filter();
    document.getElementById("log").focus({ preventScroll: true });
  }));

  const sorted = (names, all) => [["", all], ...names.map((name, place) => [String(place), name || "not known"])
    .sort((one, other) => one[1].localeCompare(other[1]))];
  choose(get("node"), sorted(data.nodes, "all nodes"));
  choose(get("daemon"), sorted(data.daemons, "all daemons"));
  choose(get("level"), CHOICES);
  /* What the timeline shows of them, each by itself. */
  window.report.marked = Object.entries(data.marks).map(([row, kind]) => ({
    at: at[row], until: at[row] + (data.lasting[row] || 0), times: data.times[row] || 1, node: data.nodes[node[row]], daemon: data.daemons[daemon[row]],
    title: data.kinds[kind], said: data.texts[text[row]], place: `${data.files[file[row]]}:${line[row]}`,
  }));
  body.hidden = false;
  filter();
})();
