/**
 * Measures this project against PyTorch, scipy, pydensecrf and Pillow, each run in the same sitting, and writes the
 * results to out/bench.json. Arguments are names of comparisons; without any, all of them.
 * `deno task bench [names…]`
 * @module
 */
import { cpus } from "node:os";
import { type BenchResult, python } from "./_peer.ts";

interface Comparison {
  /** What the peer needs, as pip calls it. */
  readonly packages: readonly string[];
  /** The ratio that is aimed at. */
  readonly bound?: number;
  run(): Promise<BenchResult>;
}

const comparisons: Readonly<Record<string, Comparison>> = {
  random_walk: {
    packages: ["numpy", "scipy"],
    bound: 0.1,
    run: async () => (await import("./random_walk.ts")).run(),
  },
  random_walk_dense: {
    packages: ["numpy", "scipy"],
    bound: 0.0005,
    run: async () => (await import("./random_walk.ts")).runDense(),
  },
  dense_crf: {
    packages: ["numpy", "pydensecrf2"],
    bound: 0.7,
    run: async () => (await import("./dense_crf.ts")).run(),
  },
  dense_crf_two_images: {
    packages: ["numpy", "pydensecrf2"],
    bound: 0.4,
    run: async () => (await import("./dense_crf.ts")).runTwo(),
  },
  path_affinity: {
    packages: ["numpy", "torch"],
    bound: 0.25,
    run: async () => (await import("./path_affinity.ts")).run(),
  },
  resize: {
    packages: ["numpy", "pillow"],
    run: async () => (await import("./resize.ts")).run(),
  },
  wasm_training: {
    packages: ["torch"],
    run: async () => (await import("./wasm_training.ts")).run(),
  },
  tensorflow_irnet: {
    packages: ["torch"],
    run: async () => (await import("./tensorflow_training.ts")).run(),
  },
  tensorflow_cam: {
    packages: ["torch"],
    run: async () => (await import("./tensorflow_training.ts")).runCam(),
  },
  ...networks({
    forward_1: 1.05,
    forward_4: 0.95,
    training_1: 1.05,
    training_4: 0.95,
    forward_bfloat16_4: 0.8,
    training_bfloat16_4: 1,
    cam_step: 0.5,
    cam_extraction: 0.5,
    irnet_step: 0.4,
    irnet_inference: 0.6,
  }),
};

/** ResNet-50 and IRNet on it, with what is aimed at. */
function networks(bounds: Readonly<Record<string, number>>): Record<string, Comparison> {
  return Object.fromEntries(
    Object.entries(bounds).map(([name, bound]) => [name, {
      packages: ["torch", "torchvision"],
      bound,
      run: async () => (await import("./networks.ts")).run(name),
    }]),
  );
}

/** Versions of Python and of packages; those that are missing are left out. */
async function versionsOf(packages: readonly string[]): Promise<Record<string, string>> {
  const program = `
import sys, json, platform, importlib.metadata as metadata
versions = dict(python=platform.python_version())
for name in sys.argv[1:]:
    try: versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError: pass
print(json.dumps(versions))`;
  try {
    const { success, stdout } = await new Deno.Command(python, { args: ["-c", program, ...packages] }).output();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) : {};
  } catch {
    return {}; // no such program
  }
}

function formatRow({ name, ours_ms, peer_ms, ratio }: BenchResult, bound: number | undefined): string {
  const small = (value: number) => value < 0.01 ? value.toFixed(5) : value.toFixed(3);
  const numbers = [ours_ms.toFixed(1), peer_ms.toFixed(1), small(ratio), bound === undefined ? "" : small(bound)];
  return `${name.padEnd(22)}${numbers.map((text) => text.padStart(11)).join("")}`;
}

if (import.meta.main) {
  const names = Deno.args.length > 0 ? Deno.args : Object.keys(comparisons);
  const unknown = names.filter((name) => !Object.hasOwn(comparisons, name));
  if (unknown.length > 0) {
    console.error(`Expected names among ${Object.keys(comparisons).join(", ")} but found ${unknown.join(", ")}`);
    Deno.exit(2);
  }

  const chosen = names.map((name) => ({ name, ...comparisons[name]! }));
  const packages = await versionsOf([...new Set(chosen.flatMap((comparison) => comparison.packages))]);
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, deno: Deno.version.deno, ...packages };
  console.log(Object.entries(machine).map(([name, value]) => `${name} ${value}`).join(", "));
  console.log(`\n${"".padEnd(22)}${["ours, ms", "peer, ms", "ratio", "at most"].map((s) => s.padStart(11)).join("")}`);

  const results: (BenchResult & { at_most?: number })[] = [];
  let failed = false;
  for (const { name, packages: needed, bound, run } of chosen) {
    const missing = needed.filter((name) => !Object.hasOwn(packages, name));
    if (missing.length > 0) {
      const install = `${python} -m pip install ${missing.join(" ")}`;
      console.log(`${name.padEnd(22)} left out: ${install}, or set IRNET_PYTHON to a Python that has them`);
      continue;
    }
    try {
      const result = await run();
      console.log(formatRow(result, bound));
      results.push({ ...result, ...(bound === undefined ? {} : { at_most: bound }) });
    } catch (error) {
      failed = true;
      console.log(`${name.padEnd(22)} failed: ${(error as Error).message}`);
    }
  }
  const out = new URL("../../out/", import.meta.url);
  await Deno.mkdir(out, { recursive: true });
  await Deno.writeTextFile(new URL("bench.json", out), JSON.stringify({ machine, results }, null, 2) + "\n");
  if (failed) Deno.exit(1);
}
