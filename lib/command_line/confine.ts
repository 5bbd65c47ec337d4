import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.ts";
import type { Arguments } from "../config/flags.ts";
import { pathsIn } from "../config/settings.ts";
import { findLibrary } from "../tensor/tensorflow/find_library.ts";
import { weightFiles } from "../weights/shards.ts";
import type { Permissions } from "./command.ts";
import { isFolder, namesIn } from "../files/disk.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Starts the command line again in a process that may do no more than its command needs, and waits for its end. Signals
 * are passed on.
 *
 * @param args The command line.
 * @param flags Permissions of the process, those of {@linkcode permissionFlags}.
 * @returns The exit code of the process.
 */
export async function runConfined(args: readonly string[], flags: readonly string[]): Promise<number> {
  const main = join(project, "lib", "command_line", "main.ts");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...flags, main, ...args],
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
    ...outputs.flatMap((out) => [out, join(dirname(out), `.${basename(out)}.tmp`)]),
    ...outputs.map(dirname).filter((folder) => !isFolder(folder)),
  ];
  const toRead = [
    ...["lib", "data", "node_modules", "deno.json"].map((name) => join(project, name)),
    ...Deno.build.os === "linux" ? ["/usr/bin/ldd"] : [], // tells sharp which C library there is
    ...read,
    ...named("reads"),
    ...outputs.map(dirname),
    ...config ? pathsIn(config).flatMap(({ path, schema }) => schema.path === "file" ? weightFiles(path) : [path]) : [],
    ...toWrite,
  ];
  const library = usesTensorflow(config) ? findLibrary().path : null;
  return [
    flag("read", library === null ? toRead : [...toRead, dirname(library)]),
    flag("write", toWrite),
    // Calls into TensorFlow take pointers, which Deno gives only to those who may load anything.
    library === null ? flag("ffi", sharpFolders()) : "--allow-ffi",
    env === "all" ? "--allow-env" : flag("env", ENVIRONMENT),
    flag("sys", SYSTEM),
    flag("run", run),
    flag("net", net),
  ].filter((flag) => flag !== null);
}

/** Variables of the environment that sharp, TensorFlow, WebGPU, Slurm and Kubernetes have, or are told by. */
const ENVIRONMENT = [
  ...["MALLOC_ARENA_MAX", "npm_package_config_libvips"],
  ...["IRNET_*", "TF_CPP_MIN_LOG_LEVEL", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"],
  ...["SLURM_*", "JOB_COMPLETION_INDEX", "XDG_RUNTIME_DIR"],
];

/** Locks name the host; the others are asked for by packages that look at the machine they are on. */
const SYSTEM = ["hostname", "cpus", "networkInterfaces"];

/** `--allow-name=…`, or `null` for nothing at all. */
function flag(name: string, values: readonly string[]): string | null {
  const unique = [...new Set(values)];
  return unique.length > 0 ? `--allow-${name}=${unique.map((value) => value.replaceAll(",", ",,")).join()}` : null;
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
