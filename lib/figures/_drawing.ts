import { escape } from "@std/html/entities";
import { Buffer } from "node:buffer";
import sharp, { type Sharp } from "sharp";
import type { RgbImage } from "../data/image.ts";
import { type Figure, JUPYTER_DISPLAY, type PlotlyFigure } from "./figure.ts";
import { figurePage, figurePart, page } from "./interactive.ts";
import { type TextStyle, textSvg } from "./_text.ts";

/** Colours of what surrounds pictures. */
export const INK = "#1c1e22", MUTED = "#5c626b", LINE = "#d5d3cc", GROUND = "#ffffff";

/** Width of figures: that of a notebook's page. */
export const WIDTH = 1000;

/** A rectangle, pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A drawing of vectors and pictures. */
export class Drawing {
  readonly width: number = WIDTH;
  /** May be set once all is placed. */
  height = 0;
  readonly #parts: (string | ((scale: number) => Promise<string>))[] = [];

  /** SVG elements. */
  add(...svg: string[]): void {
    this.#parts.push(...svg);
  }

  text(text: string, style: TextStyle & { readonly x: number; readonly y: number }): void {
    this.add(textSvg(text, style));
  }

  /** A picture that fills a box; `isSharp` keeps its pixels square. */
  image(picture: RgbImage, { x, y, width, height }: Box, isSharp: boolean): void {
    this.#parts.push(async (scale) => {
      const size = { width: width * scale, height: height * scale };
      const file = await scaled(picture, { ...size, isSharp }).png({ compressionLevel: 9 }).toBuffer();
      const source = `data:image/png;base64,${file.toString("base64")}`;
      return `<image x="${x}" y="${y}" width="${width}" height="${height}" href="${source}"/>`;
    });
  }

  /** The whole as SVG. */
  async svg(
    { title, description, scale }: { readonly title: string; readonly description: string; readonly scale: number },
  ): Promise<string> {
    const parts = await Promise.all(this.#parts.map((part) => typeof part === "string" ? part : part(scale)));
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escape(title)}</title>` +
      `<desc>${escape(description)}</desc><rect width="100%" height="100%" fill="${GROUND}"/>${parts.join("")}</svg>`;
  }
}

/** A picture in another size: images smoothly, maps of few pixels with all their corners. */
export function scaled(
  { data, width, height }: RgbImage,
  box: { readonly width: number; readonly height: number; readonly isSharp: boolean },
): Sharp {
  const size = { width: Math.max(1, Math.round(box.width)), height: Math.max(1, Math.round(box.height)) };
  const kernel = box.isSharp && size.width >= width ? "nearest" : "lanczos3";
  return sharp(data, { raw: { width, height, channels: 3 } }).resize({ ...size, fit: "fill", kernel });
}

/** An SVG as PNG, enlarged. */
async function rasterised(svg: string, scale: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await sharp(Buffer.from(svg), { unlimited: true, density: 72 * scale }).flatten({ background: GROUND })
    .png({ compressionLevel: 9 }).toBuffer();
  return new Uint8Array(file);
}

/** A PNG with 256 colours, a quarter of the size: notebooks are kept small. */
async function inFewColours(png: Uint8Array): Promise<Uint8Array> {
  return await sharp(png).png({ palette: true, colours: 256, dither: 0.6, compressionLevel: 9 }).toBuffer();
}

/** A figure of a drawing. It is worked out when it is asked for, once. */
export function makeFigure(
  { title, description, drawing, plotly = null, own }: {
    readonly title: string;
    readonly description: string;
    readonly drawing: Drawing;
    readonly plotly?: (() => Promise<PlotlyFigure>) | null;
    /** HTML that plays without Plotly and holds the picture until its script runs. */
    readonly own?: ((png: Uint8Array) => Promise<string>) | undefined;
  },
): Figure {
  const svg = once((scale) => drawing.svg({ title, description, scale }));
  const png = once(async (scale) => await rasterised(await svg(scale), scale));
  const interactive = once(async () => await plotly?.() ?? null);
  const parts = async () => ({
    ...{ title, description, png: await png(1), plotly: await interactive() },
    own: await own?.(await inFewColours(await png(1))) ?? null,
  });
  return {
    title,
    description,
    svg: ({ scale = 1 } = {}) => svg(scale),
    png: ({ scale = 1 } = {}) => png(scale),
    plotly: interactive,
    isInteractive: plotly !== null || own !== undefined,
    html: async () => figurePage(await parts()),
    [JUPYTER_DISPLAY]: async () => {
      const { png, plotly, own } = await parts();
      const small = await inFewColours(png);
      return {
        "text/plain": `${title}. ${description}`,
        "image/png": Buffer.from(small).toString("base64"),
        ...(plotly ? { "application/vnd.plotly.v1+json": plotly } : {}),
        ...(own ? { "text/html": own } : {}),
        ...(plotly && page.hasPlotly ? { "text/html": figurePart({ title, description, png: small, plotly }) } : {}),
      };
    },
  };
}

/** Does work once for each scale. */
function once<T>(work: (scale: number) => Promise<T>): (scale?: number) => Promise<T> {
  const results = new Map<number, Promise<T>>();
  return (scale = 1) => {
    const result = results.get(scale) ?? work(scale);
    results.set(scale, result);
    return result;
  };
}
