import { jupyterKernel } from "../figures/figure.ts";

let controller = new AbortController();
let areUsed = false;

/**
 * Lets an interrupt stop the cell that is running instead of the kernel, and cells that miss something from a cell that
 * failed say so in one line. Outside of a kernel it changes nothing.
 *
 * @returns Signal of the next interrupt, for functions that take one, such as `train()`. A loop that never waits does
 * not see it: restart the kernel.
 */
export function interruptSignal(): AbortSignal {
  if (!areUsed && jupyterKernel()) {
    areUsed = true;
    Deno.addSignalListener("SIGINT", () => {
      const interrupted = new Error("Interrupted. Run the cell again: what the stages had made is kept.");
      controller.abort(oneLine(interrupted));
      controller = new AbortController();
    });
    Error.prepareStackTrace = (error, sites) => {
      const [, name] = error instanceof ReferenceError && /^(\S+) is not defined$/.exec(error.message) || [];
      if (name) return `Not run: ${name} comes from a cell above that failed, or was not run.`;
      return [String(error), ...sites.map((site) => `    at ${site}`)].join("\n");
    };
  }
  return controller.signal;
}

/** An error that a notebook shows without the places in the library where it arose. */
export function oneLine<E>(error: E): E {
  if (error instanceof Error && jupyterKernel()) error.stack = `${error.name}: ${error.message}`;
  return error;
}
