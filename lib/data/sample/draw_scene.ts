import type { LabelMap, RgbImage } from "../image.ts";
import type { Random } from "../random.ts";
import { BODIES, box, Canvas, type Colour, ellipse, hsv, type Shape, smoothNoise, union } from "./canvas.ts";
/** Names of the classes of the sample data set, in the order of their ids. */
export const SAMPLE_CLASSES: readonly string[] = BODIES.map(({ name }) => name);

/** Side of the images, pixels. */
export const SAMPLE_SIDE = 160;

/** Image and its ground truth. */
export interface Scene {
  /** 160×160 pixels. */
  readonly image: RgbImage;
  /** Class ids of pixels, 0 background. */
  readonly classMask: LabelMap;
  /** Instance ids of pixels, 0 background. */
  readonly instanceMask: LabelMap;
  /** The instances, in the order of their ids. */
  readonly objects: readonly SceneObject[];
}

/** One instance of a {@linkcode Scene}. */
export interface SceneObject {
  /** Class index, 0-based. */
  readonly classIndex: number;
  /** Box around its visible pixels: first and last column and row. */
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

interface Creature {
  readonly classIndex: number;
  readonly x: number;
  readonly y: number;
  readonly halfSize: number;
  readonly angle: number;
  readonly mirror: 1 | -1;
  readonly feet: boolean;
  readonly hue: number;
  readonly saturation: number;
  readonly value: number;
}

const side = SAMPLE_SIDE;
const HUES = [0.02, 0.3, 0.58, 0.82];
const PIXEL_NOISE = 0.02;
const LEAST_VISIBLE = 0.55;

/**
 * Draws one image of the sample data set: up to two classes of small creatures, up to three of each, often touching
 * or overlapping their like, over a soft background with things in it that are no creatures.
 *
 * @param draw Source of random numbers of this image.
 * @param options `empty`: an image without any creature.
 */
export function drawScene(draw: Random, { empty }: { readonly empty: boolean }): Scene {
  const canvas = new Canvas(side);
  paintBackground(canvas, draw);
  const creatures = empty ? [] : placeCreatures(draw);
  const instances = new Uint8Array(side * side);
  creatures.forEach((creature, i) => paintCreature(canvas, { creature, instances, id: i + 1, draw }));
  const classes = instances.map((id) => id === 0 ? 0 : creatures[id - 1]!.classIndex + 1);
  return {
    image: canvas.develop(PIXEL_NOISE, draw),
    classMask: { width: side, height: side, data: classes },
    instanceMask: { width: side, height: side, data: instances },
    objects: creatures.map(({ classIndex }, i) => ({ classIndex, box: boxOf(instances, i + 1) })),
  };
}

const between = (draw: Random, low: number, high: number) => low + draw() * (high - low);
const whole = (draw: Random, low: number, high: number) => low + Math.floor(draw() * (high - low + 1));

/** Smooth patches of two related colours, a faint grating, and two to five bars, discs and boxes. */
function paintBackground(canvas: Canvas, draw: Random): void {
  const hue = draw(), saturation = between(draw, 0.05, 0.28), value = between(draw, 0.4, 0.8);
  const light = hsv(hue, saturation, Math.min(1, value + 0.12));
  const dark = hsv(hue + between(draw, -0.12, 0.12), saturation, value - 0.12);
  const broad = smoothNoise(side, between(draw, 40, 70), draw), fine = smoothNoise(side, between(draw, 8, 16), draw);
  const angle = between(draw, 0, Math.PI), frequency = 2 * Math.PI / between(draw, 5, 14);
  const [gx, gy] = [Math.cos(angle) * frequency, Math.sin(angle) * frequency], grating = between(draw, 0.05, 0.2);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const mix = 0.5 + 0.5 * broad(x, y) + 0.22 * fine(x, y) + grating * Math.sin(gx * x + gy * y);
      canvas.blend(y * side + x, light, 1);
      canvas.blend(y * side + x, dark, Math.min(1, Math.max(0, mix)));
    }
  }
  for (let i = whole(draw, 2, 5); i > 0; i--) paintDistractor(canvas, draw);
}

/** A plain thing, often in a creature's colours. */
function paintDistractor(canvas: Canvas, draw: Random): void {
  const creatureLike = draw() < 0.4;
  const hue = creatureLike ? HUES[whole(draw, 0, 3)]! + between(draw, -0.06, 0.18) : draw();
  const saturation = creatureLike ? between(draw, 0.5, 0.85) : between(draw, 0.05, 0.4);
  const colour = hsv(hue, saturation, between(draw, 0.45, 0.95));
  const kind = whole(draw, 0, 2), size = between(draw, 7, 17), length = between(draw, 25, 60);
  const shape = kind === 0
    ? box(0, 0, length, between(draw, 2.5, 6), 2)
    : kind === 1
    ? ellipse(0, 0, size, size * between(draw, 0.75, 1))
    : box(0, 0, size, size * between(draw, 0.6, 1), 3);
  const angle = between(draw, 0, Math.PI), cx = draw() * side, cy = draw() * side;
  const cos = Math.cos(angle), sin = Math.sin(angle), tilt = between(draw, -0.35, 0.35) / 40;
  const reach = Math.ceil(kind === 0 ? length + 6 : size * 1.5) + 2;
  for (let y = Math.max(0, Math.floor(cy) - reach); y < Math.min(side, cy + reach); y++) {
    for (let x = Math.max(0, Math.floor(cx) - reach); x < Math.min(side, cx + reach); x++) {
      const u = (x - cx) * cos + (y - cy) * sin, v = (y - cy) * cos - (x - cx) * sin;
      const distance = shape(u, v), coverage = Math.min(1, Math.max(0, 0.5 - distance));
      if (coverage === 0) continue;
      const shade = (1 + tilt * (u + v) / 2) * (distance > -1.6 ? 0.85 : 1);
      canvas.blend(y * side + x, scaled(colour, shade), coverage);
    }
  }
}

