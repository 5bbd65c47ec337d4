import { join } from "node:path";
import { closestString } from "@std/text/closest-string";
import { propagateEach } from "../affinity/mod.ts";
import { type CamArchive, highResolutionCam } from "../cam/cam_archive.ts";
import type { Config } from "../config/config.ts";
import { clusterCentroids, type Clusters, findCentroids } from "../displacement/mod.ts";
import { type PredictedMasks, resizeInstances } from "../evaluation/instances.ts";
import * as figures from "../figures/mod.ts";
import { createBackbone } from "../nn/mod.ts";
import { confidentLabels } from "../relation/mod.ts";
import { instanceCams, scoreCams, scoreSemantic } from "../synthesis/mod.ts";
import { type LabelMap, resizeLabel, type Size } from "../data/mod.ts";
import { type ComparisonResults, type LabelSource, openComparison, SOURCE_NAMES } from "./open_comparison.ts";
import { openResults, resultIds, type Results } from "./open_results.ts";
import { readTruth } from "../stages/_read.ts";
import { seedLabelOptions } from "../stages/seed.ts";
import { UsageError } from "../config/usage_error.ts";

/** Which figures are written, and where. */
export interface WriteFiguresOptions {
  /** The working directory of the run. */
  readonly workdir: string;
  /** Images; absent: the first that has been through all stages. */
  readonly ids?: readonly string[];
  /** Folder that is made; absent: `figures` in the working directory. */
  readonly out?: string;
  /** Kind of file. */
  readonly format?: "png" | "svg";
  /** Pixels of pictures, so many times those of a screen. */
  readonly scale?: number;
  /** Aborted on interrupt. */
  readonly signal?: AbortSignal;
}

const NEEDS = ["cam", "irnet", "instance", "semantic"];

/**
 * Writes the paper's figures of a run, `<out>/<figure>.png` or `.svg`, and those of some of its images,
 * `<out>/<id>/<figure>.png`; beside those that can be played with a page, `.html`; where `compare` was run, also the labels to train on, or what was predicted after it.
 *
 * @param config The configuration of the run.
 * @param options Images and folder.
 * @returns What was written, in a sentence.
 * @throws UsageError for an image that the stages have not made.
 */
export async function writeFigures(
  config: Config,
  { workdir, ids, out = join(workdir, "figures"), format = "png", scale = 1, signal }: WriteFiguresOptions,
): Promise<string> {
  const results = await openResults(config, workdir), comparison = await openComparison(config, workdir);
  const { trainList, inferList } = config.data;
  const known = new Set([trainList, inferList].flatMap((list) => results.dataset.list(list)));
  const foreign = ids?.find((id) => !known.has(id));
  if (foreign !== undefined) {
    const nearest = closestString(foreign, [...known]);
    throw new UsageError(`Expected --ids of the data set but found no image ${foreign}; the nearest is ${nearest}`);
  }
  const chosen = ids ?? (await results.ids(...NEEDS)).slice(0, 1);
  const made = await Promise.all(NEEDS.map((stage) => resultIds(join(workdir, stage))));
  const missing = chosen.length === 0 ? "any image" : chosen.find((id) => !made.every((ids) => ids.has(id)));
  if (missing !== undefined) {
    throw new UsageError(
      `Expected results of ${missing} in ${workdir} but found none; run the stages ${NEEDS.join(", ")}`,
    );
  }
  const unusable: string[] = [];
  let count = 0;
  const write = async (folder: string, all: Readonly<Record<string, figures.Figure>>) => {
    await Deno.mkdir(folder, { recursive: true });
    for (const [name, figure] of Object.entries(all)) {
      signal?.throwIfAborted();
      if (format === "svg") await Deno.writeTextFile(join(folder, `${name}.svg`), await figure.svg({ scale }));
      else await Deno.writeFile(join(folder, `${name}.png`), await figure.png({ scale }));
      if (figure.isInteractive) await Deno.writeTextFile(join(folder, `${name}.html`), await figure.html());
      count++;
    }
  };
  await write(out, await runFigures(results, { comparison, workdir }));
  for (const id of chosen) {
    const folder = join(out, id);
    const all = {
      ...await figuresOf(results, id, unusable),
      ...comparison && await comparedFigures(results, { comparison, id }),
    };
    await write(folder, all);
  }
  const without = unusable.map((reason) => `\nWithout ground truth: ${reason}`).join("");
  return `${count} figures of ${chosen.join(", ")} in ${out}${without}`;
}

