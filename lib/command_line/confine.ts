import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.ts";
import { findLibrary } from "../tensor/tensorflow/find_library.ts";
import { BROWSER_OPENER } from "./_browser_opener.ts";

/** What a command line comes down to. */
export interface Invocation {
  /** The command. */
  readonly command: string;
  /** What follows it and is no flag. */
  readonly positionals: readonly string[];
  /** Values of the flags that were given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** The configuration, for commands that have one. */
  readonly config?: Config;
  /** The working directory, for commands that have one. */
  readonly workdir?: string;
}

const project = fileURLToPath(new URL("../../", import.meta.url));
const READ_FLAGS = ["labels", "weights", "predictions", "truth", "config"];
const PATH_KEYS = ["root", "labels", "weights", "from", "workdir"];

/**
 * Starts the command line again in a process with the permissions of {@linkcode permissionsOf}, and waits for its end.
 * Signals are passed on.
 *
 * @param args The command line.
 * @param invocation What it comes down to.
 * @returns The exit code of the process.
 */
export async function runConfined(args: readonly string[], invocation: Invocation): Promise<number> {
  const main = join(project, "lib", "command_line", "main.ts");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissionsOf(invocation), main, ...args],
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
 * The permissions that a command needs, as flags of Deno: to read the program and what arguments and configuration
 * name, to write the working directory and what else is to be made (sample data only where there are none), to load
 * sharp's library and, where it is used, TensorFlow's. None of them opens a network connection; the viewer of `--show` is reached from this machine.
 *
 * @param invocation The command.
 * @returns The flags.
 */
export function permissionsOf({ command, positionals, values, config, workdir }: Invocation): string[] {
  const value = (flag: string) => values.get(flag)?.[0];
  const out = value("out") ?? (command === "compare" ? "out/compare" : undefined), root = config?.data.root ?? null;
  const write = [
    ...workdir === undefined ? [] : [workdir],
    ...out === undefined ? [] : [out, join(dirname(out), `.${basename(out)}.tmp`)],
    ...out === undefined || existsSync(dirname(out)) ? [] : [dirname(out)],
    ...command === "init" ? madeByInit(out ?? join(positionals[0]!, "irnet.json")) : [],
    ...["demo", "compare"].includes(command) && root !== null && !existsSync(root) ? [root, `${root}.unfinished`] : [],
  ];
  const read = [
    ...["lib", "data", "node_modules", "deno.json"].map((name) => join(project, name)),
    ...Deno.build.os === "linux" ? ["/usr/bin/ldd"] : [], // tells sharp which C library there is
    ...command === "init" ? positionals : [],
    ...READ_FLAGS.flatMap((flag) => value(flag) ?? []),
    ...out === undefined ? [] : [dirname(out)],
    // Expected times come from runs beside this one.
    ...workdir !== undefined && (command === "dry-run" || values.has("dry-run")) ? [dirname(workdir)] : [],
    ...config ? pathsIn(config) : [],
    ...write,
  ];
  const library = usesTensorflow(config) ? findLibrary().path : null;
  return [
    flag("read", library === null ? read : [...read, dirname(library)]),
    flag("write", write),
    // Calls into TensorFlow take pointers, which Deno gives only to those who may load anything.
    library === null ? flag("ffi", sharpFolders()) : "--allow-ffi",
    values.has("show") ? "--allow-env" : flag("env", ENVIRONMENT),
    flag("sys", SYSTEM),
    ...command === "submit-slurm" ? ["--allow-run=bash"] : [],
    ...values.has("show") ? viewerFlags() : [],
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

/** What the viewer of curves needs: to be served on this machine, and a browser to be opened. */
function viewerFlags(): (string | null)[] {
  return [flag("net", ["localhost", "127.0.0.1", "0.0.0.0", "[::]"]), flag("run", BROWSER_OPENER?.slice(0, 1) ?? [])];
}

/** `--allow-name=…`, or `null` for nothing at all. */
function flag(name: string, values: readonly string[]): string | null {
  const unique = [...new Set(values)];
  return unique.length > 0 ? `--allow-${name}=${unique.map((value) => value.replaceAll(",", ",,")).join()}` : null;
}

/** The configuration that `init` writes, and the lists beside it. */
function madeByInit(out: string): string[] {
  return [out, ...["all", "train", "val"].map((name) => `${out.replace(/\.json$/i, "")}.${name}.txt`)];
}

/** The files and folders that a configuration names: settings that are paths, and lists that look like one. */
function pathsIn(value: unknown, key = ""): string[] {
  if (typeof value === "string") {
    return PATH_KEYS.includes(key) || /list$/i.test(key) && /[/\\.]/.test(value) ? [value] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, key));
}

function usesTensorflow(config: Config | undefined): boolean {
  return config !== undefined && ["auto", "tensorflow"].includes(config.compute.backend);
}

/** Where the native libraries of sharp are, of which there is one for each kind of machine. */
function sharpFolders(): string[] {
  const packages = join(project, "node_modules"), store = join(packages, ".deno");
  const found = existsSync(store) ? readdirSync(store).filter((name) => name.startsWith("@img+sharp-")) : [];
  return found.length > 0 ? found.map((name) => join(store, name)) : [packages];
}
