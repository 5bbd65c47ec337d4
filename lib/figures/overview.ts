import type { CamArchive } from "../cam/cam_archive.ts";
import type { LabelMap, RgbImage } from "../data/image.ts";
import type { PredictedMasks } from "../evaluation/instances.ts";
import { drawBoundary } from "./boundary.ts";
import { drawCam, highestCam } from "./cam.ts";
import { drawClusters, drawDisplacement, unreachedLegend, usualReach } from "./displacement.ts";
import type { Figure } from "./figure.ts";
import { drawGroundTruth, drawInstances, drawLabels } from "./labels.ts";
import { classLegend } from "./_legend.ts";
import type { ClusterMap, ScalarMap, VectorField } from "./maps.ts";
import { inRows, type Panel, panelFigure } from "./_panels.ts";

/** Results of all stages on an image, for {@linkcode overviewFigure}. */
export interface OverviewFigureOptions {
  /** Id of the image. */
  readonly id: string;
  /** Names of all classes. */
  readonly classes: readonly string[];
  /** Class attention maps. */
  readonly cams: CamArchive;
  /** Confident labels; `null`: the image is not trained on. */
  readonly labels?: LabelMap | null;
  /** Boundary probabilities. */
  readonly boundary: ScalarMap;
  /** Displacements. */
  readonly displacement: VectorField;
  /** Class-agnostic instance map. */
  readonly clusters: ClusterMap;
  /** Pseudo instances. */
  readonly instances: PredictedMasks;
  /** Pseudo semantic labels. */
  readonly semantic: LabelMap;
  /** Ground-truth classes; `null`: none are known. */
  readonly truth?: LabelMap | null;
  /** Ground-truth instances; `null`: none are known. */
  readonly objects?: LabelMap | null;
}

/**
 * The whole method on one image: what each stage makes of it, from class attention maps to pseudo labels (paper: the
 * overall framework, Class Attention Maps, Inter-pixel Relation Network, Label Synthesis Using IRNet).
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Results of the stages.
 * @returns The figure.
 * @throws RangeError if sizes differ.
 */
export function overviewFigure(image: RgbImage, options: OverviewFigureOptions): Figure {
  const { id, classes, cams, labels, boundary, displacement, clusters, instances, semantic, truth, objects } = options;
  const reach = usualReach(displacement.data);
  const panels: Panel[] = [
    { picture: image, caption: "image" },
    { picture: drawCam(image, highestCam(cams)), caption: "1. class attention maps (highest class)" },
    ...labels ? [{ picture: drawLabels(image, labels), caption: "2. confident labels" }] : [],
    { picture: drawBoundary(boundary, image), caption: "3. class boundaries" },
    {
      picture: drawDisplacement(displacement, { height: image.height, width: image.width, reach }),
      caption: "3. displacements",
    },
    { picture: drawClusters(image, clusters), caption: "4. class-agnostic instance map" },
    { picture: drawInstances(image, instances), caption: "5. pseudo instances" },
    { picture: drawLabels(image, semantic), caption: "6. pseudo semantic labels" },
    ...truth
      ? [{ picture: drawGroundTruth(image, truth, objects ?? null), caption: "ground truth, never trained on" }]
      : [],
  ];
  const columns = panels.length > 8 ? 5 : 4;
  const ids = [labels, semantic, truth].flatMap((map) => [...new Set(map?.data)]);
  return panelFigure({
    title: `The method on one image: ${id}`,
    subtitle: `All that is known of it is that it shows: ${
      Array.from(cams.keys, (key) => classes[key] ?? key).join(", ") || "no class"
    }.`,
    rows: inRows(panels, columns),
    legend: [
      { kind: "scale", map: "viridis", from: "0", to: "1", text: "attention" },
      { kind: "scale", map: "inferno", from: "0", to: "1", text: "boundary" },
      { kind: "wheel", text: `direction; full colour: ${reach.toFixed(1)} pixels at stride 4` },
      ...classLegend(ids, classes, labels ? "uncertain or void" : "void"),
      ...unreachedLegend(clusters, clusters),
    ],
  });
}
