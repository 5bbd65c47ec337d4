/**
 * What the files of notebooks keep of their outputs: pictures and texts, so that they are seen where nothing runs.
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import sharp from "sharp";
import { type Cell, type CellOutput, type Notebook, sourceOf } from "./notebook_file.ts";
import { ROOT } from "./settings.ts";

/**
 * A notebook with the pictures and texts of an executed copy. Logs, times, Plotly's library and its figures stay out.
 *
 * @param notebook The notebook; other outputs in it are dropped.
 * @param executed The same cells with outputs.
 * @throws Error if they have other cells.
 */
export function withOutputs(notebook: Notebook, executed: Notebook): Notebook {
  if (notebook.cells.length !== executed.cells.length) {
    throw new Error(`Expected ${notebook.cells.length} executed cells but found ${executed.cells.length}`);
  }
  const cells = notebook.cells.map((cell, n) => {
    if (cell.cell_type !== "code") return cell;
    return { ...cell, execution_count: null, outputs: (executed.cells[n]!.outputs ?? []).flatMap(pictureOrText) };
  });
  return { ...notebook, cells };
}

function pictureOrText({ data = {}, output_type }: CellOutput): CellOutput[] {
  const kept = Object.fromEntries(
    ["image/png", "text/plain"].filter((type) => type in data).map((type) => [type, inLines(data[type])]),
  );
  const isShown = output_type === "display_data" && Object.keys(kept).length > 0;
  return isShown ? [{ output_type, data: kept, metadata: {} }] : [];
}

/** Width of pictures in files of notebooks, pixels: all of them together stay below 5 MB. */
const WIDTH = 760;

/** A notebook with outputs, its pictures made smaller. */
export async function withSmallPictures(notebook: Notebook): Promise<Notebook> {
  const smaller = async (output: CellOutput): Promise<CellOutput> => {
    const png = output.data?.["image/png"];
    if (png === undefined) return output;
    const picture = sharp(Buffer.from(inLines(png).join(""), "base64")).resize({
      width: WIDTH,
      withoutEnlargement: true,
    });
    const small = await picture.png({ palette: true, quality: 70, dither: 0.3 }).toBuffer();
    return { ...output, data: { ...output.data, "image/png": inLines(small.toString("base64")) } };
  };
  const cells = notebook.cells.map(async (cell) =>
    cell.outputs ? { ...cell, outputs: await Promise.all(cell.outputs.map(smaller)) } : cell
  );
  return { ...notebook, cells: await Promise.all(cells) };
}

/** A text in one piece or in lines, in lines. */
function inLines(text: unknown): string[] {
  return (Array.isArray(text) ? text.join("") : String(text)).match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/**
 * A notebook that was run and saved, with the outputs and the look that it was committed with; texts and code that the
 * reader has changed stay.
 *
 * @param saved The notebook.
 * @param committed The same as it was committed.
 */
export function withoutRun(saved: Notebook, committed: Notebook): Notebook {
  const byId = new Map(committed.cells.map((cell) => [cell.id, cell]));
  const cells = saved.cells.map((cell): Cell => {
    const before = byId.get(cell.id);
    if (before && before.cell_type === cell.cell_type) {
      return sourceOf(before) === sourceOf(cell) ? before : { ...before, source: cell.source };
    }
    return cell.cell_type === "code" ? { ...cell, execution_count: null, outputs: [] } : cell;
  });
  return { ...committed, cells };
}

/** Number of pictures below each cell. */
export function pictureCounts({ cells }: Notebook): number[] {
  return cells.map(({ outputs = [] }) => outputs.filter(({ data }) => data && "image/png" in data).length);
}

/** Text of a notebook's file. */
export function notebookText(notebook: Notebook): string {
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

/**
 * Reads a notebook of the project as it was committed.
 *
 * @param name Name of its file.
 * @returns Text of the file; `null` where the project is no git repository, or does not know it.
 */
export async function committedText(name: string): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["-C", join(ROOT, "notebooks"), "show", `HEAD:./${name}`],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
