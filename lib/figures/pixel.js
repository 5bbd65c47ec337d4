/**
 * The page's part of `pixelFigure()`: computes everything about the chosen pixel from the maps, as the library does, and
 * draws it. `root` is emptied; afterwards `root.numbers()` gives what is shown.
 */
((root, data) => {
  const { height, width, walk, refine, pairRadius, names } = data, size = height * width;
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const floats = (text) => text && new Float32Array(bytes(text).buffer);
  const boundary = floats(data.boundary), field = floats(data.field), labels = data.labels && bytes(data.labels);
  const state = { y: data.pixel[0], x: data.pixel[1], beta: walk.beta, steps: walk.steps };
  const isInside = (y, x) => y >= 0 && y < height && x >= 0 && x < width;
  const reach = Math.ceil(walk.radius) - 1;

  /** Affinity of a pixel and the one at an offset of the index. */
  const affinity = (y, x, pair) => {
    let highest = -Infinity;
    for (let point = walk.starts[pair]; point < walk.starts[pair + 1]; point++) {
      const value = boundary[(y + walk.paths[2 * point]) * width + x + walk.paths[2 * point + 1]];
      if (value > highest) highest = value;
    }
    return Math.fround(1 - highest);
  };
  const offsets = walk.starts.slice(1).map((_, pair) => walk.destinations.slice(2 * pair, 2 * pair + 2));

  /** Affinities of the chosen pixel, both halves of its disc; with itself 1. */
  function affinities() {
    const found = [{ dy: 0, dx: 0, value: 1 }];
    offsets.forEach(([dy, dx], pair) => {
      if (isInside(state.y + dy, state.x + dx)) found.push({ dy, dx, value: affinity(state.y, state.x, pair) });
      const y = state.y - dy, x = state.x - dx;
      if (isInside(y, x)) found.push({ dy: -dy, dx: -dx, value: affinity(y, x, pair) });
    });
    return found;
  }

  /** Weights of all pairs and their sums, for one exponent. */
  let transition = { beta: NaN };
  function transitionOf(beta) {
    if (transition.beta === beta) return transition;
    const weights = offsets.map(() => new Float64Array(size)), degree = new Float64Array(size).fill(1);
    offsets.forEach(([dy, dx], pair) => {
      for (let y = 0; y < height - dy; y++) {
        for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
          const weight = affinity(y, x, pair) ** beta, from = y * width + x;
          weights[pair][from] = weight;
          degree[from] += weight;
          degree[from + dy * width + dx] += weight;
        }
      }
    });
    return transition = { beta, weights, degree };
  }

  /** What one unit of heat at the chosen pixel, weakened by the boundary on it, has become. */
  let heated = { key: "", steps: 0, heat: null };
  function heat() {
    const { weights, degree } = transitionOf(state.beta), key = [state.y, state.x, state.beta].join();
    if (heated.key !== key || heated.steps > state.steps) {
      const start = new Float64Array(size), at = state.y * width + state.x;
      start[at] = 1 - boundary[at];
      heated = { key, steps: 0, heat: start };
    }
    for (; heated.steps < state.steps; heated.steps++) {
      const now = heated.heat, next = Float64Array.from(now);
      offsets.forEach(([dy, dx], pair) => {
        const weight = weights[pair], way = dy * width + dx;
        for (let i = 0; i + way < size; i++) {
          if (weight[i] === 0) continue;
          next[i] += weight[i] * now[i + way];
          next[i + way] += weight[i] * now[i];
        }
      });
      for (let i = 0; i < size; i++) next[i] /= degree[i];
      heated.heat = next;
    }
    return heated.heat;
  }

  /** Where the pixel gets to, round by round, until it stands still. */
  function path() {
    const found = [[state.y, state.x]];
    let y = state.y, x = state.x;
    for (let round = 0; round < refine.iterations; round++) {
      const top = Math.floor(y), left = Math.floor(x), fy = y - top, fx = x - left;
      const above = top * width, below = fy > 0 ? above + width : above, right = fx > 0 ? left + 1 : left;
      const read = (plane) =>
        fy * fx * field[plane + below + right] + (1 - fy) * fx * field[plane + above + right] +
        fy * (1 - fx) * field[plane + below + left] + (1 - fy) * (1 - fx) * field[plane + above + left];
      const ny = Math.fround(Math.min(Math.max(y + read(0), 0), height - 1));
      const nx = Math.fround(Math.min(Math.max(x + read(size), 0), width - 1));
      if (ny === y && nx === x) break;
      [y, x] = [ny, nx];
      found.push([y, x]);
    }
    return found;
  }
  const rounded = (value) => {
    const low = Math.floor(value), rest = value - low;
    return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
  };

  const KINDS = [["positive, foreground", "#0072b2"], ["positive, background", "#56b4e9"], ["negative", "#d55e00"], [
    "ignored",
    "#9a9a9a",
  ]];
  /** Pairs of the chosen pixel, with what they teach. */
  function pairs() {
    const far = Math.ceil(pairRadius) - 1, own = labels[state.y * width + state.x], found = [];
    for (let dy = -far; dy <= far; dy++) {
      for (let dx = -far; dx <= far; dx++) {
        const isPair = (dy !== 0 || dx !== 0) && isInside(state.y + dy, state.x + dx) &&
          (dy === 0 ? Math.abs(dx) <= far : dy * dy + dx * dx < pairRadius * pairRadius);
        if (!isPair) continue;
        const other = labels[(state.y + dy) * width + state.x + dx];
        found.push({ dy, dx, kind: own === 255 || other === 255 ? 3 : own !== other ? 2 : own > 0 ? 0 : 1 });
      }
    }
    return found;
  }

  const scale = data.colours.match(/\w{6}/g).map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const colourOf = (value) => {
    const at = Math.min(Math.max(value, 0), 1) * (scale.length - 1), low = Math.min(Math.floor(at), scale.length - 2);
    return scale[low].map((part, c) => Math.round(part + (scale[low + 1][c] - part) * (at - low)));
  };
  const css = (colour) => `rgb(${colour.join(",")})`;
  const labelColour = (label) =>
    label === 255 ? "rgb(246,244,238)" : label === 0 ? "rgb(70,74,80)" : css(data.classColours[label] ?? [0, 0, 0]);

  // --- page ---
  const add = (to, name, properties = {}, style = "") => {
    const element = to.appendChild(Object.assign(document.createElement(name), properties));
    element.style.cssText = style;
    return element;
  };
  root.replaceChildren();
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab keeps its hands off the keys here
  root.style.cssText += ";background:var(--irnet-ground,#fff);color:var(--irnet-ink,#1c1e22);padding:8px;" +
    "font:14px/1.45 system-ui,sans-serif";
  add(root, "b", { textContent: data.title });
  add(root, "div", { textContent: data.description });
  const grid = add(
    root,
    "div",
    {},
    "display:grid;gap:12px;margin:8px 0;grid-template-columns:repeat(auto-fit,minmax(min(100%,216px),1fr))",
  );
  const image = new Image();
  const panels = [];
  /** A canvas of given proportions that draws itself anew with every change. */
  function panel(aspect, draw, properties = {}) {
    const figure = add(grid, "figure", {}, "margin:0;min-width:0");
    const canvas = add(figure, "canvas", { role: "img", ...properties }, "display:block;width:100%;border-radius:3px");
    const caption = add(figure, "figcaption", {}, "font-size:13px;margin-top:4px");
    panels.push(() => {
      const across = canvas.clientWidth, dots = Math.min(globalThis.devicePixelRatio || 1, 2);
      if (across === 0) return;
      canvas.width = across * dots;
      canvas.height = Math.round(across * aspect * dots);
      const pen = canvas.getContext("2d");
      pen.scale(dots, dots);
      caption.textContent = draw(pen, across, across * aspect);
      canvas.ariaLabel = caption.textContent;
    });
    return canvas;
  }
  const line = (pen, draw, colour, thick) => {
    for (const [stroke, wide] of [["#000", thick + 2], [colour, thick]]) {
      pen.beginPath();
      draw(pen);
      pen.strokeStyle = stroke;
      pen.lineWidth = wide;
      pen.lineJoin = "round";
      pen.stroke();
    }
  };
  const dot = (pen, y, x, radius, colour) => {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.fillStyle = colour;
    pen.strokeStyle = "#000";
    pen.lineWidth = 1;
    pen.fill();
    pen.stroke();
  };
  const picture = (pen, across, down) => {
    if (image.complete && image.naturalWidth) pen.drawImage(image, 0, 0, across, down);
  };

  const main = panel(height / width, (pen, across, down) => {
    const unit = across / width, at = (place) => (place + 0.5) * unit;
    picture(pen, across, down);
    if (labels) line(pen, () => pen.arc(at(state.x), at(state.y), pairRadius * unit, 0, 7), "#fff", 1);
    if (field) {
      const way = path(), [y, x] = way.at(-1);
      line(pen, () => way.forEach(([y, x]) => pen.lineTo(at(x), at(y))), "#ffd23f", 2);
      way.slice(1, 30).forEach(([y, x]) => dot(pen, at(y), at(x), 2.2, "#ffd23f"));
      dot(pen, at(y), at(x), 5, "#cc79a7");
    }
    dot(pen, at(state.y), at(state.x), 4, "#fff");
    return "click, or move by arrow keys" + (labels ? "; ring: the radius of pairs" : "") +
      (field ? "; yellow: the path" : "");
  }, { tabIndex: 0, role: "application" });
  main.style.cursor = "crosshair";
  main.style.touchAction = "manipulation";

  const window_ = (far, cell) => (pen, across) => {
    const unit = across / (2 * far + 1);
    for (let dy = -far; dy <= far; dy++) {
      for (let dx = -far; dx <= far; dx++) cell(pen, { dy, dx, unit, left: (dx + far) * unit, top: (dy + far) * unit });
    }
    line(pen, () => pen.rect(far * unit, far * unit, unit, unit), "#fff", 2);
    return unit;
  };
  if (boundary) {
    panel(1, (pen, across) => {
      const values = new Map(affinities().map(({ dy, dx, value }) => [`${dy},${dx}`, value ** state.beta]));
      window_(reach, (pen, { dy, dx, unit, left, top }) => {
        const value = values.get(`${dy},${dx}`);
        pen.fillStyle = value === undefined ? "rgb(214,212,206)" : css(colourOf(value));
        pen.fillRect(left, top, unit + 0.5, unit + 0.5);
        if (value === undefined || unit < 22) return;
        pen.fillStyle = value > 0.6 ? "#000" : "#fff";
        pen.font = `${Math.round(unit * 0.38)}px system-ui,sans-serif`;
        pen.textAlign = "center";
        pen.fillText(value > 0.995 ? "1" : value.toFixed(2).slice(1), left + unit / 2, top + unit * 0.64);
      })(pen, across);
      return `affinity to the power β = ${state.beta}, radius ${walk.radius}; grey: no neighbour`;
    });
    panel(height / width, (pen, across, down) => {
      const values = heat(), most = values.reduce((a, b) => Math.max(a, b), 1e-12);
      const map = new ImageData(width, height);
      values.forEach((value, i) => map.data.set([...colourOf(value / most), 190], 4 * i));
      const small = Object.assign(document.createElement("canvas"), { width, height });
      small.getContext("2d").putImageData(map, 0, 0);
      pen.filter = "grayscale(1)";
      picture(pen, across, down);
      pen.filter = "none";
      pen.imageSmoothingEnabled = false;
      pen.drawImage(small, 0, 0, across, down);
      dot(pen, (state.y + 0.5) * across / width, (state.x + 0.5) * across / width, 3, "#fff");
      const far = values.reduce((count, value) => count + (value > most / 2 ? 1 : 0), 0);
      return `a unit of heat after ${state.steps} steps: at most ${
        most.toPrecision(2)
      }; ${far} pixels have more than ` +
        `half of that`;
    });
  }
  if (labels) {
    panel(1, (pen, across) => {
      const far = Math.ceil(pairRadius) - 1, found = pairs(), unit = across / (2 * far + 1);
      window_(far, (pen, { dy, dx, left, top }) => {
        const y = state.y + dy, x = state.x + dx;
        pen.fillStyle = labelColour(isInside(y, x) ? labels[y * width + x] : 255);
        pen.fillRect(left, top, unit + 0.5, unit + 0.5);
      })(pen, across);
      for (const { dy, dx, kind } of found) {
        dot(pen, (dy + far + 0.5) * unit, (dx + far + 0.5) * unit, unit * 0.24, KINDS[kind][1]);
      }
      const own = labels[state.y * width + state.x];
      return `${own === 255 ? "uncertain" : own === 0 ? "background" : names[own - 1]}; pairs: ` +
        KINDS.map(([name], kind) => `${name} ${found.filter((pair) => pair.kind === kind).length}`).join(", ");
    });
    const key = add(grid.lastChild, "div", {}, "font-size:12px;display:flex;flex-wrap:wrap;gap:2px 10px");
    for (const [name, colour] of KINDS) {
      const item = add(key, "span", { textContent: ` ${name}` });
      item.prepend(Object.assign(document.createElement("span"), { textContent: "●", style: `color:${colour}` }));
    }
  }

  const said = add(root, "output", { ariaLive: "polite" }, "display:block;margin:6px 0;white-space:pre-line");
  function sentences() {
    const at = state.y * width + state.x, n = (value) => value.toFixed(2).replace("-", "−");
    const lines = [`Row ${state.y}, column ${state.x}, at a quarter of the size.`];
    if (boundary) lines[0] += ` Boundary ${n(boundary[at])}.`;
    if (field) {
      const way = path(), [y, x] = way.at(-1), end = rounded(y) * width + rounded(x);
      const rest = Math.hypot(field[end], field[size + end]);
      const rounds = way.length - 1;
      lines.push(
        `Displacement (${n(field[at])}, ${n(field[size + at])}); after ${rounds} ${
          rounds === 1 ? "round" : "rounds"
        } ` +
          `at row ${n(y)}, column ${n(x)}, where it is ${n(rest)} long: ` +
          (rest < refine.threshold ? "a centroid." : `no centroid, for that takes less than ${refine.threshold}.`),
      );
    }
    return lines.join("\n");
  }
  let isAsked = false;
  const redraw = () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      said.textContent = sentences();
      for (const draw of panels) draw();
    });
  };

  const choose = (y, x) => {
    state.y = Math.min(Math.max(y, 0), height - 1);
    state.x = Math.min(Math.max(x, 0), width - 1);
    redraw();
  };
  const point = (event) => {
    const box = main.getBoundingClientRect();
    choose(
      Math.floor((event.clientY - box.top) / box.height * height),
      Math.floor((event.clientX - box.left) / box.width * width),
    );
  };
  main.addEventListener("pointerdown", point);
  main.addEventListener("pointermove", (event) => event.buttons === 1 && point(event));
  main.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 5 : 1;
    const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    choose(state.y + step * way[0], state.x + step * way[1]);
  });
  const slider = (name, key, { least, most }) => {
    const label = add(
      root,
      "label",
      {},
      "display:grid;grid-template-columns:minmax(8em,max-content) 1fr;align-items:center;gap:8px",
    );
    const text = add(label, "span");
    const range = add(
      label,
      "input",
      { type: "range", min: least, max: most, value: state[key], name: key },
      "width:100%",
    );
    const move = () => {
      state[key] = Number(range.value);
      text.textContent = `${name} ${state[key]}${state[key] === walk[key] ? " (this run)" : ""}`;
      redraw();
    };
    range.addEventListener("input", move);
    move();
  };
  if (boundary) {
    slider("exponent β", "beta", { least: 1, most: Math.max(20, walk.beta) });
    slider("steps t", "steps", { least: 0, most: Math.max(256, walk.steps) });
  }
  root.numbers = () => ({
    ...state,
    affinities: boundary && affinities(),
    heat: boundary && [...heat()],
    path: field && path(),
    pairs: labels && pairs(),
  });
  image.onload = redraw;
  image.src = data.picture;
  new ResizeObserver(redraw).observe(grid);
  redraw();
});
