import { Buffer } from "node:buffer";
import { classPalette } from "../colours.ts";
import { colourMap, type ColourMapName, wheelColour } from "../colours.ts";
import { html, Markup, percent } from "./_html.ts";
import type { GalleryEntry } from "./report_input.ts";

/** Images with all their pictures; complete without the script, which filters, sorts, switches layers and enlarges. */
export function gallery(entries: readonly GalleryEntry[], classes: readonly string[]): Markup {
  const present = classes.filter((name) => entries.some(({ labels }) => labels.includes(name)));
  const layers = [...new Set(entries.flatMap((entry) => entry.layers.map(({ name }) => name)))];
  return html`
    <form class="tools" hidden>
      <label>Class <select name="class"><option value="">all</option>${present.map((name) =>
        html`<option>${name}</option>`
      )}</select></label>
      <label>Order <select name="order"><option value="list">of the list</option><option value="worst">worst IoU first</option>
        <option value="best">best IoU first</option></select></label>
      <output aria-live="polite"></output>
      <fieldset><legend>Layers</legend>${layers.map((name) =>
        html`<label class="chip"><input type="checkbox" name="layer" value="${name}" checked><span>${name}</span></label>`
      )}</fieldset>
    </form>
    ${legend(present, classes)}
    <div id="entries" style="--columns:${Math.max(3, Math.ceil(layers.length / 2))}">${entries.map((entry, n) =>
      entryCard(entry, n)
    )}</div>
    <dialog id="viewer" aria-labelledby="viewer-title">
      <header><h3 id="viewer-title"></h3><button type="button" data-do="close" aria-label="Close">✕</button></header>
      <div class="stage"><button type="button" data-do="previous" aria-label="Previous picture">‹</button><img alt="">
        <button type="button" data-do="next" aria-label="Next picture">›</button></div>
      <p class="caption" aria-live="polite"></p>
      <div class="layers" role="group" aria-label="Layers"></div>
      <p class="keys">← → pictures · ↑ ↓ images · Esc closes</p>
    </dialog>
  `;
}

function entryCard({ id, labels, iou, mistake = null, layers }: GalleryEntry, position: number): Markup {
  return html`
    <article class="entry" id="picture-${position}" data-position="${position}" data-iou="${iou ?? ""}"
      data-classes="${JSON.stringify(labels)}">
      <header>
        <h3>${id}</h3>
        <p class="labels">${labels.join(", ")}</p>
        <p class="iou">${iou === null
          ? "no ground truth"
          : html`mIoU <strong>${percent(iou)}</strong><i class="meter" style="--fraction:${iou.toFixed(1)}%"></i>`}</p>
        ${mistake && html`<p class="mistake">${mistake}</p>`}
      </header>
      <div class="pictures">${layers.map(({ name, caption, picture }) =>
        html`
          <figure data-layer="${name}" data-caption="${caption}">
            <button type="button" class="enlarge"
              aria-label="Enlarge ${name} of ${id}"><img decoding="async" src="${dataUri(
                picture,
              )}" alt="${caption} (${id})"></button>
            <figcaption>${name}</figcaption>
          </figure>
        `
      )}</div>
    </article>
  `;
}

/** Legend of all pictures. */
function legend(present: readonly string[], classes: readonly string[]): Markup {
  const palette = classPalette();
  const swatch = (name: string) => {
    const at = (classes.indexOf(name) + 1) * 3;
    return html`<li><i style="background:rgb(${palette.subarray(at, at + 3).join(" ")})"></i>${name}</li>`;
  };
  return html`
    <div class="legend" role="group" aria-label="What the colours mean">
      <p><span>CAM</span><i class="scale" style="background:${ramp("viridis")}"></i><small>0 … 1</small></p>
      <p><span>Boundary</span><i class="scale" style="background:${ramp("inferno")}"></i><small>0 … 1</small></p>
      <p><span>Displacement</span><i class="wheel" style="background:${wheel()}"></i><small>direction to the centroid;
          stronger is farther</small></p>
      <p><span>Instance map</span><small>one colour a centroid, grey stripes reach none</small></p>
      <p><span>Pseudo instances</span><small>blue right, orange wrong at IoU 0.5; lines: ground truth, yellow missed;
          without ground truth one colour each</small></p>
      <ul aria-label="Colours of classes">${present.map(swatch)}<li><i class="void"></i>uncertain or void</li></ul>
    </div>
  `;
}

function ramp(name: ColourMapName): Markup {
  const table = colourMap(name);
  const stops = Array.from({ length: 9 }, (_, i) => Math.round(i * 255 / 8) * 3)
    .map((at) => `rgb(${table.subarray(at, at + 3).join(" ")})`);
  return new Markup(`linear-gradient(to right,${stops.join(",")})`);
}

/** The colour wheel as gradients: hues around, white in the middle. */
function wheel(): Markup {
  const stops = Array.from({ length: 25 }, (_, i) => i / 24 * 2 * Math.PI)
    .map((angle) => `rgb(${wheelColour(-Math.cos(angle), Math.sin(angle)).join(" ")})`);
  return new Markup(`radial-gradient(closest-side,#fff,#fff0),conic-gradient(${stops.join(",")})`);
}

function dataUri(picture: Uint8Array): string {
  const type = picture[0] === 0x89 ? "image/png" : "image/webp";
  return `data:${type};base64,${Buffer.from(picture).toString("base64")}`;
}
