import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Config, presets } from "../config/config.ts";
import { type Displayable, JUPYTER_DISPLAY } from "../figures/figure.ts";

/** The project's folder: tasks run in it. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** Folders of a run and its images; the two variables at the top of each notebook. */
export interface RunPlace {
  /** The working directory of the run. */
  readonly workdir: string;
  /** The data set that it works on. */
  readonly data: string;
}

/**
 * Text for `show()`: tables and settings, in letters of equal width.
 *
 * @param text Lines of text.
 * @returns Text that `show()` shows as it is.
 * @example
 * ```ts
 * import { plainText } from "./settings.ts";
 * plainText("IoU  71.2");
 * ```
 */
export function plainText(text: string): Displayable {
  return { [JUPYTER_DISPLAY]: () => Promise.resolve({ "text/plain": text }) };
}

/**
 * Settings that a run was made with: its preset, and every one that differs from it but for the folder of the images.
 *
 * @param config The configuration of the run.
 * @returns Words for a sentence.
 * @example
 * ```ts
 * import { presets } from "../config/config.ts";
 * import { describeSettings } from "./settings.ts";
 * describeSettings({ ...presets.lite, seed: 1 }); // preset lite and seed=1
 * ```
 */
export function describeSettings(config: Config): string {
  const changed = changedSettings(config as unknown as StoredConfig).map(([key, value]) => `${key}=${value}`);
  return [`preset ${config.preset}`, ...changed.length > 0 ? [changed.join(", ")] : []].join(" and ");
}

/** Settings as a run has stored them, perhaps by another version. */
export type StoredConfig = Record<string, unknown>;

/** Folders of a run and its images, and the task to continue it with. */
interface PipelineCommandOptions extends RunPlace {
  /** Default: `pipeline`. */
  readonly task?: "pipeline" | "compare";
}

/**
 * The command that makes, or completes, a run: its preset, its folders, and every setting that differs from the preset.
 * Paths below the project's folder are as seen from there, where tasks run.
 */
export function pipelineCommand(
  config: StoredConfig,
  { workdir, data, task = "pipeline" }: PipelineCommandOptions,
): string {
  const name = String(config["preset"]), settings = changedSettings(config);
  const isDemo = name === "sample" && fromRoot(workdir) === "out/sample" &&
    fromRoot(data) === presets.sample.data.root && settings.length === 0;
  if (isDemo) return `deno task ${task === "pipeline" ? "demo" : task}`;
  return [
    `deno task ${task} --preset ${name} --voc-root ${quoted(fromRoot(data))} --workdir ${quoted(fromRoot(workdir))}`,
    ...settings.map(([key, text]) => `--set ${quoted(`${key}=${text}`)}`),
  ].join(" ");
}

/** Settings that differ from those of the configuration's preset, but for the folder of the images. */
function changedSettings(config: StoredConfig): [key: string, value: string][] {
  const name = String(config["preset"]);
  const preset = Object.hasOwn(presets, name) ? presets[name as keyof typeof presets] : presets.paper;
  return differences(config, preset).filter(([key]) => key !== "preset" && key !== "data.root");
}

/** Keys of the preset and the text of their values in a configuration, where these differ. */
function differences(config: StoredConfig, preset: object, path: readonly string[] = []): [string, string][] {
  return Object.entries(preset).flatMap(([key, usual]): [string, string][] => {
    const value = config[key], name = [...path, key];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(usual)) return [];
    if (isGroup(value) && isGroup(usual)) return differences(value, usual, name);
    return [[name.join("."), typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

function isGroup(value: unknown): value is StoredConfig {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A path as seen from the project's folder; absolute where it lies elsewhere. */
function fromRoot(path: string): string {
  const seen = relative(ROOT, path);
  return seen.startsWith("..") ? path : seen.replaceAll("\\", "/");
}

/** A word of a shell's command line. */
function quoted(text: string): string {
  return /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
