import type { Config } from "../config/config.ts";
import { changedSettings, type StoredConfig } from "./_pipeline_command.ts";

/**
 * Settings that a run was made with: its preset, and every one that differs from it but for the folder of the images.
 *
 * @param config The configuration of the run.
 * @returns Words for a sentence.
 * @example
 * ```ts
 * import { presets } from "../config/config.ts";
 * import { describeSettings } from "./describe_settings.ts";
 * describeSettings({ ...presets.lite, seed: 1 }); // preset lite and seed=1
 * ```
 */
export function describeSettings(config: Config): string {
  const changed = changedSettings(config as unknown as StoredConfig).map(([key, value]) => `${key}=${value}`);
  return [`preset ${config.preset}`, ...changed.length > 0 ? [changed.join(", ")] : []].join(" and ");
}