/** Chooses classes, numbers and places; nobody hides another creature beyond recognition. */
function placeCreatures(draw: Random): Creature[] {
  const first = whole(draw, 0, 3);
  const classes = draw() < 0.5 ? [first] : [first, (first + whole(draw, 1, 3)) % 4];
  const common = between(draw, 28, 36);
  const wanted = classes.flatMap((classIndex) => Array.from({ length: whole(draw, 1, 3) }, () => classIndex));
  const placed: Creature[] = [], footprints: number[][] = [];
  for (const classIndex of wanted) {
    const company = draw();
    const gap = company < 0.58 ? between(draw, -5, -1) : company < 0.9 ? between(draw, 5, 10) : null;
    for (let attempt = 0; attempt < 40; attempt++) {
      const creature = chooseCreature(draw, { classIndex, common, placed, gap });
      if (!creature) continue;
      const footprint = footprintOf(creature);
      if (!allVisible([...footprints, footprint])) continue;
      placed.push(creature);
      footprints.push(footprint);
      break;
    }
  }
  return placed;
}

/** A creature near one of its own kind — `gap` pixels away, overlapping where that is negative — or anywhere. */
function chooseCreature(
  draw: Random,
  { classIndex, common, placed, gap }: {
    classIndex: number;
    common: number;
    placed: readonly Creature[];
    gap: number | null;
  },
): Creature | null {
  const halfSize = common * between(draw, 0.9, 1.1);
  const kin = placed.filter((other) => other.classIndex === classIndex);
  const neighbour = gap !== null && kin.length > 0 ? kin[whole(draw, 0, kin.length - 1)]! : null;
  const creature: Creature = {
    classIndex,
    x: between(draw, 0.75 * halfSize, side - 0.75 * halfSize),
    y: between(draw, 0.85 * halfSize, side - 0.85 * halfSize),
    halfSize,
    angle: between(draw, -0.25, 0.25),
    mirror: draw() < 0.5 ? 1 : -1,
    feet: draw() < 0.8,
    hue: HUES[classIndex]! + between(draw, -0.05, 0.05),
    saturation: between(draw, 0.55, 0.85),
    value: between(draw, 0.62, 0.92),
  };
  const direction = between(draw, 0, 2 * Math.PI);
  const { x, y } = neighbour ? beside(creature, { neighbour, direction, gap: gap! }) : creature;
  const margin = 0.75 * halfSize;
  if (x < margin || y < margin || x > side - margin || y > side - margin) return null;
  for (const other of placed) {
    const distance = Math.hypot(x - other.x, y - other.y);
    if (other !== neighbour && distance < 0.9 * (halfSize + other.halfSize)) return null;
  }
  return { ...creature, x, y };
}

/** Where a creature stands that comes towards a neighbour until they touch, then goes `gap` pixels back. */
function beside(
  creature: Creature,
  { neighbour, direction, gap }: { neighbour: Creature; direction: number; gap: number },
): { x: number; y: number } {
  const taken = new Uint8Array(side * side);
  for (const pixel of footprintOf(neighbour)) taken[pixel] = 1;
  const at = (distance: number) => ({
    x: neighbour.x + distance * Math.cos(direction),
    y: neighbour.y + distance * Math.sin(direction),
  });
  const { whole: outline } = parts(creature.classIndex, creature.feet);
  const touches = (distance: number) => {
    let found = false;
    forEachPixel({ ...creature, ...at(distance) }, (pixel, u, v) => {
      if (taken[pixel] && !found) found = outline(u, v) <= 0;
    });
    return found;
  };
  let contact = 1.02 * (creature.halfSize + neighbour.halfSize);
  while (!touches(contact)) contact -= 6;
  while (touches(contact)) contact++;
  return at(contact + gap);
}

const HEAD_RADIUS = 0.28;

/** Head, feet and the whole outline of a creature of a class. */
function parts(classIndex: number, feet: boolean): { body: Shape; head: Shape; feet: Shape | null; whole: Shape } {
  const { body, headY } = BODIES[classIndex]!;
  const head = ellipse(0.1, headY, HEAD_RADIUS, HEAD_RADIUS * 0.94);
  const both = feet ? union(ellipse(-0.3, 0.83, 0.2, 0.12), ellipse(0.3, 0.83, 0.2, 0.12)) : null;
  return { body, head, feet: both, whole: both ? union(body, head, both) : union(body, head) };
}

