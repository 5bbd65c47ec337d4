/**
 * Reads VOC's image ids, one a line.
 *
 * @param text The list.
 * @param name Its name, for messages.
 * @returns The ids in their order.
 * @throws Error naming the first line that is no id such as `2007_000032`.
 */
export function readIdList(text: string, name: string): string[] {
  const lines = text.trimEnd().split(/\r?\n/).map((line) => line.trim());
  const bad = lines.findIndex((line) => !/^\d{4}_\d{6}$/.test(line));
  if (bad >= 0) {
    const found = JSON.stringify(lines[bad]!.slice(0, 40));
    throw new Error(`Expected an image id such as 2007_000032 in line ${bad + 1} of ${name} but found ${found}`);
  }
  return lines;
}
