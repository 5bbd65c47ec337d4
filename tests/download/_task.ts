/** Tasks as users start them, and what they find and leave. */
import { createHash } from "node:crypto";
import { assertEquals } from "../assert.ts";

const project = new URL("../../", import.meta.url);
const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", project)),
);

/** Starts a task with exactly the permissions that deno.json gives it. */
export function start(task: string, args: string[], env: Record<string, string> = {}): Deno.ChildProcess {
  const [deno, run, ...words] = tasks[task]!.command.split(" ");
  assertEquals([deno, run], ["deno", "run"]);
  const options = {
    cwd: project,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  } as const;
  return new Deno.Command(Deno.execPath(), { args: ["run", "--no-check", "--quiet", ...words, ...args], ...options })
    .spawn();
}

export async function run(...call: Parameters<typeof start>): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await start(...call).output();
  return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** Names in a folder. */
export const names = async (folder: string) =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
/** Checksum as the registry has it. */
export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
/** Size and checksum of a file. */
export const facts = (bytes: Uint8Array) => ({ bytes: bytes.length, sha256: sha256(bytes) });
