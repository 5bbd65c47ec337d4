/** The project's notebooks. */
import { type Cell, type Notebook, sourceOf } from "../../lib/notebook/notebook_file.ts";

/** The folder that they lie in. */
export const folder = new URL("../../notebooks/", import.meta.url);

/** A notebook that was read. */
export interface NotebookFile {
  readonly name: string;
  readonly bytes: number;
  readonly cells: readonly Cell[];
}

/** All notebooks in their order. */
export async function readNotebooks(): Promise<NotebookFile[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".ipynb")).sort();
  return await Promise.all(names.map(async (name) => {
    const text = await Deno.readTextFile(new URL(name, folder));
    const { cells }: Notebook = JSON.parse(text);
    return { name, bytes: text.length, cells };
  }));
}

/** The code of a notebook as one module. */
export function codeOf(cells: readonly Cell[]): string {
  return cells.filter((cell) => cell.cell_type === "code").map((cell) => `${sourceOf(cell)}\n`).join("\n");
}
