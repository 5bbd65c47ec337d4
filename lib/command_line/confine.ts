import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.ts";
import type { Arguments } from "../config/flags.ts";
import { pathsIn } from "../config/settings.ts";
import { UsageError } from "../config/usage_error.ts";
import { findLibrary } from "../tensor/tensorflow/find_library.ts";
import { weightFiles } from "../weights/shards.ts";
import type { Permissions } from "./command.ts";
import { isFolder, namesIn, temporaryPath } from "../files/disk.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Starts the command line again in a process that may do no more than its command needs, and waits for its end. Signals
 * are passed on.
 *
 * @param args The command line.
 * @param flags Permissions of the process, those of {@linkcode permissionFlags}.
 * @param env Variables of its environment beside those of this process.
 * @returns The exit code of the process.
 */
export async function runConfined(
  args: readonly string[],
  flags: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  const main = join(project, "lib", "command_line", "main.ts");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...flags, main, ...args],
    env,
  }).spawn();
  const signals = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) {
    Deno.addSignalListener(name, () => {
      try {
        child.kill(name);
      } catch { /* it has ended */ }
    });
  }
  return (await child.status).code;
}

/**
 * Permissions of a command, as flags of Deno: to read the program and what arguments and configuration name, to write what
 * it makes, to load sharp's library and, where it is used, TensorFlow's. None opens a network connection to elsewhere.
 *
 * @param permissions What the command asks for.
 * @param given Its arguments; paths among them may be read or written, as their flags say.
 * @returns The flags.
 * @throws UsageError for a path that Deno permits only those who may do everything.
 */
export function permissionFlags(
  { config, read = [], write = [], run = [], net = [], env }: Permissions,
  given: Arguments,
): string[] {
  const named = (path: "reads" | "writes") =>
    Object.entries(given.flags).flatMap(([flag, about]) => about.path === path ? given.value(flag) ?? [] : []);
  const outputs = named("writes");
  const toWrite = [
    ...write,
    ...outputs.flatMap((out) => [out, temporaryPath(out)]),
    ...outputs.map(dirname).filter((folder) => !isFolder(folder)),
  ];
  const toRead = [
    ...["lib", "data", "node_modules", "deno.json"].map((name) => join(project, name)),
    ...Deno.build.os === "linux" ? ["/usr/bin/ldd"] : [], // tells sharp which C library there is
    ...read,
    ...named("reads"),
    ...outputs.map(dirname),
    ...config
      ? pathsIn(config).flatMap(({ path, schema }) => schema.path === "file" ? besideWeights(path) : [path])
      : [],
    ...toWrite,
  ];
  const library = usesTensorflow(config) ? findLibrary().path : null;
  return [
    flag("read", places(library === null ? toRead : [...toRead, dirname(library)])),
    flag("write", places(toWrite)),
    // Calls into TensorFlow take pointers, which Deno gives only to those who may load anything.
    library === null ? flag("ffi", places(sharpFolders())) : "--allow-ffi",
    env === "all" ? "--allow-env" : flag("env", ENVIRONMENT),
    flag("sys", SYSTEM),
    flag("run", run),
    flag("net", net),
  ].filter((flag) => flag !== null);
}

/** Files of weights, and the `run.json` of a run that has trained them: it knows their classes. */
function besideWeights(path: string): string[] {
  return [...weightFiles(path), join(dirname(dirname(path)), "run.json")];
}

/** Variables of the environment that sharp, TensorFlow, WebGPU, Slurm and Kubernetes have, or are told by. */
const ENVIRONMENT = [
  ...["MALLOC_ARENA_MAX", "npm_package_config_libvips"],
  ...["IRNET_*", "TF_CPP_MIN_LOG_LEVEL", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"],
  ...["SLURM_*", "JOB_COMPLETION_INDEX", "XDG_RUNTIME_DIR", "HOME"],
];

/** Locks name the host; the others are asked for by packages that look at the machine they are on. */
const SYSTEM = ["hostname", "cpus", "networkInterfaces"];

/** `--allow-name=…`, or `null` for nothing at all. */
function flag(name: string, values: readonly string[]): string | null {
  const unique = [...new Set(values)];
  return unique.length > 0 ? `--allow-${name}=${unique.join()}` : null;
}

/**
 * What to permit for paths. A path over links is permitted with the one that it leads to, which Deno asks for where an
 * open file is looked at. Commas stand between the paths of a flag, and not every Deno lets them be doubled: in place of
 * a path with a comma, the folder above it is permitted that has none.
 */
function places(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const whole = resolve(path), real = realPath(whole);
    return real === whole ? [path] : [path, real];
  }).map((path) => {
    if (Deno.build.os !== "windows" && /^\/(dev|proc|sys)(\/|$)/.test(resolve(path))) {
      throw new UsageError(
        `Expected paths outside /dev, /proc and /sys, which Deno permits only programs that may do everything, but ` +
          `found ${path}; deno run -A mod.ts, in place of deno task, is permitted everything`,
      );
    }
    while (path.includes(",")) path = dirname(path);
    return path;
  });
}

/** Where a path leads over links; what does not exist yet leads on from the folder above it. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPath(above), basename(path));
  }
}

function usesTensorflow(config: Config | undefined): boolean {
  return config !== undefined && ["auto", "tensorflow"].includes(config.compute.backend);
}

/** Where the native libraries of sharp are, of which there is one for each kind of machine. */
function sharpFolders(): string[] {
  const packages = join(project, "node_modules"), store = join(packages, ".deno");
  const found = namesIn(store).filter((name) => name.startsWith("@img+sharp-"));
  return found.length > 0 ? found.map((name) => join(store, name)) : [packages];
}
