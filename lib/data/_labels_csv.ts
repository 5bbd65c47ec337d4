import { NameCollector, type NamesById } from "./_label_names.ts";

/** First cells that tell a row of headings from one of an image. */
const HEADING = /^(id|ids|image|images|image_?id|image_?name|file|file_?name|path|name)$/i;
const YES_NO = /^(0|1|0\.0|1\.0|true|false|yes|no)?$/i;

/**
 * Class names from a table in text: an id in the first column, names in all others. An id may have several rows, a cell
 * several names (`cat;dog`, `cat|dog`, `"cat, dog"`), and columns that hold nothing but 0 and 1 below a heading stand for the class
 * of the heading. Cells may be quoted; columns are separated by commas, semicolons or tabs. Ids may be names of image
 * files.
 *
 * @param text Content of the file.
 * @param path Its name, for messages.
 * @throws Error naming the file and the line.
 */
export function parseLabelsCsv(text: string, path: string): NamesById {
  const rows = readRows(text.replace(/^\ufeff/, ""), path).filter(({ cells }) => cells.some((cell) => cell !== ""));
  const headings = HEADING.test(rows[0]?.cells[0] ?? "") ? rows.shift()!.cells : null;
  const isYesNo = headings !== null && headings.length > 1 && rows.length > 0 &&
    rows.every(({ cells }) => cells.length === headings.length && cells.slice(1).every((cell) => YES_NO.test(cell)));
  const collector = new NameCollector(path);
  for (const { cells: [id = "", ...cells], line } of rows) {
    if (id === "") throw new Error(`Expected an id at the start of line ${line} of ${path} but found none`);
    const names = isYesNo
      ? headings.slice(1).filter((_, i) => /^(1|1\.0|true|yes)$/i.test(cells[i]!))
      : cells.flatMap((cell) => cell.split(/[,;|]/));
    collector.add(collector.id(id), names);
  }
  return collector.all();
}

/** The cells of a table, trimmed, with the number of the line that each row begins in. */
function readRows(text: string, path: string): { cells: string[]; line: number }[] {
  const separator = separatorOf(text);
  const rows: { cells: string[]; line: number }[] = [];
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

/** What separates columns: of comma, tab and semicolon the first that the first line holds. */
function separatorOf(text: string): string {
  const line = /^[^\r\n]*/.exec(text)![0];
  return [",", "\t", ";"].find((letter) => line.includes(letter)) ?? ",";
}
