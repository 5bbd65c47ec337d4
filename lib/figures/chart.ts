/** One line of a {@linkcode Chart}; a trace as Plotly has it. */
export interface ChartTrace {
  /** Name in the legend. */
  readonly name: string;
  /** Positions. */
  readonly x: readonly number[];
  /** Values; `null` leaves a gap. */
  readonly y: readonly (number | null)[];
  /** Whether points, lines or both are drawn. */
  readonly mode: "lines" | "markers" | "lines+markers";
  /** Line style. */
  readonly line?: Readonly<Record<string, unknown>>;
  /** Point style. */
  readonly marker?: Readonly<Record<string, unknown>>;
  /** Text at the pointer. */
  readonly hovertemplate?: string;
  /** Whether the legend names it. */
  readonly showlegend?: boolean;
}

/** A chart that needs no more than `Plotly.newPlot(element, traces, layout)`. */
export interface Chart {
  /** Short title. */
  readonly title: string;
  /** What is seen, in a sentence, for those who cannot see it. */
  readonly description: string;
  /** Its lines. */
  readonly traces: readonly ChartTrace[];
  /** Axes. */
  readonly layout: Readonly<Record<string, unknown>>;
  /** Whether its colours, those of VOC, need a light ground. */
  readonly isOnLight?: boolean;
}

/** Colours of lines that differ without colour vision, on light and on dark ground. */
export const CHART_COLOURS: readonly string[] = ["#d9822b", "#3f8fd2", "#2ca089", "#b565a7", "#8c8c8c"];
