import { highResolutionCam } from "../cam/cam_archive.ts";
import type { Config } from "../config/config.ts";
import { refineLabels } from "../crf/mod.ts";
import type { LabelMap, RgbImage } from "../data/mod.ts";
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
import { readCams } from "./cam.ts";
import { readEvidence } from "./instance.ts";

/** Images that are looked at, at most. */
const MOST_IMAGES = 200;

/** Images of the list at equal distances. */
function spreadIds({ config, dataset }: StageContext): string[] {
  const all = dataset.list(config.data.inferList), count = Math.min(MOST_IMAGES, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.floor(i * all.length / count)]!);
}

/** Cuts class attention maps at many thresholds, and counts what a CRF makes of the cuts. */
export const camThresholds: ImageStage = {
  kind: "image",
  name: "cam_thresholds",
  section: "Inter-pixel Relation Mining from CAMs",
  reads: ["cam"],
  runs: "worker",
  readsMasks: true,
  settings: ({ relation }) => relation.crf,
  ids: spreadIds,
  cost: onCores({
    ids: spreadIds,
    seconds: ({ classes }) => 5 + 2 * classes,
    bytes: () => 20_000,
    settings: ({ relation }) => relation.crf.iterations,
  }),
  open: (context) => ({
    process: async (id) => {
      const archive = await readCams(context.files, id), { keys } = archive;
      const scores = ({ data, height, width }: ReturnType<typeof highResolutionCam>) =>
        scoreCams(data, { keys, height, width });
      const full = (truth: LabelMap) => scores(highResolutionCam(archive, truth));
      const image = await context.dataset.readImage(id), { crf } = context.config.relation;
      return await countCuts(context, id, { reading: scores(highResolutionCam(archive)), full, image, keys, crf });
    },
  }),
};

/** Cuts what the walk makes of class attention maps at many thresholds. */
export const labelThresholds: ImageStage = {
  kind: "image",
  name: "label_thresholds",
  section: "Synthesizing Instance Segmentation Labels",
  reads: ["cam", "irnet"],
  runs: "worker",
  readsMasks: true,
  settings: ({ walk, synthesis: { camPower } }) => ({ walk, camPower }),
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
      const reading = scoreSemantic({ ...evidence, guide: null }, walk);
      return await countCuts(context, id, {
        reading,
        full: () => evidence.guide ? scoreSemantic(evidence, walk) : reading,
      });
    },
  }),
};

/** Scores of an image at the size that stages see it in, and at that of its ground truth; and what its CRF needs. */
interface Cutting {
  readonly reading: ScoredLabels;
  full(truth: LabelMap): ScoredLabels;
  readonly image?: RgbImage;
  readonly keys?: ArrayLike<number>;
  readonly crf?: Config["relation"]["crf"];
}

async function countCuts(context: StageContext, id: string, { reading, full, image, keys, crf }: Cutting) {
  const { truth } = await readTruth(context.dataset, id, { exact: false });
  const isRefined = image !== undefined && keys !== undefined && keys.length > 0;
  const counts = emptyCuts(context.dataset.classes.length + 1, { truth: truth !== null, refined: isRefined });
  const cuts = CUTS.map((threshold) => applyThreshold(reading, threshold));
  cuts.forEach(({ data }, t) => data.forEach((label) => counts.areas[t]![label]!++));
  if (truth) countSweep(counts.truth!, { scored: full(truth), groundTruth: truth });
  if (isRefined) {
    const ids = [0, ...Array.from(keys, (key) => key + 1)]; // the CRF counts the image's labels from 0
    const local = Uint8Array.from({ length: 256 }, (_, label) => Math.max(0, ids.indexOf(label)));
    const maps = cuts.map(({ data }) => data.map((label) => local[label]!));
    const refined = refineLabels(image, maps, { ...crf!, classes: ids.length });
    refined.forEach((sure, high) => {
      const groundTruth = { ...reading, data: sure.map((label) => ids[label]!) };
      countConfusion(counts.refined!.confusions[high]!, { predicted: cuts[high]!, groundTruth });
      refined.slice(0, high).forEach((possible, low) =>
        sure.forEach((label, i) => label === 0 && possible[i] !== 0 && counts.uncertain[high]![low]!++)
      );
    });
  }
  return { [`${id}.json`]: new TextEncoder().encode(JSON.stringify(counts)) };
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
  cam: ProposedThreshold & { qualities: CutQuality[] };
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
  reads: [camThresholds.name, labelThresholds.name],
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
    const cams = await add(camThresholds.name), cam = chooseCut(cams.total, choice);
    const isWalked = await files.read(labelThresholds.name, `${ids[0]}.json`) !== null;
    const labels = isWalked ? await add(labelThresholds.name) : null;
    const proposal: ProposedThresholds = {
      list: data.inferList,
      images: ids.length,
      cam: { ...cam, truth: cams.truth },
      confident: chooseConfident(cams.total, cam.threshold),
      labels: labels &&
        { threshold: chooseLabelCut(labels.total, cams.total, cam.threshold), truth: labels.truth },
    };
    const text = `${JSON.stringify(proposal, null, 2)}\n`;
    await files.write("thresholds", "proposal.json", new TextEncoder().encode(text));
  },
};

/** Thresholds that were chosen without ground truth. */
export function readProposal(files: StageFiles): Promise<ProposedThresholds> {
  return readJson(files, { stage: "thresholds", file: "proposal.json" });
}
