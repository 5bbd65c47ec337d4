import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { merge } from "../config/merge.ts";
import { settings, valueOf } from "../config/settings.ts";
import { UsageError } from "../config/usage_error.ts";
import { readFileIfExists } from "../files/disk.ts";
import { hashOf } from "../files/hash.ts";
import { formatTime } from "../files/terminal.ts";
import { readManifest, WHOLE_STAGE } from "./manifest.ts";
import { parseRunReport, type StoredReport } from "./run_report.ts";
import { contextOf, planIn, type Session } from "./session.ts";
import type { Stage } from "./stage.ts";

/** Seconds from which on a finished training is not done again without being asked for. */
const LONG = 60;

/**
 * Looks for finished trainings that a run would throw away because of its settings: those of the training, of a stage
 * whose results it learned from, of the data set, or another `--limit`. A training counts where it took over a minute.
 *
 * @param selected The stages that are to run.
 * @param session The run.
 * @param config The configuration as `run.json` keeps it.
 * @throws UsageError naming the first one, how long it took, and settings with their old and new values.
 */
export async function keepTrainings(selected: readonly Stage[], session: Session, config: Config): Promise<void> {
  if (session.force || session.retrain) return;
  const context = contextOf(session);
  for (const stage of selected) {
    const done = (await readManifest(context.files.path(stage.name, "."))).get(WHOLE_STAGE);
    if (!done?.outputs || !done.checkpoints || done.seconds < LONG) continue;
    const above = stagesAbove(stage, session), bytes = await readFileIfExists(join(session.workdir, "run.json"));
    const changes = changesSince(bytes && parseRunReport(bytes), { stage, above, session, config });
    const isChanged = await hasOtherSettings(above, session);
    const [task] = isChanged || changes.length === 0 ? [] : (await planIn(session, stage)).tasks;
    if (!isChanged && task?.reason !== "other inputs") continue;
    throw new UsageError(
      `Expected the settings that ${stage.name} was trained with, for ${formatTime(done.seconds)}, but found ` +
        `${
          changes.join(", ") || "others"
        }: that would be trained again; give the same settings, another --workdir, or ` +
        "--retrain to train again",
    );
  }
}

/** A stage, and all whose results it is made from. */
function stagesAbove(stage: Stage, { stages, config }: Session): Stage[] {
  const above = new Set([stage]);
  for (const { reads } of above) {
    for (const other of stages) if (reads.includes(other.name) && (other.enabled?.(config) ?? true)) above.add(other);
  }
  return [...above];
}

/** Whether results of stages were made with other settings than these. */
async function hasOtherSettings(above: readonly Stage[], session: Session): Promise<boolean> {
  const context = contextOf(session);
  for (const stage of above) {
    const records = await readManifest(context.files.path(stage.name, "."));
    const hash = hashOf(stage.settings(session.config));
    const ids = stage.kind === "image" ? stage.ids(context) : [WHOLE_STAGE];
    const isOther = (id: string) => (records.get(id)?.settings ?? hash) !== hash;
    if (ids.some(isOther)) return true;
  }
  return false;
}

/** Settings that a stage depends on and that are not those of the last run, as `key old → new`. */
function changesSince(
  last: StoredReport | null,
  { stage, above, session, config }: { stage: Stage; above: readonly Stage[]; session: Session; config: Config },
): string[] {
  if (!last) return [];
  const changes = settings.flatMap(({ key, isGroup }) => {
    const [old, now] = [valueOf(last.config, key), valueOf(config, key)];
    const isWhole = isGroup ? (old === null) !== (now === null) : old !== undefined && now !== undefined;
    if (!isWhole || hashOf(old) === hashOf(now)) return [];
    const change = key.split(".").reduceRight<unknown>((value, part) => ({ [part]: value }), now);
    const changed = merge(last.config as unknown, change) as Config;
    const counts = key.startsWith("data.") ||
      above.some((one) => hashOf(one.settings(last.config)) !== hashOf(one.settings(changed)));
    return counts ? [`${key} ${shown(old)} → ${shown(now)}`] : [];
  });
  const limit = last.stages.find((report) => report.stage === stage.name)?.limit ?? null;
  const now = session.limit === Infinity ? null : session.limit;
  return limit === now ? changes : [...changes, `--limit ${limit ?? "none"} → ${now ?? "none"}`];
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
