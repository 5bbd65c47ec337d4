import { delay } from "@std/async/delay";
import type { Chart } from "./chart.ts";

/** Opening of the page. */
export interface ShowChartsOptions {
  /** Opens the address in the user's browser; absent: nothing is opened. */
  readonly open?: (address: string) => void;
}

/** Charts that are being shown. */
export interface ShownCharts {
  /** Address on this machine. */
  readonly address: string;
  /** Fulfilled once the viewer has ended: it does when its page is closed. */
  readonly closed: Promise<void>;
}

/** Longest time for the viewer to start, milliseconds. */
const PATIENCE = 15_000;

/**
 * Shows charts in the viewer of nodeplotlib, a page on this machine. The package is loaded now and not before.
 *
 * The port is that of the environment's `NODEPLOTLIB_PORT`, or a free one.
 *
 * @param charts Charts, each with its traces and layout.
 * @param options Function that opens the page.
 * @returns Their address, once the viewer answers.
 * @throws Error if the viewer cannot be loaded or does not start.
 */
export async function showCharts(charts: readonly Chart[], { open }: ShowChartsOptions = {}): Promise<ShownCharts> {
  const port = Number(Deno.env.get("NODEPLOTLIB_PORT")) || freePort();
  // With a port of its own the viewer opens no window: whether one is wanted is decided here.
  Deno.env.set("NODEPLOTLIB_PORT", String(port));
  const address = `http://localhost:${port}/plots/index.html`;
  const failure = Promise.withResolvers<never>();
  const fail = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    failure.reject(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", fail); // the viewer starts on its own, and fails on its own
  try {
    const { plot } = await import("nodeplotlib");
    for (const { title, traces, layout } of charts) {
      plot(traces.map((trace) => ({ type: "scatter", ...trace })) as never, { title, height: 420, ...layout } as never);
    }
    await Promise.race([failure.promise, answer(address)]);
  } finally {
    globalThis.removeEventListener("unhandledrejection", fail);
  }
  open?.(address);
  return { address, closed: ended(address) };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(address);
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false; // nobody listens
    throw error;
  }
}

async function answer(address: string): Promise<void> {
  for (const start = Date.now(); Date.now() - start < PATIENCE; await delay(100)) if (await answers(address)) return;
  throw new Error(`Expected the viewer of charts at ${address} but it did not answer within ${PATIENCE / 1000} s`);
}

async function ended(address: string): Promise<void> {
  do await delay(1000); while (await answers(address));
}
