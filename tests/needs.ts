/** What some tests need beyond Deno, and what is said where a machine lacks it. */

/** Variable that names the file of what was skipped and why, a line each: `deno task test` ends with them. */
export const SKIPPED_FILE = "IRNET_SKIPPED_FILE";

const reasons = {
  chromium: "reports in a browser (there is no Chromium on the PATH)",
  efficientnet_lite0:
    "EfficientNet-Lite0 against the published network (no weights; IRNET_WEIGHTS_DIR names their folder)",
  efficientnet_lite1:
    "EfficientNet-Lite1 against the published network (no weights; IRNET_WEIGHTS_DIR names their folder)",
  efficientnet_lite2:
    "EfficientNet-Lite2 against the published network (no weights; IRNET_WEIGHTS_DIR names their folder)",
  jupyter: "notebooks in Jupyter (pip install jupyter)",
  linux: "a full disk (it takes Linux)",
  mount: "full and read-only disks (there is no right to mount)",
  numpy: "numpy.load() of our archives (no Python with numpy; IRNET_PYTHON names one)",
  patience: "whole networks and all tiles on webgpu (minutes on a software adapter; IRNET_PATIENT=1)",
  pillow: "images by Pillow (no Python with pillow; IRNET_PYTHON names one)",
  pycocotools: "masks and AP of pycocotools (no Python with pycocotools and pillow; IRNET_PYTHON names one)",
  rounds: "all notebooks from end to end (minutes; IRNET_NOTEBOOKS=1)",
  slurm: "a real Slurm",
  tar: "archives of tar (there is no tar on the PATH)",
  tensorflow: "the backend tensorflow (its library is not there: deno task setup:tensorflow)",
  torch: "weights to PyTorch and back (no Python with torch; IRNET_PYTHON names one)",
  webgpu: "the backend webgpu (no driver offers an adapter)",
} as const;

/**
 * Whether tests are to be ignored, which is noted where it is so.
 *
 * @param what What they need.
 * @param found Whether it is there.
 * @param detail What exactly is missing, if that is known.
 */
export function lacks(what: keyof typeof reasons, found: boolean, detail?: string): boolean {
  const file = Deno.env.get(SKIPPED_FILE);
  if (!found && file !== undefined) {
    const line = reasons[what] + (detail === undefined ? "" : ` (${detail})`);
    Deno.writeTextFileSync(file, `${line}\n`, { append: true });
  }
  return !found;
}

/** Whether minutes may be spent on what is slow here. */
export const patient: boolean = Deno.env.get("IRNET_PATIENT") !== undefined;

/** Runs Python with arguments, of which `-c` takes code, and returns what it prints. */
export async function runPython(args: readonly string[], input = ""): Promise<string> {
  const child = new Deno.Command(Deno.env.get("IRNET_PYTHON") ?? "python3", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {}); // it may not read
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Whether there is a Python that imports some modules. */
export async function hasPython(...modules: string[]): Promise<boolean> {
  return await runPython(["-c", `import ${modules.join(", ")}`]).then(() => true, () => false);
}
