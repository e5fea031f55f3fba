/* Draws the timeline and connects it with the findings (`report.js`).  Without it the page is complete but for the drawing. */
"use strict";
(() => {
  const root = document.documentElement;
  const plot = document.getElementById("plot");
  const source = document.getElementById("figure");
  const CONFIG = { displayModeBar: false, displaylogo: false, responsive: true, scrollZoom: false, showTips: false, doubleClick: false };
  const WIDE_LABELS = 620;
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  if (!source || !plot || !window.Plotly) return;
  const figure = JSON.parse(source.textContent);

  /* Colours follow the page: each trace names the variable it is drawn with. */
  function painted() {
    const ink = colour("--ink"), rule = colour("--rule"), sheet = colour("--sheet");
    figure.data.forEach((trace) => {
      const own = colour(trace.meta.colour);
      if (trace.line) trace.line.color = own;
      if (trace.marker) trace.marker.color = own;
      if (trace.type === "bar" && trace.marker.pattern.shape) trace.marker.pattern.fgcolor = sheet;
      if (trace.type === "scatter" && trace.marker) {
        const event = trace.meta.legend === "event";
        trace.marker.line = event ? { width: 2, color: own } : { width: 1, color: sheet };
        if (event) trace.marker.color = sheet;
      }
    });
    (figure.layout.annotations || []).forEach((label) => {
      label.font.color = ink;
      Object.assign(label, { bgcolor: sheet, bordercolor: rule });
    });
    const layout = figure.layout;
    layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
    layout.font = { ...layout.font, color: ink, family: getComputedStyle(document.body).fontFamily };
    layout.font.size = plot.clientWidth < WIDE_LABELS ? 10 : 12;
    layout.xaxis.nticks = Math.max(3, Math.floor(plot.clientWidth / 150));
    layout.xaxis.tickfont = { size: layout.font.size, color: ink };
    Object.assign(layout.xaxis, { gridcolor: rule, linecolor: rule, tickcolor: rule });
    (layout.shapes || []).forEach((shape) => { shape.line.color = rule; });
    layout.hoverlabel = { bgcolor: sheet, bordercolor: rule, align: "left", font: { color: ink, size: 12 } };
    return layout;
  }

  const draw = () => Plotly.react(plot, figure.data, painted(), CONFIG);
  const utc = (text) => Date.parse(`${text.replace(" ", "T").padEnd(11, "T")}${text.length < 12 ? "00:00" : ""}Z`);
  const text = (ms) => new Date(ms).toISOString().replace("T", " ").slice(0, 23);
  const range = () => plot.layout.xaxis.range.map((end) => utc(String(end).slice(0, 23)));

  function show(from, to) {
    figure.layout.xaxis.range = [from, to];
    Plotly.relayout(plot, { "xaxis.range": [from, to] });
  }

  function move(how) {
    const [from, to] = range(), length = to - from, middle = (from + to) / 2;
    const half = { in: length / 4, out: length, back: length / 2, on: length / 2 }[how];
    const shift = { in: 0, out: 0, back: -length / 2, on: length / 2 }[how];
    show(text(middle + shift - Math.max(half, 5)), text(middle + shift + Math.max(half, 5)));
  }

  const SHAPES = {
    x: "M2 2L12 12M12 2L2 12", square: "M2 2H12V12H2Z", "triangle-up": "M7 2L13 12H1Z", circle: "M7 2A5 5 0 1 0 7.01 2Z",
    "diamond-tall": "M7 1L10 7L7 13L4 7Z", bar: "M0 4H14V10H0Z",
  };

  function swatch(trace) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const shape = trace.type === "bar" ? "bar" : trace.marker.symbol;
    const open = shape === "x" || trace.meta.legend === "event";
    svg.setAttribute("viewBox", "0 0 14 14");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", SHAPES[shape] || SHAPES.circle);
    path.style.fill = open ? "none" : `var(${trace.meta.colour})`;
    path.style.stroke = `var(${trace.meta.colour})`;
    path.style.strokeWidth = shape === "x" ? "3" : "1.5";
    svg.append(path);
    return svg;
  }

  function legend() {
    const box = document.getElementById("legend"), made = new Map();
    figure.data.forEach((trace, index) => {
      if (!made.has(trace.name)) made.set(trace.name, []);
      made.get(trace.name).push(index);
    });
    made.forEach((indexes, name) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      button.append(swatch(figure.data[indexes[indexes.length - 1]]), name);
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        indexes.forEach((index) => { figure.data[index].visible = on; });
        draw();
      });
      box.append(button);
    });
  }

  function connect() {
    document.getElementById("tools").hidden = false;
    document.querySelectorAll("[data-range]").forEach((button) => {
      button.addEventListener("click", () => show(...figure.ranges[button.dataset.range]));
    });
    document.querySelectorAll("[data-move]").forEach((button) => button.addEventListener("click", () => move(button.dataset.move)));
    document.querySelectorAll("[data-at]").forEach((button) => {
      button.parentElement.hidden = false;
      button.addEventListener("click", () => {
        const at = utc(button.dataset.at);
        show(text(at - 60000), text(at + 60000));
        document.getElementById("timeline").scrollIntoView({ block: "start" });
      });
    });
    plot.on("plotly_click", (event) => {
      const id = event.points.map((point) => point.customdata).find((data) => data !== undefined && data !== null);
      if (id !== undefined) window.report.reveal(id);
    });
    plot.on("plotly_relayout", () => { figure.layout.xaxis.range = plot.layout.xaxis.range; });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    addEventListener("beforeprint", draw);
    addEventListener("afterprint", draw);
    plot.dataset.drawn = String(figure.data.length);
  }

  figure.layout.xaxis.range = figure.ranges.findings || figure.ranges.all;
  legend();
  draw().then(connect);
})();
