import { InterruptedError } from "../config/usage_error.ts";

/** Does work that SIGINT and SIGTERM abort; a second one ends the process at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let first = 0;
  const interrupt = () => {
    if (controller.signal.aborted) {
      // Terminals send a signal to all processes of a task, and these pass it on: that makes no second one.
      if (performance.now() - first > 300) Deno.exit(130);
      return;
    }
    first = performance.now();
    console.error("\nStopping after what is under way; again to stop at once");
    controller.abort(new InterruptedError("Interrupted; the same command goes on from here"));
  };
  const signals = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) Deno.addSignalListener(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of signals) Deno.removeSignalListener(name, interrupt);
  }
}
