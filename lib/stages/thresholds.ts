import { highResolutionCam } from "../cam/cam_archive.ts";
import { type CrfSettings, refineLabels } from "../crf/mod.ts";
import { type LabelMap, resizeLabel, type RgbImage } from "../data/mod.ts";
import {
  addCuts,
  chooseConfident,
  chooseCut,
  chooseLabelCut,
  type ConfidentCuts,
  countConfusion,
  countSweep,
  type CutCounts,
  type CutQuality,
  CUTS,
  emptyCuts,
  type SweepMetrics,
  sweepMetrics,
} from "../evaluation/mod.ts";
import type { ImageStage, StageContext, StageFiles, WholeStage } from "../run/stage.ts";
import { applyThreshold, scoreCams, type ScoredLabels, scoreSemantic } from "../synthesis/mod.ts";
import { onCores } from "./_cost.ts";
import { readJson, readTruth } from "./_read.ts";
import { readEvidence } from "./instance.ts";
import { countPseudoLabels } from "./measure.ts";
import { readSeed, SEED_MAPS } from "./seed.ts";

/** Images that are looked at, at most. */
const MOST_IMAGES = 200;

/** Images of the list at equal distances. */
function spreadIds({ config, dataset }: StageContext): string[] {
  const all = dataset.list(config.data.inferList), count = Math.min(MOST_IMAGES, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.floor(i * all.length / count)]!);
}

/** Cuts class attention maps at many thresholds, and counts what a CRF makes of the cuts. */
export const camCuts: ImageStage = {
  kind: "image",
  name: "cam_thresholds",
  section: "Inter-pixel Relation Mining from CAMs",
  reads: SEED_MAPS,
  runs: "worker",
  readsMasks: true,
  settings: ({ relation, amn }) => [relation.crf, amn.use],
  ids: spreadIds,
  cost: onCores({
    ids: spreadIds,
    seconds: ({ classes }) => 5 + 2 * classes,
    bytes: () => 20_000,
    settings: ({ relation }) => relation.crf.iterations,
  }),
  open: (context) => ({
    process: async (id) => {
      const archive = await readSeed(context, id), { keys } = archive;
      const image = await context.dataset.readImage(id), { data, height, width } = highResolutionCam(archive);
      const { truth } = await readTruth(context.dataset, id, { exact: false });
      const counts = emptyCuts(context.dataset.classes.length + 1, { truth: truth !== null, refined: keys.length > 0 });
      const scored = scoreCams(data, { keys, height, width }), cuts = countAreas(counts, scored);
      if (truth) countSweep(counts.truth!, { scored, groundTruth: resizeLabel(truth, { height, width }) });
      if (keys.length > 0) countRefined(counts, cuts, { image, keys, crf: context.config.relation.crf });
      return encoded(id, counts);
    },
  }),
};

/** Cuts what the walk makes of class attention maps at many thresholds. */
export const labelCuts: ImageStage = {
  kind: "image",
  name: "label_thresholds",
  section: "Synthesizing Instance Segmentation Labels",
  reads: [...SEED_MAPS, "irnet"],
  runs: "worker",
  readsMasks: true,
  settings: ({ walk, synthesis: { camPower }, amn }) => ({ walk, camPower, amn: amn.use }),
  ids: spreadIds,
  cost: onCores({
    ids: spreadIds,
    seconds: ({ classes }) => 0.5 + 0.1 * classes,
    bytes: () => 20_000,
    settings: ({ walk }) => walk,
  }),
  open: (context) => ({
    process: async (id) => {
      const { evidence } = await readEvidence(context, id), { walk } = context.config;
      const { truth } = await readTruth(context.dataset, id, { exact: false });
      const counts = emptyCuts(context.dataset.classes.length + 1, { truth: truth !== null, refined: false });
      countAreas(counts, scoreSemantic({ ...evidence, guide: null }, walk));
      if (truth) countPseudoLabels(counts.truth!, { evidence, truth, walk });
      return encoded(id, counts);
    },
  }),
};

function encoded(id: string, counts: CutCounts) {
  return { [`${id}.json`]: new TextEncoder().encode(JSON.stringify(counts)) };
}

