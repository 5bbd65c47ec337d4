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
 * A figure: a picture, and where it teaches also a page to play with. Notebooks on the Deno kernel show it as it is,
 * best by {@linkcode show}.
 */
export interface Figure {
  /** What it shows, in a few words. */
  readonly title: string;
  /** What is seen, in a sentence, for those who cannot see it. */
  readonly description: string;
  /** As SVG, 1000 wide. Texts are outlines: it needs no font. */
  svg(): Promise<string>;
  /** The same as PNG, 1000 pixels wide. */
  png(): Promise<Uint8Array<ArrayBuffer>>;
  /** What Plotly needs to draw it, with sliders and values at the pointer; `null`: there is only the picture. */
  plotly(): Promise<PlotlyFigure | null>;
  /** A page of its own that needs no network: interactive where there is something to play with. */
  html(): Promise<string>;
  /** Contents by MIME type: the picture, and what Plotly needs where it is installed. */
  [JUPYTER_DISPLAY](): Promise<Record<string, unknown>>;
}