/** Calls back for every pixel that a creature may cover, with its local coordinates. */
function forEachPixel(
  { x, y, halfSize, angle, mirror }: Creature,
  visit: (pixel: number, u: number, v: number) => void,
) {
  const reach = halfSize * 1.3, cos = Math.cos(angle) / halfSize, sin = Math.sin(angle) / halfSize;
  const [left, right] = [Math.max(0, Math.floor(x - reach)), Math.min(side - 1, Math.ceil(x + reach))];
  const [top, bottom] = [Math.max(0, Math.floor(y - reach)), Math.min(side - 1, Math.ceil(y + reach))];
  for (let py = top; py <= bottom; py++) {
    for (let px = left; px <= right; px++) {
      const dx = px - x, dy = py - y;
      visit(py * side + px, (dx * cos + dy * sin) * mirror, dy * cos - dx * sin);
    }
  }
}

/** The pixels of a creature's outline. */
function footprintOf(creature: Creature): number[] {
  const { whole: outline } = parts(creature.classIndex, creature.feet);
  const pixels: number[] = [];
  forEachPixel(creature, (pixel, u, v) => {
    if (outline(u, v) <= 0) pixels.push(pixel);
  });
  return pixels;
}

/** Whether every creature would show enough of itself, later ones lying over earlier ones. */
function allVisible(footprints: readonly number[][]): boolean {
  const owner = new Uint8Array(side * side);
  footprints.forEach((pixels, i) => pixels.forEach((pixel) => owner[pixel] = i + 1));
  return footprints.every((pixels, i) =>
    pixels.filter((pixel) => owner[pixel] === i + 1).length >= LEAST_VISIBLE * pixels.length
  );
}

function paintCreature(
  canvas: Canvas,
  { creature, instances, id, draw }: { creature: Creature; instances: Uint8Array; id: number; draw: Random },
): void {
  const { classIndex, halfSize, hue, saturation, value, mirror } = creature;
  const { body, head, feet, whole: outline } = parts(classIndex, creature.feet);
  const { headY } = BODIES[classIndex]!;
  const skin = hsv(hue, saturation, value), face = hsv(hue + 0.07, saturation * 0.9, Math.min(1, value * 1.05));
  const boots = hsv(hue - 0.03, saturation, value * 0.75),
    pale = hsv(hue + 0.05, saturation * 0.45, Math.min(1, value * 1.2));
  const texture = smoothNoise(side, between(draw, 5, 9), draw);
  const mark = ellipse(0, 0.2, 0.2, 0.16);
  const eyes = [-0.13, 0.13].map((dx) => ({
    white: ellipse(0.12 + dx, headY - 0.02, 0.1, 0.11),
    pupil: ellipse(0.14 + dx, headY, 0.052, 0.06),
  }));
  const rimWidth = 2 / halfSize;
  forEachPixel(creature, (pixel, u, v) => {
    const coverage = (distance: number) => Math.min(1, Math.max(0, 0.5 - distance * halfSize));
    const distance = outline(u, v), covered = coverage(distance);
    if (covered === 0) return;
    // light falls from the upper left of the image, whichever way the creature looks
    const light = 1 - 0.35 * (u * mirror * 0.35 + v * 0.65) / 2 +
      0.05 * texture(pixel % side, Math.floor(pixel / side));
    const rim = (d: number) => d > -rimWidth ? 0.8 : 1;
    let colour: Colour = feet ? scaled(boots, light) : [0, 0, 0];
    const inBody = body(u, v), inHead = head(u, v);
    colour = over(colour, scaled(skin, light * rim(inBody)), feet ? coverage(inBody) : 1);
    colour = over(colour, scaled(pale, light), coverage(mark(u, v)) * 0.85);
    colour = over(colour, scaled(face, light * rim(inHead)), coverage(inHead));
    for (const { white, pupil } of eyes) {
      colour = over(colour, [0.95, 0.95, 0.93], coverage(white(u, v)));
      colour = over(colour, [0.08, 0.07, 0.1], coverage(pupil(u, v)));
    }
    canvas.blend(pixel, colour, covered);
    if (distance <= 0) instances[pixel] = id;
  });
}

function scaled([red, green, blue]: Colour, factor: number): Colour {
  return [red * factor, green * factor, blue * factor];
}

function over(below: Colour, above: Colour, coverage: number): Colour {
  const mix = (c: 0 | 1 | 2) => below[c] + (above[c] - below[c]) * coverage;
  return [mix(0), mix(1), mix(2)];
}

function boxOf(instances: Uint8Array, id: number): SceneObject["box"] {
  let left = side, top = side, right = -1, bottom = -1;
  instances.forEach((value, pixel) => {
    if (value !== id) return;
    const x = pixel % side, y = Math.floor(pixel / side);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  return { left, top, right, bottom };
}
