/** An output of a cell. */
export interface CellOutput {
  /** Kind: `stream`, `display_data`, `execute_result`, `error`. */
  readonly output_type: string;
  /** Contents by MIME type. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Name of an error. */
  readonly ename?: string;
  /** Message of an error. */
  readonly evalue?: string;
  /** About what is shown. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A cell of a notebook. */
export interface Cell {
  /** Name within the notebook. */
  readonly id?: string;
  /** `markdown` or `code`. */
  readonly cell_type: string;
  /** Its text, in one piece or in lines that keep their ends. */
  readonly source: string | readonly string[];
  /** Outputs; code only. */
  readonly outputs?: readonly CellOutput[];
  /** Number of its last run; code only. */
  readonly execution_count?: number | null;
  /**
   * Tags: `variables` for the cell with `workdir` and `data`, `figure` and `text` for what a cell shows, `optional` for
   * a figure in place of which a text may say how to get it.
   */
  readonly metadata: { readonly tags?: readonly string[] };
}

/** A notebook as its file has it. */
export interface Notebook {
  /** Its cells. */
  readonly cells: readonly Cell[];
}

/** The text of a cell. */
export function sourceOf({ source }: Cell): string {
  return typeof source === "string" ? source : source.join("");
}

/**
 * A notebook whose two variables are set.
 *
 * @param notebook Has a cell with the tag `variables`, which declares `workdir` and `data`.
 * @param variables Their new values.
 * @throws Error if one of them is not declared there.
 */
export function withVariables(notebook: Notebook, variables: { workdir: string; data: string }): Notebook {
  const cells = notebook.cells.map((cell) => {
    if (!cell.metadata.tags?.includes("variables")) return cell;
    let source = sourceOf(cell);
    for (const [name, value] of Object.entries(variables)) {
      const declaration = new RegExp(`^const ${name} = ".*";`, "m");
      if (!declaration.test(source)) throw new Error(`Expected const ${name} = "…"; in the cell of variables`);
      source = source.replace(declaration, () => `const ${name} = ${JSON.stringify(value)};`);
    }
    return { ...cell, source };
  });
  return { ...notebook, cells };
}

/**
 * Problems of an executed notebook: the first error of a cell, or else cells that show nothing though their tag `figure`
 * or `text` says that they do.
 *
 * @param notebook With outputs.
 * @returns One line for each problem.
 */
export function problemsOf({ cells }: Notebook): string[] {
  for (const [n, { outputs = [] }] of cells.entries()) {
    const error = outputs.find((output) => output.output_type === "error");
    if (error) return [`cell ${n + 1} failed: ${error.evalue || error.ename}`];
  }
  const shows = ({ outputs = [] }: Cell, type: string) => outputs.some(({ data }) => data && type in data);
  return cells.flatMap((cell, n) => {
    const { tags = [] } = cell.metadata;
    const isEnough = (type: string) => shows(cell, type) || (tags.includes("optional") && shows(cell, "text/plain"));
    if (tags.includes("figure") && !isEnough("image/png")) return [`cell ${n + 1} shows no figure`];
    if (tags.includes("text") && !shows(cell, "text/plain")) return [`cell ${n + 1} shows no text`];
    return [];
  });
}
