/*
 * The report's own script: charts, tables to sort, search and save, and the gallery. Without it the page is complete,
 * but for images beyond the first of their table, and still.
 */
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

const tools = document.querySelector("#gallery .tools");
if (tools) setUpGallery(tools);

// ---- Tables whose columns sort by a press on their name.

/** A button in place of a column's name. */
function sortButton(header) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = header.textContent;
  header.replaceChildren(button);
  return button;
}

for (const table of $$("table.sortable")) {
  const body = table.tBodies[0], rows = [...body.rows], headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    sortButton(header).addEventListener("click", () => {
      const descending = column > 0 && header.getAttribute("aria-sort") !== "descending";
      const ascending = column > 0 && !descending;
      for (const other of headers) other.removeAttribute("aria-sort");
      if (column > 0) header.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const value = (row) => Number(row.cells[column].dataset.value);
      const isText = rows.some((row) => row.cells[column].dataset.value === undefined);
      const compare = (a, b) =>
        isText ? b.cells[column].textContent.localeCompare(a.cells[column].textContent, "en") : value(a) - value(b);
      const sorted = descending || ascending
        ? [...rows].sort((a, b) => descending ? compare(b, a) : compare(a, b))
        : rows;
      body.append(...sorted);
    });
  });
}

// ---- The table of all images: found, sorted, a page at a time.

const PAGE = 50;

function setUpImages(data) {
  const { classes, columns, rows } = JSON.parse(data.textContent);
  const section = data.closest("section"), table = section.querySelector("table"), form = section.querySelector("form");
  const pager = section.querySelector(".pager");
  const numberOf = Object.fromEntries(columns.map((name, n) => [name.toLowerCase(), n + 2]));
  const reason = columns.length + 2, card = reason + 1;
  const textOf = (row) => `${row[0]} ${row[1].map((c) => classes[c]).join(" ")} ${row[reason]}`.toLowerCase();
  let shown = rows, order = { column: -1, sign: 1 }, first = 0;

  /** What a row must be: it holds a word, or one of its numbers fulfils a condition. */
  function condition(word) {
    const [, name, sign, limit] = /^(\w+)([<>]=?|=)(-?[\d.]+)$/.exec(word) ?? [];
    if (!(name in numberOf)) return (row) => textOf(row).includes(word);
    const at = numberOf[name], value = Number(limit);
    const holds = {
      "<": (x) => x < value,
      ">": (x) => x > value,
      "=": (x) => x === value,
      "<=": (x) => x <= value,
      ">=": (x) => x >= value,
    };
    return (row) => row[at] !== null && holds[sign](row[at]);
  }

  const keyOf = (row, column) =>
    column === 1 ? row[1].map((c) => classes[c]).join() : column === reason ? row[reason] : row[column];

  function update() {
    const conditions = form.elements.find.value.toLowerCase().split(/\s+/).filter(Boolean).map(condition);
    shown = rows.filter((row) => conditions.every((holds) => holds(row)));
    if (order.column >= 0) {
      const { column, sign } = order;
      const values = new Map(shown.map((row) => [row, keyOf(row, column)]));
      shown.sort((a, b) => {
        const [x, y] = [values.get(a), values.get(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        return sign * (typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x - y);
      });
    }
    first = 0;
    form.querySelector("output").textContent = `${shown.length} of ${rows.length} images`;
    draw();
  }

  function cell(kind, text, className = "") {
    const made = document.createElement(kind);
    made.textContent = text;
    made.className = className;
    return made;
  }

  function drawRow(row) {
    const line = document.createElement("tr"), name = cell("th", "");
    name.scope = "row";
    const link = row[card] === null ? document.createElement("span") : document.createElement("a");
    link.textContent = row[0];
    if (row[card] !== null) {
      link.href = `#picture-${row[card]}`;
      link.addEventListener("click", () => document.getElementById(`picture-${row[card]}`).hidden = false);
    }
    name.append(link);
    line.append(name, cell("td", row[1].map((c) => classes[c]).join(", "), "words"));
    columns.forEach((_, n) => {
      const value = row[n + 2];
      line.append(cell("td", value === null ? "–" : n === 0 ? value.toFixed(1) : value));
    });
    line.append(cell("td", row[reason], "words"));
    return line;
  }

  function draw() {
    table.tBodies[0].replaceChildren(...shown.slice(first, first + PAGE).map(drawRow));
    pager.hidden = shown.length <= PAGE;
    pager.querySelector("span").textContent = `${first + 1} – ${Math.min(first + PAGE, shown.length)}`;
    for (const button of $$("button", pager)) {
      const next = first + Number(button.dataset.step) * PAGE;
      button.disabled = next < 0 || next >= shown.length;
    }
  }

  [...table.tHead.rows[0].cells].forEach((header, column, headers) => {
    sortButton(header).addEventListener("click", () => {
      const isText = column === reason || column < 2, sorted = header.getAttribute("aria-sort");
      const next = {
        null: isText ? "ascending" : "descending",
        ascending: isText ? "descending" : null,
        descending: isText ? null : "ascending",
      }[sorted];
      for (const other of headers) other.removeAttribute("aria-sort");
      if (next) header.setAttribute("aria-sort", next);
      order = { column: next ? column : -1, sign: next === "descending" ? -1 : 1 };
      update();
    });
  });
  pager.addEventListener("click", ({ target }) => {
    if (!target.dataset.step) return;
    first += Number(target.dataset.step) * PAGE;
    draw();
    table.scrollIntoView({ block: "nearest" });
  });
  form.hidden = false;
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  section.querySelector("figcaption").firstChild.textContent = `Results on ${rows.length} images at IoU 0.5`;
  update();
  return () => [
    [...table.tHead.rows[0].cells].map(({ textContent }) => textContent),
    ...shown.map((row) => [row[0], row[1].map((c) => classes[c]).join(", "), ...row.slice(2, card)]),
  ];
}

const data = document.getElementById("images-data");
const allImages = data && setUpImages(data);

// ---- Tables as files.

function csv(rows) {
  const quoted = (value) => /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return rows.map((row) => row.map((value) => quoted(String(value ?? ""))).join(",") + "\r\n").join("");
}

/** Texts of a table, where cells know their value this. */
const cellsOf = (table) =>
  [...table.rows].filter((row) => row.cells.length > 1).map((row) =>
    [...row.cells].map((cell) =>
      cell.dataset.value === undefined || cell.dataset.value === "-1"
        ? (cell.querySelector("button") ?? cell).firstChild?.textContent.trim().replace(/^[–·]$/, "") ?? ""
        : cell.dataset.value
    )
  );

for (const figure of $$("figure.table")) {
  const section = figure.closest("section"),
    table = figure.querySelector("table"),
    button = document.createElement("button");
  button.type = "button";
  button.className = "save";
  button.textContent = "CSV";
  button.setAttribute("aria-label", `Save as CSV: ${figure.querySelector("figcaption").textContent}`);
  button.addEventListener("click", () => {
    const isImages = section.id === "images" && allImages;
    const file = new Blob([csv(isImages ? allImages() : cellsOf(table))], { type: "text/csv" });
    const link = document.createElement("a"), all = $$("figure.table", section), number = all.indexOf(figure) + 1;
    link.href = URL.createObjectURL(file);
    link.download = `${section.id}${all.length > 1 ? `_${number}` : ""}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  figure.querySelector("figcaption").append(button);
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
  for (const plot of plots) plot.replaceChildren(); // the picture
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
});
