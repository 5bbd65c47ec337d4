const STATUS = "/proc/self/status", CLEAR = "/proc/self/clear_refs";

/**
 * Starts to watch the memory of the process, Workers included. Linux keeps the exact peak; elsewhere it is sampled.
 *
 * @returns A function that gives the peak since then, in bytes, and ends the watch.
 */
export function watchPeakMemory(): () => number {
  try {
    Deno.writeTextFileSync(CLEAR, "5"); // sets the peak back
    return () => {
      const kilobytes = /VmHWM:\s*(\d+) kB/.exec(Deno.readTextFileSync(STATUS))?.[1];
      return kilobytes ? Number(kilobytes) * 1024 : Deno.memoryUsage().rss;
    };
  } catch {
    let peak = Deno.memoryUsage().rss;
    const sample = () => peak = Math.max(peak, Deno.memoryUsage().rss);
    const timer = setInterval(sample, 500);
    return () => {
      clearInterval(timer);
      return sample();
    };
  }
}