/** Figures of the approach and of the run as a whole. */
async function runFigures(
  results: Results,
  { comparison, workdir }: { comparison: ComparisonResults | null; workdir: string },
): Promise<Record<string, figures.Figure>> {
  const { config: { backbone, irnet } } = results;
  const isJudged = (await resultIds(join(workdir, "evaluation"))).has("metrics");
  const published = figures.publishedFor(results.config);
  return {
    approach: figures.approachFigure(),
    architecture: figures.architectureFigure(createBackbone(backbone), irnet),
    ...isJudged
      ? {
        results: figures.resultsTableFigure({
          metrics: await results.metrics(),
          comparison: comparison?.tables ?? null,
          published,
        }),
      }
      : {},
  };
}

/** Brings label maps to the size at which stages see their image, in which figures show everything. */
const smaller = (size: Size) => <T extends LabelMap | null>(map: T): T => (map ? resizeLabel(map, size) : map) as T;

/** Cluster 0 is no object where pixels reach no centroid. */
const clusterName = (cluster: number, { unreached }: Clusters) =>
  cluster === 0 && unreached > 0 ? "pixels that reach no centroid" : `cluster ${cluster}`;

/** All figures that show one image. */
async function figuresOf(results: Results, id: string, unusable: string[]): Promise<Record<string, figures.Figure>> {
  const { config, dataset } = results, { classes } = dataset;
  const image = await dataset.readImage(id), small = smaller(image);
  const [cams, seed, maps, evidence, instances, semantic, judged] = await Promise.all([
    results.cams(id),
    results.seed(id),
    results.maps(id),
    results.evidence(id).then((evidence) => ({ ...evidence, guide: null })),
    results.instances(id).then((found) => resizeInstances(found, image)),
    results.semantic(id).then(small),
    readTruth(dataset, id, { exact: true }),
  ]);
  if (judged.unusable !== null) unusable.push(judged.unusable);
  const [truth, objects] = [small(judged.truth), small(judged.objects)];
  const { height, width } = maps;
  const boundary = { height, width, data: maps.boundary }, field = { height, width, data: maps.displacement };
  const centroidsAfter = (iterations: number) => findCentroids(field.data, { height, width, iterations });
  const centroids = centroidsAfter(config.displacement.iterations);
  const threshold = config.displacement.clusterThreshold;
  const clusters = clusterCentroids(centroids, { field: field.data, height, width, threshold });

  const highRes = highResolutionCam(seed).data, { crf, ...confidence } = seedLabelOptions(config);
  const labelsAfter = (iterations: number) =>
    confidentLabels(image, { keys: seed.keys, highRes }, { ...confidence, crf: { ...crf, iterations } });
  const labels = labelsAfter(crf.iterations);
  const thresholdsOf = (archive: CamArchive, { current, title }: { current: number; title: string }) => {
    const { data, ...size } = highResolutionCam(archive);
    return figures.thresholdFigure(image, {
      ...{ scored: scoreCams(data, { keys: archive.keys, ...size }), classes, truth, current, title },
    });
  };
  const strongest = instanceCams(evidence, clusters).sort((a, b) => b.bound - a.bound).slice(0, 3);
  const pieces = strongest.map((piece) => ({
    name: `${classes[piece.class]}, ${clusterName(piece.cluster, clusters)}`,
    walked: [...new Set([0, 1, 4, 16, 64, 256, config.walk.steps])].sort((a, b) => a - b).map((steps) => {
      const walk = { ...config.walk, height, width, steps };
      return {
        steps,
        map: steps === 0 ? piece.read() : propagateEach([piece.read()], boundary.data, walk).next().value!,
      };
    }),
  }));
  const size = height * width,
    walked = (map: Float32Array) =>
      propagateEach([map], boundary.data, { ...config.walk, height, width }).next().value!;
  const syntheses = strongest.map((piece, n): figures.SynthesisPiece => {
    const row = Array.from(evidence.keys).indexOf(piece.class), map = walked(piece.read());
    return {
      name: pieces[n]!.name,
      cam: evidence.cams.slice(row * size, (row + 1) * size),
      cluster: Uint8Array.from(clusters.map, (cluster) => cluster === piece.cluster ? 1 : 0),
      piece: piece.read(),
      walked: map,
      mask: instanceAt(instances, { class: piece.class, map, height, width }),
    };
  });
  const rounds = config.displacement.iterations;
  const refinements = [...new Set([1, 2, 4, 8, 16, 32, rounds])].filter((n) => n <= rounds).sort((a, b) => a - b);
  return {
    overview: figures.overviewFigure(image, {
      ...{ id, classes, cams, labels, boundary, displacement: field, instances, semantic, truth },
      clusters: { height, width, ...clusters },
      objects,
    }),
    cams: figures.camFigure(image, { cams, classes }),
    cam_thresholds: thresholdsOf(cams, {
      current: config.cam.threshold,
      title: "CAMs by the score of the background",
    }),
    ...(config.amn.use
      ? {
        amn_thresholds: thresholdsOf(seed, {
          current: config.amn.threshold,
          title: "AMN's maps by the score of the background",
        }),
      }
      : {}),
    confident_areas: figures.confidentAreasFigure(image, { before: labelsAfter(0), after: labels, classes, truth }),
    pixel: figures.pixelFigure(image, {
      ...{ boundary, displacement: field, labels, classes, walk: config.walk, refinement: config.displacement },
      pairRadius: config.irnet.training.radius,
    }),
    relations: figures.relationFigure(image, { labels, radius: config.irnet.training.radius, classes }),
    displacements: figures.displacementFigure(image, { field, centroids, clusters }),
    refinement: figures.refinementFigure(image, {
      field,
      steps: refinements.map((iterations) => ({ iterations, centroids: centroidsAfter(iterations) })),
      current: rounds,
    }),
    boundaries: figures.boundaryFigure(image, { boundary }),
    affinities: figures.affinityFigure(image, { boundary, ...config.walk }),
    ...pieces.length > 0
      ? { walk: figures.walkFigure(image, { height, width, pieces, current: config.walk.steps }) }
      : {},
    ...syntheses.length > 0
      ? { synthesis: figures.synthesisFigure(image, { height, width, pieces: syntheses, steps: config.walk.steps }) }
      : {},
    ...truth && objects
      ? { masks: figures.judgedInstancesFigure([{ id, image, instances, truth, objects }], { classes }) }
      : {},
    label_thresholds: figures.thresholdFigure(image, {
      ...{ classes, truth, current: config.synthesis.semanticThreshold },
      scored: scoreSemantic(evidence, config.walk),
      title: "Pseudo labels by the score of the background",
    }),
  };
}

