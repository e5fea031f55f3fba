/* Draws the timeline with plotly and connects it with the findings.  Without it the page shows the drawing for paper.
   What is shown is the JSON in #figure (see report/timeline.py): lanes, bars, marks, findings, fencing, density.  Here
   they get their places: y is in pixels from the top, x in milliseconds since 1970 UTC. */
"use strict";
(() => {
  const root = document.documentElement;
  const plot = document.getElementById("plot");
  const source = document.getElementById("figure");
  if (!source || !plot || !window.Plotly) return;
  const figure = JSON.parse(source.textContent);
  const SEVERITIES = ["critical", "error", "warning", "info"];
  const SYMBOLS = { critical: ["octagon", 20], error: ["square", 17], warning: ["diamond", 23], info: ["circle", 18] };
  const CONFIG = { displayModeBar: false, scrollZoom: false, showTips: false, doubleClick: false };
  const DAY = 86400000;
  const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1.5e4, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, DAY];
  const DATE = 92;
  const GAP = 8, ROW = 24, MOST_ROWS = 4, APART = 21, NARROW = 620, MANY_LANES = 60, MANY_RINGS = 60, BAR = 9, MOST_MARKS = 1500, MOST_WORDS = 24;
  const wanted = { nodes: new Set(), severity: new Set(), family: new Set(), show: new Set(), daemons: "all" };
  const rows = new Map(), margins = new Map();
  const places = figure.findings.map((_, place) => place).sort((a, b) => figure.findings[a].n - figure.findings[b].n);
  let view = figure.near || figure.all, current = null, frame = null, known = null, lanes = [], traces = [];

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const own = (look) => colour(figure.looks[look].colour);
  const safe = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const stamp = (ms) => new Date(ms).toISOString().replace("T", " ").slice(0, 23);
  const narrow = () => plot.clientWidth < NARROW;
  const short = (label) => (narrow() ? label.replace(/^pacemaker-/, "") : label);
  const cut = (text, most) => (text.length > most ? `${text.slice(0, Math.max(most - 1, 1))}…` : text);

  /* A label that fits into so many pixels: of a longer one both ends stay, for names of hosts differ there. */
  const ruler = document.createElement("canvas").getContext("2d");
  function wide(text, size) {
    ruler.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
    return ruler.measureText(text).width;
  }
  function fitting(text, room, size) {
    if (wide(text, size) <= room) return text;
    for (let kept = text.length - 1; kept > 2; kept -= 1) {
      const shown = `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
      if (wide(shown, size) <= room) return shown;
    }
    return cut(text, 3);
  }

  /* Plotly reads a kind of HTML: everything foreign goes through here. */
  function told(head, ...lines) {
    const wide = narrow() ? 44 : 96, out = [`<b>${safe(cut(head, wide * 2))}</b>`];
    lines.filter(Boolean).forEach((line) => {
      for (let at = 0; at < line.length && at < wide * 5; at += wide) out.push(safe(line.slice(at, at + wide)));
    });
    return out.join("<br>");
  }

  /* What is shown. */
  const nodeShown = (node) => node < 0 || !wanted.nodes.has(node);
  const findingShown = (one) => !wanted.severity.has(one.severity) && !wanted.family.has(one.family) &&
    (one.lane < 0 || nodeShown(figure.lanes[one.lane].node)) && (!one.nodes.length || one.nodes.some(nodeShown));
  const daemonShown = (lane) => wanted.daemons === "all" || (wanted.daemons === "main" && lane.main);

  function stacked() {
    /* Puts findings that are near each other into rows; what finds no row is counted by a mark of its own. */
    const width = Math.max(plot.clientWidth - margin(), 100), length = view[1] - view[0];
    const taken = new Set(), spots = new Map(), more = new Map(), used = new Map();
    const order = figure.findings.map((one, place) => [one, place]).filter(([one]) => findingShown(one));
    order.sort(([a], [b]) => (b.rank > 0) - (a.rank > 0) || SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.at - b.at);
    const free = (lane, row, x) => [-1, 0, 1].every((side) => {
      const other = spots.get(`${lane} ${row} ${Math.floor(x / APART) + side}`);
      return other === undefined || Math.abs(other - x) >= APART;
    });
    const found = [];
    for (const [one, place] of order) {
      const x = ((one.at - view[0]) / length) * width;
      let row = 0;
      if (x >= -width && x <= 2 * width) {
        while (row < MOST_ROWS && !free(one.lane, row, x)) row += 1;
      }
      if (row < MOST_ROWS) {
        spots.set(`${one.lane} ${row} ${Math.floor(x / APART)}`, x);
        if (x >= 0 && x <= width) used.set(one.lane, Math.max(used.get(one.lane) || 0, row + 1));
        found.push({ one, place, row, x });
      } else {
        const key = `${one.lane} ${Math.round(x / (2 * APART))}`;
        if (!more.has(key)) more.set(key, { lane: one.lane, places: [] });
        more.get(key).places.push(place);
        used.set(one.lane, MOST_ROWS + 1);
      }
      taken.add(one.lane);
    }
    more.forEach(({ places: alone }, key) => {
      if (alone.length > 1) return;
      const one = figure.findings[alone[0]];
      found.push({ one, place: alone[0], row: MOST_ROWS, x: ((one.at - view[0]) / length) * width });
      more.delete(key);
    });
    return { found, more: [...more.values()], taken, used, free };
  }

  /* As wide as the longest label, which are measured once for each width. */
  function margin() {
    const size = narrow() ? 10 : 11;
    if (!margins.has(size)) {
      const labels = new Set(figure.lanes.filter((lane) => lane.kind !== "name").map((lane) => short(lane.label)));
      margins.set(size, Math.min(Math.max(48, ...[...labels].map((label) => wide(label, size))) + 16, narrow() ? 100 : 180));
    }
    return margins.get(size);
  }

  function laidOut(stack) {
    let top = 0;
    lanes = figure.lanes.map((lane, place) => {
      const kept = Math.max(rows.get(place) || 1, stack.used.get(place) || 1);
      const shown = nodeShown(lane.node) && (lane.kind !== "life" || daemonShown(lane)) &&
        (lane.kind !== "findings" || stack.taken.has(place)) && (lane.kind !== "rings" || !wanted.show.has("ring"));
      if (lane.kind === "findings") rows.set(place, kept);
      if (lane.kind === "name" && top) top += GAP;
      const height = lane.kind === "findings" ? kept * ROW : lane.height;
      const at = { ...lane, place, shown, top, height, middle: top + height / 2 };
      if (shown) top += height;
      return at;
    });
    return top + 4;
  }

  function bars(look, some, thick, shift = 0) {
    const least = ((view[1] - view[0]) / Math.max(plot.clientWidth, 300)) * 2, style = figure.looks[look];
    return {
      type: "bar", orientation: "h", name: style.words, meta: look,
      base: some.map((bar) => bar.since), x: some.map((bar) => Math.max(bar.until - bar.since, least)),
      y: some.map((bar) => bar.y + shift), width: some.map((bar) => bar.thick || thick),
      marker: { color: own(look), line: { width: 0 }, pattern: { shape: style.hatch, size: 6, solidity: thick > BAR ? 0.16 : 0.25, fgcolor: colour("--hatch"), bgcolor: own(look) } },
      hovertext: some.map((bar) => bar.text), hovertemplate: "%{hovertext}<extra></extra>",
    };
  }

  function marks(look, some, marker, more = {}) {
    return {
      type: "scatter", mode: "markers", name: figure.looks[look].words, meta: look, x: some.map((mark) => mark.x), y: some.map((mark) => mark.y),
      marker, hovertext: some.map((mark) => mark.text), hovertemplate: "%{hovertext}<extra></extra>",
      customdata: some.map((mark) => mark.data), cliponaxis: true, ...more,
    };
  }

  function* holes() {
    const found = figure.holes.filter(([node]) => nodeShown(node)).flatMap(([node, since, until, words]) => {
      const mine = lanes.filter((lane) => lane.shown && lane.node === node && lane.kind !== "name");
      const text = told(`${figure.nodes[node].name}: ${words}`, `${stamp(since)} to ${stamp(until)}`);
      return [mine.filter((lane) => lane.kind !== "lines"), mine.filter((lane) => lane.kind === "lines")].filter((some) => some.length).map((some) => {
        const top = some[0].top, end = some[some.length - 1].top + some[some.length - 1].height;
        return { since, until, y: (top + end) / 2, thick: end - top - 2, text };
      });
    });
    if (found.length) {
      const trace = bars("hole", found, 10);
      Object.assign(trace.marker, { color: "rgba(0,0,0,0)", pattern: { shape: "/", size: 7, solidity: 0.14, fgcolor: own("hole"), bgcolor: colour("--hole-ground") } });
      yield trace;
    }
  }

  function* density() {
    const inside = (strip) => strip.began <= view[0] + 1 && strip.nodes.length && strip.began + 200 * strip.step >= view[1] - 1;
    const strip = figure.density.slice(1).find(inside) || figure.density[0];
    if (!strip) return;
    const spot = new Map(lanes.filter((lane) => lane.shown && lane.kind === "lines").map((lane) => [lane.node, lane]));
    const most = Math.max(1, ...strip.nodes.flatMap(([, found]) => found.map(([, lines]) => lines)));
    for (const [look, column] of [["lines", 1], ["severe", 2]]) {
      const x = [], y = [], hover = [];
      strip.nodes.filter(([node]) => spot.has(node)).forEach(([node, found]) => {
        const lane = spot.get(node), floor = lane.top + lane.height - 2, tall = lane.height - 5;
        found.filter((bucket) => bucket[column]).forEach(([number, lines, severe]) => {
          const since = strip.began + number * strip.step, level = floor - Math.max(2, tall * Math.sqrt([0, lines, severe][column] / most));
          const text = told(figure.nodes[node].name, `${lines.toLocaleString("en")} known lines, ${severe} of them severe, in ${(strip.step / 1000).toPrecision(3)} s from ${stamp(since)}`);
          x.push(since, since, since + strip.step, since + strip.step, since, null);
          y.push(floor, level, level, floor, floor, null);
          hover.push(text, text, text, text, text, "");
        });
      });
      if (x.length) yield { type: "scatter", mode: "lines", fill: "toself", hoveron: "points", name: figure.looks[look].words, meta: look, x, y, line: { width: 0.5, color: own(look) }, fillcolor: own(look), hovertext: hover, hovertemplate: "%{hovertext}<extra></extra>" };
    }
  }

  function* rings(total) {
    const lane = lanes.find((one) => one.kind === "rings" && one.shown);
    if (!lane) return;
    const found = figure.rings.map(([at, lines]) => ({ x: at, y: lane.middle, text: told(...lines) }));
    const seen = found.filter(({ x }) => x >= view[0] && x <= view[1]);
    if (seen.length <= MANY_RINGS) {
      yield { type: "scatter", mode: "lines", name: "", meta: "ring", hoverinfo: "skip", x: seen.flatMap(({ x }) => [x, x, null]), y: seen.flatMap(() => [lane.middle, total, null]), line: { width: 1, dash: "dot", color: own("ring") }, opacity: 0.55 };
    }
    yield marks("ring", found, { symbol: "diamond-tall", size: 11, color: own("ring") });
  }

  function* lived() {
    const by = new Map();
    figure.bars.forEach(([place, since, until, look, text, lines]) => {
      const lane = lanes[place];
      if (!lane.shown || until < view[0] - (view[1] - view[0]) || since > view[1] + (view[1] - view[0])) return;
      if (!by.has(look)) by.set(look, []);
      by.get(look).push({ since, until, label: text, lane, y: lane.middle, text: told(lines[0], `${stamp(since)} to ${stamp(until)}`, ...lines.slice(1)) });
    });
    const labels = [];
    const scale = (plot.clientWidth - margin()) / (view[1] - view[0]);
    for (const look of figure.order) {
      const some = by.get(look);
      if (some && look !== "unknown") yield bars(look, some, look === "dc" ? 3 : some[0].lane.kind === "band" ? 14 : BAR, look === "dc" ? 6 : 0);
      if (some && look === "unknown") yield bars(look, some.filter((bar) => bar.lane.kind === "life"), BAR);
      (some || []).filter((bar) => bar.label && bar.lane.kind === "band" && look !== "unknown").forEach((bar) => {
        const since = Math.max(bar.since, view[0]), room = (Math.min(bar.until, view[1]) - since) * scale;
        if (bar.label.length * 5.4 + 8 < room) labels.push({ x: since, y: bar.y, label: bar.label });
        else if (bar.label.split(",")[0].length * 5.4 + 8 < room) labels.push({ x: since, y: bar.y, label: bar.label.split(",")[0] });
      });
    }
    yield { type: "scatter", mode: "text", name: "", meta: "text", hoverinfo: "skip", x: labels.map(({ x }) => x), y: labels.map(({ y }) => y), text: labels.map(({ label }) => `&nbsp;${safe(label)}`), textposition: "middle right", textfont: { size: 10, color: colour("--band-ink") } };
  }

  /* Every key event that the log of the page holds, by its lane. */
  function each() {
    if (known) return known;
    known = new Map();
    const spot = new Map(figure.lanes.map((lane, place) => [lane, place]).filter(([lane]) => lane.kind === "life").map(([lane, place]) => [`${figure.nodes[lane.node].name} ${lane.label}`, place]));
    ((window.report && window.report.marked) || []).forEach(({ at, until, times, node, daemon, title, said, place }) => {
      const lane = spot.get(`${node} ${daemon}`);
      if (lane === undefined) return;
      if (!known.has(lane)) known.set(lane, []);
      known.get(lane).push([lane, at, until, times, "event", title, said, place]);
    });
    return known;
  }

  /* The marks; those that share a place for want of room come apart where the view is near enough. */
  function apart() {
    const length = view[1] - view[0], from = view[0] - length, to = view[1] + length;
    const near = figure.marks.filter(([, at, until, times, look]) => times > 1 && look === "event" && at <= to && until >= from && until > at);
    if (!near.length || document.readyState === "loading") return figure.marks;
    const singled = new Set(), found = new Set();
    for (const mark of near) {
      const mine = (each().get(mark[0]) || []).filter(([, at]) => at >= mark[1] && at <= mark[2]);
      if (mine.reduce((sum, one) => sum + one[3], 0) < mark[3]) continue; // the page has not all of them
      singled.add(mark);
      mine.filter(([, at]) => at >= from && at <= to).forEach((one) => found.add(one));
      if (found.size > MOST_MARKS) return figure.marks;
    }
    return singled.size ? figure.marks.filter((mark) => !singled.has(mark)).concat([...found]) : figure.marks;
  }

  function* happened() {
    for (const look of ["step", "event"]) {
      if (wanted.show.has(look)) continue;
      const some = apart().filter((mark) => mark[4] === look && lanes[mark[0]].shown).map(([place, at, until, count, , title, said, where]) => ({
        x: at, y: lanes[place].middle, big: count > 1, data: ["mark", place, at, title, said, where],
        text: told(count > 1 ? `${count}× ${title}` : title, `${figure.nodes[lanes[place].node].name}, ${lanes[place].label}, ${stamp(at)}${count > 1 ? ` to ${stamp(until)}` : ""}`, said, where),
      }));
      const tick = look === "step";
      if (some.length) yield marks(look, some, { symbol: tick ? "line-ns" : "circle", size: some.map(({ big }) => (big ? 10 : tick ? 9 : 7)), color: colour("--sheet"), line: { width: some.map(({ big }) => (big ? 3 : 1.6)), color: tick ? colour("--step") : own(look) } });
    }
  }

  // beside its head an arrow has its words, on the side where no other arrow has them; where there is no room, none
  function words() {
    const taken = [], scale = (plot.clientWidth - margin()) / (view[1] - view[0]), sides = new Map();
    for (const arrow of figure.fencing) {
      const [at, place] = arrow.points[arrow.points.length - 1], x = (at - view[0]) * scale, wide = safe(arrow.text).length * 6.3 + 10;
      if (at < view[0] || at > view[1]) continue;
      const choice = [["top right", x, x + wide], ["top left", x - wide, x]];
      if (at > view[0] + (view[1] - view[0]) * 0.7) choice.reverse();
      const found = choice.find(([, from, to]) => !taken.some((other) => other.place === place && from < other.to && to > other.from));
      if (!found || taken.length >= MOST_WORDS) continue;
      taken.push({ place, from: found[1], to: found[2] });
      sides.set(arrow, found[0]);
    }
    return sides;
  }

  function* fenced() {
    if (wanted.show.has("fencing")) return;
    const beside = words();
    for (const look of ["fenced", "unfenced", "fencing"]) {
      const some = figure.fencing.filter((arrow) => arrow.look === look && arrow.points.every(([, place]) => lanes[place].shown));
      if (!some.length) continue;
      const x = [], y = [], text = [], label = [], heads = [], sizes = [], sides = [];
      some.forEach((arrow) => arrow.points.forEach(([at, place], step) => {
        const last = step === arrow.points.length - 1, before = last ? arrow.points[step - 1] : null;
        const edge = before && lanes[before[1]].middle < lanes[place].middle ? -7 : before ? 7 : 0;
        sides.push((last && beside.get(arrow)) || "top right");
        x.push(at); y.push(lanes[place].middle + (last ? edge : 0)); text.push(told(arrow.text, stamp(at), arrow.told));
        label.push(last && beside.has(arrow) ? safe(arrow.text) : ""); heads.push(last ? "arrow" : "circle"); sizes.push(last ? 13 : 6);
        if (last) { x.push(null); y.push(null); text.push(""); label.push(""); heads.push("circle"); sizes.push(0); sides.push("top right"); }
      }));
      yield {
        type: "scatter", mode: "lines+markers+text", name: figure.looks[look].words, meta: look, x, y, text: label, textposition: sides, textfont: { size: 11, color: own(look) },
        line: { color: own(look), width: 2, dash: look === "fenced" ? "solid" : look === "unfenced" ? "dash" : "dot" },
        marker: { symbol: heads, size: sizes, color: own(look), angleref: "previous" }, hovertext: text, hovertemplate: "%{hovertext}<extra></extra>",
      };
    }
  }

  function* judged(stack, notes) {
    const y = (lane, row) => lanes[lane].top + row * ROW + ROW / 2;
    const chosen = stack.found.find(({ place }) => place === current);
    if (chosen) yield { type: "scatter", mode: "markers", name: "", meta: "chosen", hoverinfo: "skip", x: [chosen.one.at], y: [y(chosen.one.lane, chosen.row)], marker: { symbol: "circle-open", size: 30, color: colour("--proof-edge"), line: { width: 3, color: colour("--proof-edge") } } };
    for (const severity of [...SEVERITIES].reverse()) {
      const some = stack.found.filter(({ one }) => one.severity === severity);
      if (!some.length) continue;
      const long = some.filter(({ one }) => one.until > one.at);
      if (long.length) {
        yield {
          type: "scatter", mode: "lines+markers", name: "", meta: "span", hoverinfo: "skip", opacity: 0.6, line: { width: 3, color: own(severity) },
          x: long.flatMap(({ one }) => [one.at, one.until, null]), y: long.flatMap(({ one, row }) => [y(one.lane, row), y(one.lane, row), null]),
          marker: { symbol: "line-ns", size: long.flatMap(() => [0, 11, 0]), line: { width: 3, color: own(severity) } },
        };
      }
      const [symbol, size] = SYMBOLS[severity];
      yield marks(severity, some.map(({ one, place, row }) => ({
        x: one.at, y: y(one.lane, row), data: ["finding", place],
        text: told(`${one.n}. ${one.severity} ${one.code}${one.rank ? `, root cause ${one.rank}` : ""}`, `${one.where}, ${stamp(one.at)}${one.until > one.at ? ` to ${stamp(one.until)}` : ""}`, one.title, one.said, one.place, "Click to read it"),
      })), {
        symbol, size, color: own(severity), opacity: 1, line: { width: some.map(({ one }) => (one.rank ? 2.5 : 1)), color: some.map(({ one }) => colour(one.rank ? "--ink" : "--sheet")) },
      }, {
        mode: "markers+text", text: some.map(({ one }) => `<b>${one.n}</b>`), textposition: "middle center", textfont: { color: colour("--badge-ink"), size: some.map(({ one }) => (one.n > 99 ? 8 : 10)) },
      });
    }
    const more = stack.more.filter(({ lane }) => lanes[lane].shown);
    if (more.length) {
      const spots = more.map(({ lane, places: hidden }) => {
        const every = hidden.map((place) => figure.findings[place]);
        return { x: every[0].at, y: y(lane, MOST_ROWS), data: ["more", hidden], label: `+${hidden.length}`, text: told(`${hidden.length} more findings`, every.map((one) => one.n).sort((a, b) => a - b).slice(0, 60).join(", "), "Click to come nearer") };
      });
      yield { ...marks("event", spots, { symbol: "square", size: 20, color: colour("--soft"), line: { width: 1, color: colour("--quiet") } }), mode: "markers+text", text: spots.map(({ label }) => label), textposition: "middle center", textfont: { size: 9, color: colour("--ink") } };
    }
    stack.found.filter(({ one, row, x }) => one.rank && x > 96 && [40, 62, 84].every((left) => stack.free(one.lane, row, x - left))).forEach(({ one, row }) => {
      notes.push({ x: one.at, y: y(one.lane, row), xanchor: "right", xshift: -13, text: `root cause ${one.rank}`, showarrow: false, bgcolor: colour("--sheet"), borderpad: 1, font: { size: 11, color: colour("--ink") } });
    });
  }

  /* Round moments in view and a screen beside it; a new day is told by its date. */
  function ticks(most) {
    const length = view[1] - view[0], step = STEPS.find((one) => length / one <= most) || Math.ceil(length / most / DAY) * DAY;
    const first = Math.ceil((view[0] - length) / step) * step, tickvals = [], ticktext = [];
    let day = "";
    for (let at = first; at < view[1] + length; at += step) {
      const [date, clock] = stamp(at).split(" "), dated = date !== day && at >= view[0];
      tickvals.push(at);
      ticktext.push(step >= DAY || (dated && day) ? date.slice(5) : step >= 60000 ? clock.slice(0, 5) : step >= 1000 ? clock.slice(0, 8) : clock);
      if (dated) day = date;
      /* The date stands left of the first label and would be beneath it. */
      const left = margin(), right = left + (at - view[0]) / length * (plot.clientWidth - left - 12) - 28;
      if (at >= view[0] && right < DATE) ticktext[ticktext.length - 1] = "";
    }
    return { tickvals, ticktext };
  }

  function layout(total, notes) {
    const ink = colour("--ink"), rule = colour("--rule"), left = margin(), small = narrow() ? 10 : 11;
    const labelled = lanes.filter((lane) => lane.shown && lane.kind !== "name");
    const most = Math.floor((plot.clientWidth - 16) / 7);
    const names = lanes.filter((lane) => lane.shown && lane.kind === "name").map((lane) => {
      const node = figure.nodes[lane.node], name = cut(lane.label, most);
      const note = node && node.note && name.length + node.note.length < most - 2 ? `  <span style="font-size:${small}px;color:${colour("--quiet")}">${safe(node.note)}</span>` : "";
      return { xref: "paper", x: 0, xanchor: "left", xshift: 4 - left, y: lane.middle + 2, text: `<b>${safe(name)}</b>${note}`, showarrow: false, bgcolor: colour("--sheet"), borderpad: 0, font: { size: 13, color: ink } };
    });
    const days = [...new Set(view.map((end) => stamp(end).slice(0, 10)))];
    names.push({ xref: "paper", x: 0, xanchor: "left", xshift: 4 - left, yref: "paper", y: 1, yanchor: "bottom", yshift: 4, text: `${days.join(" –<br>")} UTC`, align: "left", showarrow: false, font: { size: small, color: colour("--quiet") } });
    const axis = {
      type: "date", range: view.slice(), zeroline: false, tickmode: "array", ...ticks(Math.max(2, Math.floor((plot.clientWidth - left) / (narrow() ? 74 : 96)))),
      tickfont: { size: small, color: ink }, gridcolor: rule, linecolor: rule, tickcolor: rule,
    };
    return {
      width: plot.clientWidth, height: total + 66, margin: { l: left, r: 12, t: 36, b: 30 }, barmode: "overlay", hovermode: "closest", hoverdistance: 14, showlegend: false,
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "pan", paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { size: small, color: ink, family: getComputedStyle(document.body).fontFamily },
      hoverlabel: { bgcolor: colour("--sheet"), bordercolor: colour("--quiet"), align: "left", font: { color: ink, size: 12 } },
      xaxis: { ...axis, side: "top" }, xaxis2: { ...axis, side: "bottom", overlaying: "x", matches: "x", showgrid: false },
      yaxis: { range: [total, 0], tickvals: labelled.map((lane) => lane.middle), ticktext: labelled.map((lane) => `${safe(fitting(short(lane.label), left - 12, small))} `), fixedrange: true, zeroline: false, showgrid: false, tickfont: { size: small, color: colour("--quiet") } },
      shapes: lanes.filter((lane) => lane.shown && lane.kind === "name" && lane.top).map((lane) => ({ type: "line", xref: "paper", x0: -left / Math.max(plot.clientWidth - left - 12, 100), x1: 1, y0: lane.top - GAP / 2, y1: lane.top - GAP / 2, line: { width: 1, color: rule } })),
      annotations: [...names, ...notes],
    };
  }

  function draw() {
    frame = null;
    const stack = stacked(), total = laidOut(stack), notes = [];
    traces = [...holes(), ...density(), ...rings(total), ...lived(), ...happened(), ...fenced(), ...judged(stack, notes)];
    traces.push({ type: "scatter", mode: "markers", name: "", meta: "axis", hoverinfo: "skip", xaxis: "x2", x: [view[0]], y: [-100], marker: { opacity: 0 } });
    return Plotly.react(plot, traces, layout(total, notes), CONFIG);
  }
  const soon = () => { if (frame === null) frame = setTimeout(draw, 15); };

  function show(from, to) {
    const middle = (from + to) / 2, half = Math.max((to - from) / 2, 5);
    view = [middle - half, middle + half];
    soon();
  }

  function move(how, where = 0.5) {
    const length = view[1] - view[0], fixed = view[0] + length * where;
    const by = { in: 0.5, out: 2, back: 1, on: 1 }[how], shift = { back: -length / 4, on: length / 4 }[how] || 0;
    show(fixed + shift - length * by * where, fixed + shift + length * by * (1 - where));
  }

  /* Findings: to the text, and back. */
  function reveal(place) {
    say(place);
    window.report.reveal(figure.findings[place].id);
  }

  function say(place) {
    const one = figure.findings[place], box = document.getElementById("told"), read = document.createElement("button");
    current = place;
    read.type = "button";
    read.className = "link";
    read.textContent = "read it";
    read.addEventListener("click", () => reveal(place));
    box.replaceChildren(`Finding ${one.n}, ${one.severity} ${one.code}, ${one.where}, ${stamp(one.at)}: ${one.title} `, read);
    soon();
  }

  function quote(title, at, place, said, where) {
    const box = document.getElementById("told"), line = document.createElement("code");
    line.textContent = said;
    box.replaceChildren(`${title}, ${figure.nodes[figure.lanes[place].node].name}, ${stamp(at)}${where ? `, ${where}` : ""}: `, line);
  }

  function goTo(place) {
    const one = figure.findings[place], length = Math.min(view[1] - view[0], 120000);
    if (!findingShown(one)) clear();
    if (one.at < view[0] || one.at > view[1] || length < view[1] - view[0]) show(one.at - length / 2, one.at + length / 2);
    say(place);
  }

  function step(by) {
    const seen = places.filter((place) => findingShown(figure.findings[place]));
    if (!seen.length) return;
    const at = seen.indexOf(current), next = seen[at < 0 ? (by > 0 ? 0 : seen.length - 1) : (at + by + seen.length) % seen.length];
    const one = figure.findings[next], length = view[1] - view[0];
    if (one.at < view[0] + length * 0.05 || one.at > view[1] - length * 0.05) show(one.at - length / 2, one.at + length / 2);
    say(next);
  }

  /* Filters: a pressed button shows what it names. */
  function press(button, on) {
    const { filter, value } = button.dataset, key = filter === "nodes" ? Number(value) : value;
    button.setAttribute("aria-pressed", String(on));
    if (on) wanted[filter].delete(key);
    else wanted[filter].add(key);
  }

  function clear() {
    document.querySelectorAll("#tools [data-filter]").forEach((button) => press(button, true));
    rows.clear();
  }

  function choose(which) {
    wanted.daemons = which;
    document.querySelectorAll("#tools [data-daemons]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.daemons === which)));
  }

  const SHAPES = {
    critical: "M5 1H11L15 5V11L11 15H5L1 11V5Z", error: "M2 2H14V14H2Z", warning: "M8 0L16 8L8 16L0 8Z", info: "M8 1A7 7 0 1 0 8.01 1Z",
    event: "M8 4A4 4 0 1 0 8.01 4Z", step: "M8 2V14", ring: "M8 1L12 8L8 15L4 8Z", fenced: "M1 8H13M9 4L14 8L9 12", unfenced: "M1 8H4M7 8H10M9 4L14 8L9 12", fencing: "M1 8H3M5 8H7M9 8H13M9 4L14 8L9 12",
  };

  function swatch(look) {
    const make = (name, values) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      Object.entries(values).forEach(([key, value]) => element.setAttribute(key, value));
      return element;
    };
    const svg = make("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }), style = figure.looks[look], own = `var(${style.colour})`;
    const open = ["event", "step", "fenced", "unfenced", "fencing"].includes(look);
    const path = make("path", { d: SHAPES[look] || "M0 3H16V13H0Z" });
    path.style.cssText = `fill:${open ? "none" : look === "hole" ? "var(--hole-ground)" : own};stroke:${open ? own : "none"};stroke-width:2`;
    svg.append(path);
    const lines = { "/": "M0 13L8 3M8 13L16 3", "\\": "M0 3L8 13M8 3L16 13", x: "M0 3L16 13M0 13L16 3", "-": "M0 6H16M0 10H16", ".": "M3 6h2M8 10h2M12 6h2" }[style.hatch];
    if (lines) {
      const hatch = make("path", { d: lines });
      hatch.style.cssText = `fill:none;stroke:var(${look === "hole" ? "--hole" : "--hatch"});stroke-width:1.6`;
      svg.append(hatch);
    }
    return svg;
  }

  function explain() {
    const box = document.getElementById("legend"), used = new Set(figure.bars.map((bar) => bar[3]).concat(figure.marks.map((mark) => mark[4]), figure.fencing.map((arrow) => arrow.look)));
    if (figure.rings.length) used.add("ring");
    if (figure.holes.length) used.add("hole");
    if (figure.density.length) used.add("lines").add("severe");
    if (!figure.bars.some((bar) => bar[3] === "unknown" && figure.lanes[bar[0]].kind === "life")) used.delete("unknown");
    const item = (picture, words) => {
      const li = document.createElement("li");
      li.append(picture, words);
      box.append(li);
    };
    SEVERITIES.filter((severity) => figure.findings.some((one) => one.severity === severity)).forEach((severity) => item(swatch(severity), severity));
    figure.order.filter((look) => used.has(look) && !SEVERITIES.includes(look)).forEach((look) => item(swatch(look), figure.looks[look].words));
    document.querySelectorAll("[data-swatch]").forEach((spot) => spot.prepend(swatch(spot.dataset.swatch)));
  }

  function keyed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const does = {
      ArrowLeft: () => move("back"), ArrowRight: () => move("on"), "+": () => move("in"), "=": () => move("in"), "-": () => move("out"), 0: () => show(...figure.all), Home: () => show(...figure.all),
      n: () => step(1), p: () => step(-1), Enter: () => { if (current !== null) reveal(current); },
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }

  function clicked(event) {
    const [kind, ...rest] = event.points.map((point) => point.customdata).find(Boolean) || [];
    if (kind === "finding") reveal(rest[0]);
    if (kind === "mark") quote(rest[2], rest[1], rest[0], rest[3], rest[4]);
    if (kind === "more") {
      const times = rest[0].map((place) => figure.findings[place].at), first = Math.min(...times), last = Math.max(...times);
      if (last - first > 200) show(first - (last - first) / 4, last + (last - first) / 4);
      else reveal(rest[0][0]);
    }
  }

  function connect() {
    const tools = document.getElementById("tools"), on = (selector, does) => document.querySelectorAll(selector).forEach((button) => button.addEventListener("click", () => does(button)));
    tools.hidden = false;
    document.querySelectorAll("button[data-finding]").forEach((button) => { button.parentElement.hidden = false; });
    on("#tools [data-range]", (button) => show(...figure[button.dataset.range]));
    on("#tools [data-move]", (button) => move(button.dataset.move));
    on("#tools [data-step]", (button) => step(Number(button.dataset.step)));
    on("#tools [data-daemons]", (button) => { choose(button.dataset.daemons); soon(); });
    on("#tools [data-filter]", (button) => { press(button, button.getAttribute("aria-pressed") !== "true"); rows.clear(); soon(); });
    on("#tools [data-clear]", () => { clear(); soon(); });
    on("button[data-finding]", (button) => {
      const place = figure.findings.findIndex((one) => String(one.id) === button.dataset.finding);
      if (place < 0) return;
      goTo(place);
      document.getElementById("timeline").scrollIntoView({ block: "start" });
      plot.focus({ preventScroll: true });
    });
    plot.on("plotly_click", clicked);
    plot.on("plotly_relayout", (change) => {
      if (!("xaxis.range[0]" in change)) return;
      view = [change["xaxis.range[0]"], change["xaxis.range[1]"]].map((end) => (typeof end === "number" ? end : Date.parse(`${end.slice(0, 23).replace(" ", "T").padEnd(16, end.length < 12 ? "T00:00" : ":00")}Z`)));
      soon();
    });
    plot.addEventListener("keydown", keyed);
    plot.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      const where = (event.clientX - plot.getBoundingClientRect().left - margin()) / (plot.clientWidth - margin() - 12);
      move((event.deltaY || event.deltaX) < 0 ? "in" : "out", Math.min(Math.max(where, 0), 1));
    }, { passive: false });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", soon);
    let width = plot.clientWidth;
    new ResizeObserver(() => { if (plot.clientWidth && plot.clientWidth !== width) { width = plot.clientWidth; rows.clear(); soon(); } }).observe(plot);
    plot.dataset.drawn = String(traces.length);
  }

  choose(figure.lanes.length > MANY_LANES ? "main" : "all");
  explain();
  draw().then(connect);
  document.addEventListener("DOMContentLoaded", () => { if (figure.marks.some((mark) => mark[3] > 1)) soon(); });
})();
