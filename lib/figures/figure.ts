import { delay } from "@std/async/delay";

/** The method by which an object tells a notebook how it is shown. */
export const JUPYTER_DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/** A picture that can be stepped through or asked for values, as Plotly takes it. */
export interface PlotlyFigure {
  /** Traces. */
  readonly data: readonly Readonly<Record<string, unknown>>[];
  /** Axes, sliders, images. */
  readonly layout: Readonly<Record<string, unknown>>;
}

/**
 * A picture, and where it teaches also a page to play with. Notebooks on the Deno kernel show it as it is,
 * best by {@linkcode show}.
 */
export interface Figure {
  /** Title of a few words. */
  readonly title: string;
  /** Description in a sentence, for those who cannot see it. */
  readonly description: string;
  /** As SVG, 1000 wide. Texts are outlines: it needs no font. Pictures in it have `scale` times as many pixels each way. */
  svg(options?: { readonly scale?: number }): Promise<string>;
  /** The same as PNG, `scale` times 1000 pixels wide. */
  png(options?: { readonly scale?: number }): Promise<Uint8Array<ArrayBuffer>>;
  /** Traces and layout for Plotly, with sliders and values at the pointer; `null`: there is only the picture. */
  plotly(): Promise<PlotlyFigure | null>;
  /** Whether there is something to play with. */
  readonly isInteractive: boolean;
  /** A page of its own that needs no network: interactive where there is something to play with. */
  html(): Promise<string>;
  /** Contents by MIME type: the picture, and what Plotly needs where it is installed. */
  [JUPYTER_DISPLAY](): Promise<Record<string, unknown>>;
}

/** Anything that tells a notebook how it is shown, as figures do. */
export interface Displayable {
  /** Contents by MIME type. */
  [JUPYTER_DISPLAY](): Promise<Record<string, unknown>>;
}

/**
 * Time for an output to leave the kernel, in milliseconds, and more for each character. The kernel hands outputs and the
 * end of a cell to the viewer by separate ways; who listens only up to the end, as headless runs do, loses what is late.
 */
const SENDING = { least: 150, perCharacter: 1e-4 };

/** The kernel that this program is a notebook's in; `undefined` elsewhere. */
export function jupyterKernel(): typeof Deno.jupyter | undefined {
  try {
    return Deno.jupyter; // elsewhere reading it throws, or gives nothing
  } catch {
    return undefined;
  }
}

/**
 * Shows figures below the cell of a notebook, one after another.
 *
 * @param figures Figures, or texts of `plainText()`.
 * @throws Error outside of a notebook on the Deno kernel; TypeError for anything else.
 */
export async function show(...figures: readonly Displayable[]): Promise<void> {
  const other = figures.findIndex((figure) => typeof figure?.[JUPYTER_DISPLAY] !== "function");
  if (other >= 0) {
    throw new TypeError(
      `Expected figures, or texts of plainText(), in show() but found ${Deno.inspect(figures[other])}`,
    );
  }
  const jupyter = jupyterKernel();
  if (!jupyter) throw new Error("Expected show() in a notebook on the Deno kernel but found no kernel");
  for (const figure of figures) {
    const contents = await figure[JUPYTER_DISPLAY]();
    await jupyter.display(contents as Deno.jupyter.MediaBundle, { raw: true });
    const wait = SENDING.least + SENDING.perCharacter * JSON.stringify(contents).length;
    await delay(wait);
  }
}
