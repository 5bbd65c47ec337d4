/* The report's own script: charts, sortable classes, and the gallery. Without it the page is complete, but still. */
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const classesOf = (entry) => JSON.parse(entry.dataset.classes);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---- Gallery: which images and layers are shown, in which order.

function setUpGallery(tools) {
  const list = document.getElementById("entries");
  const entries = $$(".entry", list);
  const iouOf = (entry) => entry.dataset.iou === "" ? null : Number(entry.dataset.iou);

  function compare(order) {
    const byPosition = (a, b) => a.dataset.position - b.dataset.position;
    if (order === "list") return byPosition;
    const sign = order === "worst" ? 1 : -1;
    return (a, b) => {
      const [x, y] = [iouOf(a), iouOf(b)];
      if (x === null || y === null) return (x === null) - (y === null) || byPosition(a, b);
      return sign * (x - y) || byPosition(a, b);
    };
  }

  function updateGallery() {
    const name = tools.elements.class.value;
    const layers = new Set($$("[name=layer]:checked", tools).map(({ value }) => value));
    for (const entry of entries) entry.hidden = name !== "" && !classesOf(entry).includes(name);
    for (const figure of $$("figure", list)) figure.hidden = !layers.has(figure.dataset.layer);
    list.style.setProperty("--columns", layers.size > 6 ? Math.ceil(layers.size / 2) : Math.max(layers.size, 3));
    list.append(...[...entries].sort(compare(tools.elements.order.value)));
    const shown = entries.filter((entry) => !entry.hidden).length;
    tools.querySelector("output").textContent = `${shown} of ${entries.length} images`;
  }

  tools.hidden = false;
  tools.addEventListener("input", updateGallery);
  tools.addEventListener("submit", (event) => event.preventDefault());
  updateGallery();

  const show = setUpViewer(list);
  list.addEventListener("click", (event) => {
    const button = event.target.closest(".enlarge");
    if (button) show(button.closest("figure"));
  });
}

// ---- Viewer: one picture, large.

/** Returns what shows a figure of the list. */
function setUpViewer(list) {
  const viewer = document.getElementById("viewer");
  const [title, picture] = [viewer.querySelector("h3"), viewer.querySelector("img")];
  let current = null; // the figure that is shown

  const shownEntries = () => $$(".entry", list).filter((entry) => !entry.hidden);
  const shownFigures = (entry) => $$("figure", entry).filter((figure) => !figure.hidden);

  function show(figure) {
    if (!figure) return;
    current = figure;
    const entry = figure.closest(".entry"), image = figure.querySelector("img");
    title.textContent = `${entry.querySelector("h3").textContent} · ${classesOf(entry).join(", ")}`;
    picture.src = image.src;
    picture.alt = image.alt;
    viewer.querySelector(".caption").textContent = figure.dataset.caption;
    viewer.querySelector(".layers").replaceChildren(
      ...shownFigures(entry).map((other) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = other.dataset.layer;
        button.setAttribute("aria-pressed", String(other === figure));
        button.addEventListener("click", () => show(other));
        return button;
      }),
    );
    if (!viewer.open) viewer.showModal();
  }

  /** The picture `step` further in the image, or the same layer `jump` images further. */
  function move(step, jump) {
    const entry = current.closest(".entry"), figures = shownFigures(entry), all = shownEntries();
    if (step) return show(figures[(figures.indexOf(current) + step + figures.length) % figures.length]);
    const target = all[(all.indexOf(entry) + jump + all.length) % all.length], candidates = shownFigures(target);
    show(candidates.find(({ dataset }) => dataset.layer === current.dataset.layer) ?? candidates[0]);
  }

  viewer.addEventListener("click", (event) => {
    const action = event.target.closest("[data-do]")?.dataset.do;
    if (action === "close" || event.target === viewer) viewer.close();
    else if (action) move(action === "next" ? 1 : -1, 0);
  });
  viewer.addEventListener("keydown", (event) => {
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (!moves) return;
    event.preventDefault();
    move(...moves);
  });
  viewer.addEventListener("close", () => current?.querySelector("button").focus());
  return show;
}

const tools = document.querySelector(".tools");
if (tools) setUpGallery(tools);

// ---- Tables whose columns sort by a press on their name.

for (const table of $$("table.sortable")) {
  const body = table.tBodies[0], rows = [...body.rows], headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const descending = column > 0 && header.getAttribute("aria-sort") !== "descending";
      const ascending = column > 0 && !descending;
      for (const other of headers) other.removeAttribute("aria-sort");
      if (column > 0) header.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const value = (row) => Number(row.cells[column].dataset.value);
      const sorted = descending || ascending
        ? [...rows].sort((a, b) => descending ? value(b) - value(a) : value(a) - value(b))
        : rows;
      body.append(...sorted);
    });
  });
}

// ---- Charts.

async function loadPlotly() {
  const packed = document.getElementById("plotly").textContent;
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const source = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(source).text();
  document.head.append(script);
  return globalThis.Plotly;
}

/** Colours of classes are those of VOC, some of which are dark: such charts keep a light ground. */
function themed(layout, isOnLight) {
  const style = getComputedStyle(document.documentElement);
  const [ink, muted, line] = ["--ink", "--muted", "--line"].map((name) => style.getPropertyValue(name).trim());
  const axis = (own) => ({
    gridcolor: isOnLight ? "#dedbd2" : line,
    zeroline: false,
    linecolor: muted,
    tickfont: { color: muted, size: 12 },
    automargin: true,
    ...own,
    title: { ...own.title, font: { color: muted, size: 13 }, standoff: 8 },
  });
  return {
    hovermode: "x unified",
    ...layout,
    font: { family: getComputedStyle(document.body).fontFamily, color: ink },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: isOnLight ? "#f6f4ee" : "rgba(0,0,0,0)",
    margin: { l: 48, r: 12, t: 34, b: 44 },
    hoverlabel: { bgcolor: style.getPropertyValue("--raised").trim(), bordercolor: line, font: { color: ink } },
    legend: {
      orientation: "h",
      x: 0,
      y: 1.02,
      yanchor: "bottom",
      font: { size: 13, ...isOnLight && { color: "#1c1e22" } },
      ...isOnLight && { bgcolor: "#f6f4ee", entrywidth: 125 },
    },
    xaxis: axis(layout.xaxis),
    yaxis: axis(layout.yaxis),
  };
}

async function drawCharts() {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const plots = $$(".plot");
  const Plotly = await loadPlotly();
  const options = { displayModeBar: false, responsive: true };
  const draw = () => {
    for (const plot of plots) {
      const { traces, layout, isOnLight } = charts[plot.dataset.chart];
      Plotly.react(plot, traces, themed(layout, isOnLight), options);
    }
  };
  draw();
  dark.addEventListener("change", draw);
}

drawCharts().catch((error) => {
  console.error(error);
  for (const plot of $$(".plot")) plot.textContent = "This browser could not draw the chart.";
});
