/** Thresholds that were chosen without masks: told in a table, and put into a configuration. */
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { merge } from "../config/merge.ts";
import { valueOf } from "../config/settings.ts";
import { CHOICE } from "../evaluation/threshold_origin.ts";
import { textTable } from "../files/terminal.ts";
import { Store } from "../run/store.ts";
import { type ProposedThreshold, type ProposedThresholds, readProposal } from "../stages/thresholds.ts";
import { formatPercent } from "./tables.ts";

/** Settings of a proposal and their values: those of the maps that IRNet takes, CAMs or AMN's. */
function proposed(
  { cam, confident, labels }: ProposedThresholds,
  { amn }: Pick<Config, "amn">,
): [key: string, value: number][] {
  return [
    [amn.use ? "amn.threshold" : "cam.threshold", cam.threshold],
    [amn.use ? "amn.foreground" : "relation.foreground", confident.foreground],
    [amn.use ? "amn.background" : "relation.background", confident.background],
    ...labels
      ? ["synthesis.semanticThreshold", "synthesis.instanceThreshold"].map((key): [string, number] => [
        key,
        labels.threshold,
      ])
      : [],
  ];
}

/** A configuration with the thresholds of its run's proposal, which it says where they come from. */
export async function configWithThresholds(config: Config, workdir: string): Promise<Config> {
  const proposal = await readProposal(new Store(workdir)), choices = proposed(proposal, config);
  const isNew = (choice: string) => choices.some(([key]) => key === CHOICE.exec(choice)?.[1]);
  const chosen = choices.map(([key, value]) => `${key}=${value} maps ${proposal.list}`);
  const changes = [
    ...choices,
    ["evaluation.chosen", [...config.evaluation.chosen.filter((choice) => !isNew(choice)), ...chosen]] as const,
  ];
  return changes.reduce(
    (changed, [key, value]) =>
      merge(changed, key.split(".").reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Config),
    config,
  );
}

/** The proposal of a run as text, beside what is in use and, where there are masks, the best. */
export async function describeThresholds(config: Config, workdir: string): Promise<string> {
  const text = formatThresholds(await readProposal(new Store(workdir)), config);
  return `${text}\nWhat they were chosen by: ${join(workdir, "thresholds", "proposal.json")}`;
}

/** A table of thresholds that were chosen without masks. */
export function formatThresholds(proposal: ProposedThresholds, config: Config): string {
  const { list, images, cam, confident, labels } = proposal;
  const judged: Record<string, ProposedThreshold | null> = {
    [config.amn.use ? "amn.threshold" : "cam.threshold"]: cam,
    "synthesis.semanticThreshold": labels,
  };
  const rows = proposed(proposal, config).map(([key, value]) => {
    const truth = judged[key]?.truth, at = truth?.curve.find(({ threshold }) => threshold === value);
    return [
      key,
      String(valueOf(config, key)),
      String(value),
      ...truth ? [formatPercent(at?.miou), String(truth.best.threshold), formatPercent(truth.best.miou)] : [],
    ];
  });
  const truth = cam.truth ?? labels?.truth;
  const head = ["thresholds", "in use", "without masks"];
  return [
    `Chosen on the maps of ${images} images of ${list}` +
    (truth ? `; the best on the ground truth of ${truth.images} of them, for comparison alone` : ""),
    textTable([truth ? [...head, "mIoU", "best", "mIoU"] : head, ...rows], { numbers: true }),
    `Uncertain between confident foreground and background: ${formatPercent(100 * confident.uncertain)} % of pixels`,
    ...labels ? [] : ["Pseudo labels: none yet, for IRNet has made no maps (stage irnet)"],
  ].join("\n");
}
