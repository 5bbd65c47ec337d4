/** What benchmarks share: our best time, and a Python program's. */

/** One comparison. */
export interface BenchResult {
  name: string;
  ours_ms: number;
  peer_ms: number;
  ratio: number;
}

/** The Python that runs the peers. */
export const python: string = Deno.env.get("IRNET_PYTHON") ?? "python3";

/** The least time of several calls, and the last result. */
export function bestOf<T>(repeats: number, call: () => T): { ms: number; result: T } {
  let ms = Infinity, result!: T;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    result = call();
    ms = Math.min(ms, performance.now() - start);
  }
  return { ms, result };
}

/** Runs a Python program that reads arrays from its standard input and prints `{ms, result}` as JSON. */
export async function runPeer(
  program: string,
  settings: string,
  inputs: readonly (Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>)[],
): Promise<{ ms: number; result: number[] }> {
  const command = new Deno.Command(python, {
    args: ["-c", program, settings],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
  const process = command.spawn();
  const writer = process.stdin.getWriter();
  for (const { buffer, byteOffset, byteLength } of inputs) {
    await writer.write(new Uint8Array(buffer, byteOffset, byteLength));
  }
  await writer.close();
  const { success, stdout } = await process.output();
  if (!success) throw new Error("Expected the peer to run but found an error; is IRNET_PYTHON set?");
  return JSON.parse(new TextDecoder().decode(stdout));
}
