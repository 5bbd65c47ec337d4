/** A row of a table. */
export interface Row {
  /** Its cells, trimmed. */
  readonly cells: readonly string[];
  /** Number of the line that it begins in. */
  readonly line: number;
}

/** What may separate columns, the likelier first. */
const SEPARATORS = [",", "\t", ";", "|", " "];

/** Rows that are looked at to tell how a table is made. */
export const SAMPLE = 500;

/**
 * Rows of a table in text, without empty ones and comments (`# …`). Cells may be quoted. Columns are separated by what a
 * line `sep=;` says, else by what parts most rows so that a cell names an image, else by what the first line holds.
 *
 * @param text The table.
 * @param options Name of the file, for messages, and the test for cells that name an image.
 * @throws Error naming the line of a quotation without end.
 */
export function readRows(
  text: string,
  { path, isImage }: { path: string; isImage: (cell: string) => boolean },
): Row[] {
  const told = /^sep=(.)[\r\n]/i.exec(text)?.[1];
  const isComment = ({ cells: [first = ""] }: Row) => first.startsWith("#") && !isImage(first);
  const split = (separator: string) =>
    splitRows(text, separator, path).slice(told === undefined ? 0 : 1)
      .filter((row) => row.cells.some((cell) => cell !== "") && !isComment(row));
  if (told !== undefined) return split(told);
  const line = text.split(/\r?\n|\r/).find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
  const first = SEPARATORS.slice(0, 3).find((separator) => line.includes(separator)) ?? ",";
  const hits = (separator: string) =>
    split(separator).slice(0, SAMPLE).filter(({ cells }) => cells.some(isImage)).length;
  let best = first, most = hits(first);
  for (const separator of SEPARATORS.filter((one) => text.includes(one))) {
    const found = separator === first ? 0 : hits(separator);
    if (found > most) [best, most] = [separator, found];
  }
  return split(best);
}

function splitRows(text: string, separator: string, path: string): Row[] {
  const rows: Row[] = [];
  let cells: string[] = [], cell = "", at = 0, line = 1, first = 1;
  const endCell = () => {
    cells.push(cell.trim());
    cell = "";
  };
  const endRow = () => {
    endCell();
    rows.push({ cells, line: first });
    cells = [];
    first = line;
  };
  while (at < text.length) {
    const letter = text[at]!;
    if (letter === '"' && cell.trim() === "") {
      const end = endOfQuotation(text, at);
      if (end === null) throw new Error(`Expected the end of the quotation that begins in line ${line} of ${path}`);
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      line += cell.split("\n").length - 1;
      at = end + 1;
      continue;
    }
    at++;
    if (letter === separator) endCell();
    else if (letter === "\n" || (letter === "\r" && text[at] !== "\n")) {
      line++;
      endRow();
    } else cell += letter;
  }
  if (cell !== "" || cells.length > 0) endRow();
  return rows;
}

/** Position of the quotation mark that ends the one at `start`; two in a row stand for one in the text. */
function endOfQuotation(text: string, start: number): number | null {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end < 0 ? null : end;
}

/** The names in a cell: separated by commas, semicolons or bars, perhaps as a list of Python or JSON. */
export function splitNames(cell: string): string[] {
  const list = /^\[(.*)\]$/s.exec(cell)?.[1];
  const names = (list ?? cell).split(/[,;|]/).map((name) => name.trim());
  return (list === undefined ? names : names.map((name) => name.replace(/^(['"])(.*)\1$/, "$2"))).filter(Boolean);
}
