import { JUPYTER_DISPLAY } from "./figure.ts";

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

/**
 * Shows figures below the cell of a notebook, one after another.
 *
 * @param figures What to show.
 * @throws Error outside of a notebook on the Deno kernel.
 */
export async function show(...figures: readonly Displayable[]): Promise<void> {
  // The kernel alone has this member; reading it elsewhere throws or gives nothing.
  const jupyter = (() => {
    try {
      return Deno.jupyter;
    } catch {
      return undefined;
    }
  })();
  if (!jupyter) throw new Error("Expected show() in a notebook on the Deno kernel but found no kernel");
  for (const figure of figures) {
    const contents = await figure[JUPYTER_DISPLAY]();
    await jupyter.display(contents as Deno.jupyter.MediaBundle, { raw: true });
    const wait = SENDING.least + SENDING.perCharacter * JSON.stringify(contents).length;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
