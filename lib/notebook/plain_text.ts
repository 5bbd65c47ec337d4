import { type Displayable, JUPYTER_DISPLAY } from "../figures/mod.ts";

/**
 * Text for `show()`: tables and settings, in letters of equal width.
 *
 * @param text Lines of text.
 * @returns What a notebook shows as it is.
 * @example
 * ```ts
 * import { plainText } from "./plain_text.ts";
 * plainText("IoU  71.2");
 * ```
 */
export function plainText(text: string): Displayable {
  return { [JUPYTER_DISPLAY]: () => Promise.resolve({ "text/plain": text }) };
}