/** Cuts scores, and counts the areas. */
function countAreas({ areas }: CutCounts, scored: ScoredLabels): LabelMap[] {
  const cuts = CUTS.map((threshold) => applyThreshold(scored, threshold));
  cuts.forEach(({ data }, t) => data.forEach((label) => areas[t]![label]!++));
  return cuts;
}

/** Counts what the CRF makes of the cuts of an image, and what two of the results leave uncertain. */
function countRefined(
  { refined, uncertain }: CutCounts,
  cuts: readonly LabelMap[],
  { image, keys, crf }: { image: RgbImage; keys: ArrayLike<number>; crf: CrfSettings },
): void {
  const ids = [0, ...Array.from(keys, (key) => key + 1)]; // the CRF counts the image's labels from 0
  const local = Uint8Array.from({ length: 256 }, (_, label) => Math.max(0, ids.indexOf(label)));
  const maps = cuts.map(({ data }) => data.map((label) => local[label]!));
  const results = refineLabels(image, maps, { ...crf, classes: ids.length });
  results.forEach((sure, high) => {
    const groundTruth = { ...cuts[high]!, data: sure.map((label) => ids[label]!) };
    countConfusion(refined!.confusions[high]!, { predicted: cuts[high]!, groundTruth });
    results.slice(0, high).forEach((possible, low) =>
      sure.forEach((label, i) => label === 0 && possible[i] !== 0 && uncertain[high]![low]!++)
    );
  });
}

/** A threshold chosen without ground truth, and where there is some, mean IoU by threshold, percent. */
export interface ProposedThreshold {
  /** Its value. */
  threshold: number;
  /** What ground truth says of it. */
  truth: ({ images: number } & SweepMetrics) | null;
}

/** All thresholds that were chosen without ground truth: the content of `thresholds/proposal.json`. */
export interface ProposedThresholds {
  /** The list that the images are of. */
  list: string;
  /** Number of images that were looked at. */
  images: number;
  /** Of class attention maps, and what it was chosen by. */
  cam: ProposedThreshold & { centre: number; qualities: CutQuality[] };
  /** Of confident areas. */
  confident: ConfidentCuts;
  /** Of pseudo labels; `null` where IRNet has not made its maps yet. */
  labels: ProposedThreshold | null;
}

/** Chooses thresholds without ground truth. */
export const thresholds: WholeStage = {
  kind: "whole",
  name: "thresholds",
  section: "Inter-pixel Relation Mining from CAMs",
  reads: [camCuts.name, labelCuts.name],
  settings: ({ data, evaluation }) => ({ list: data.inferList, classes: evaluation.classes }),
  run: async (context) => {
    const { files, dataset, config: { data, evaluation } } = context, ids = spreadIds(context);
    const choice = { classes: dataset.classes, chosen: evaluation.classes };
    const add = async (stage: string) => {
      const total = emptyCuts(dataset.classes.length + 1, { truth: true, refined: true });
      let images = 0;
      for (const id of ids) {
        const counts: CutCounts = await readJson(files, { stage, file: `${id}.json` });
        addCuts(total, counts);
        if (counts.truth) images++;
      }
      return { total, truth: images > 0 ? { images, ...sweepMetrics(total.truth!, choice) } : null };
    };
    const cams = await add(camCuts.name), cam = chooseCut(cams.total, choice);
    const isWalked = await files.read(labelCuts.name, `${ids[0]}.json`) !== null;
    const labels = isWalked ? await add(labelCuts.name) : null;
    const proposal: ProposedThresholds = {
      list: data.inferList,
      images: ids.length,
      cam: { ...cam, truth: cams.truth },
      confident: chooseConfident(cams.total, cam.threshold),
      labels: labels &&
        { threshold: chooseLabelCut(labels.total, cams.total, cam.centre), truth: labels.truth },
    };
    const text = `${JSON.stringify(proposal, null, 2)}\n`;
    await files.write("thresholds", "proposal.json", new TextEncoder().encode(text));
  },
};

/** Thresholds that were chosen without ground truth. */
export function readProposal(files: StageFiles): Promise<ProposedThresholds> {
  return readJson(files, { stage: "thresholds", file: "proposal.json" });
}