/** The instance of a class that lies where a map is highest; `null`: there is none. */
function instanceAt(
  instances: PredictedMasks,
  { class: wanted, map, height, width }: { class: number; map: Float32Array; height: number; width: number },
): figures.SynthesisPiece["mask"] {
  const peak = map.indexOf(map.reduce((a, b) => Math.max(a, b)));
  const y = Math.floor((Math.floor(peak / width) + 0.5) * instances.height / height);
  const x = Math.floor((peak % width + 0.5) * instances.width / width), size = instances.height * instances.width;
  const n = Array.from(instances.class).findIndex((name, n) =>
    name === wanted && instances.score[n]! > 0 && instances.mask[n * size + y * instances.width + x]
  );
  if (n < 0) return null;
  const data = instances.mask.slice(n * size, (n + 1) * size);
  return { height: instances.height, width: instances.width, data, score: instances.score[n]! };
}

/** A training image's labels; what networks that were trained on different labels predict for a validation image. */
async function comparedFigures(
  { config: { downstream }, dataset }: Results,
  { comparison, id }: { comparison: ComparisonResults; id: string },
): Promise<Record<string, figures.Figure>> {
  const { classes } = dataset,
    image = await dataset.readImage(id),
    small = smaller(image),
    judged = await readTruth(dataset, id, { exact: true }),
    [truth, objects] = [small(judged.truth), small(judged.objects)];
  const written: Record<string, figures.Figure> = {};
  const subtitle = "Below each its mean IoU over the labels that occur in the image.";
  const segmentations = async (
    { title, sources, read }: { title: string; sources: readonly LabelSource[]; read: ComparisonResults["labels"] },
  ) => {
    const labels: Record<string, LabelMap> = {};
    for (const source of sources) labels[SOURCE_NAMES[source]] = small(await read(id, source));
    return figures.segmentationsFigure([{ id, image, truth, labels }], { title, subtitle, classes });
  };
  const pseudo = ["cam", "affinitynet", "irnet"] as const;
  if (dataset.list(downstream.trainList).includes(id)) {
    const title = "Labels to train on";
    written["labels"] = await segmentations({ title, sources: pseudo, read: comparison.labels });
  }
  if (dataset.list(downstream.valList).includes(id)) {
    const title = "DeepLab, by what it was trained on", sources = [...pseudo, "truth"] as const;
    written["deeplab"] = await segmentations({ title, sources, read: comparison.deepLab });
  }
  if (dataset.list(downstream.valInstanceList).includes(id)) {
    const found: Record<string, PredictedMasks> = {};
    for (const source of ["irnet", "truth"] as const) {
      found[`trained on ${SOURCE_NAMES[source]}`] = resizeInstances(await comparison.maskRcnn(id, source), image);
    }
    written["mask_rcnn"] = figures.detectionsFigure([{ id, image, truth, objects, found }], { classes });
  }
  return written;
}
