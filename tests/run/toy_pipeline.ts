/** A small pipeline of every kind of stage, on text files in place of photographs. */
import type { Config } from "../../lib/config/config.ts";
import type { Artifact, ImageStage, Stage, StageContext, WholeStage } from "../../lib/run/stage.ts";
import type { Dataset } from "../../lib/data/dataset.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);
const pause = () => new Promise((resolve) => setTimeout(resolve, Number(Deno.env.get("TOY_PAUSE") ?? 0)));

/** Photographs are `<id>.txt`; `ids.json` holds labels by id, in the order of the only list. */
export function openDataset({ root }: Config["data"]): Promise<Dataset> {
  const labels: Record<string, number[]> = JSON.parse(Deno.readTextFileSync(`${root}/ids.json`));
  return Promise.resolve({
    classes: ["a", "b"],
    list: () => Object.keys(labels),
    labels: (id) => labels[id]!,
    imagePath: (id) => `${root}/${id}.txt`,
    readImage: async (id) => {
      const data = await Deno.readFile(`${root}/${id}.txt`);
      if (text(data).startsWith("broken")) throw new Error(`Expected an image in ${root}/${id}.txt`);
      return { width: data.length, height: 1, data };
    },
    readFullImage: () => Promise.reject(new Error("Expected not to be read")),
    imageSize: () => Promise.reject(new Error("Expected not to be read")),
    hasMasks: true,
    maskPaths: (id) => [`${root}/${id}.mask`, `${root}/${id}.instances`],
    readClassMask: () => Promise.resolve(null),
    readInstanceMask: () => Promise.resolve(null),
  });
}

function imageStage(
  stage: Pick<ImageStage, "name" | "reads" | "runs" | "settings">,
  make: (id: string, context: StageContext) => Promise<Artifact>,
): ImageStage {
  return {
    kind: "image",
    section: "Toys",
    ...stage,
    ids: ({ dataset }) => dataset.list("all"),
    open: (context) => ({
      process: async (id) => {
        await pause();
        if (id === Deno.env.get("TOY_FAILS_AT")) throw new Error(`Expected luck at ${stage.name}`);
        return await make(id, context);
      },
    }),
  };
}

/** Runs in the main thread, reads photographs. */
const words = imageStage(
  { name: "words", reads: [], runs: "main", settings: ({ cam }) => cam.scales },
  async (id, { config, dataset }) => {
    const { data } = await dataset.readImage(id);
    return { [`${id}.txt`]: bytes(`${text(data)} × ${config.cam.scales} of ${dataset.labels(id)}`) };
  },
);

/** Has a checkpoint after every step. */
const train: WholeStage = {
  kind: "whole",
  name: "train",
  section: "Toys",
  reads: ["words"],
  settings: ({ irnet }) => irnet.training.epochs,
  ids: ({ dataset }) => dataset.list("all"),
  doubts: ({ dataset }) => {
    const labels = dataset.list("all").map(dataset.labels), rare = labels.flat().filter((label) => label === 1).length;
    const doubts = rare === 1 ? ["b is rare"] : [];
    return { hopeless: labels.flat().length === 0 ? "nothing is shown" : null, doubts };
  },
  run: async ({ config, dataset, files, signal, progress }) => {
    const ids = dataset.list("all");
    const state = await files.read("train", "state.json");
    let { step, sum } = state ? JSON.parse(text(state)) : { step: 0, sum: 0 };
    const steps = config.irnet.training.epochs;
    for (; step < steps;) {
      signal.throwIfAborted();
      await pause();
      const id = ids[step % ids.length]!;
      await dataset.readImage(id);
      sum = (sum * 31 + (await files.require("words", `${id}.txt`)).length) % 1000003;
      await files.appendLog("train", "log.jsonl", { step, sum });
      step++;
      if (step % 3 === 0) await files.write("train", "state.json", bytes(JSON.stringify({ step, sum })));
      progress(step, steps);
    }
    await files.write("train", "weights.txt", bytes(`${steps} steps: ${sum}`));
  },
};

/** Runs in Workers, makes two files an image. */
const pairs = imageStage(
  { name: "pairs", reads: ["words"], runs: "worker", settings: ({ relation }) => relation.foreground },
  async (id, { config, files }) => {
    const word = text(await files.require("words", `${id}.txt`));
    return { [`${id}.a.txt`]: bytes(`${word} > ${config.relation.foreground}`), [`${id}.b.txt`]: bytes(word + word) };
  },
);

/** Reads a stage of either kind. */
const synthesis = imageStage(
  { name: "synthesis", reads: ["train", "pairs"], runs: "worker", settings: ({ walk }) => walk },
  async (id, { config, files }) => {
    const weights = text(await files.require("train", "weights.txt"));
    const pair = text(await files.require("pairs", `${id}.a.txt`));
    return { [`${id}.txt`]: bytes(`${pair} with ${weights} ^ ${config.walk.beta}`) };
  },
);

/** Writes a file below a folder of its own. */
const evaluation: WholeStage = {
  kind: "whole",
  name: "evaluation",
  section: "Toys",
  reads: ["synthesis"],
  settings: ({ evaluation }) => evaluation.ious,
  run: async ({ dataset, files }) => {
    let length = 0;
    for (const id of dataset.list("all")) length += (await files.require("synthesis", `${id}.txt`)).length;
    await files.write("evaluation", "tables/metrics.json", bytes(JSON.stringify({ length })));
  },
};

/** Does nothing unless it is asked for. */
const extra: WholeStage = {
  kind: "whole",
  name: "extra",
  section: "Toys",
  reads: [],
  enabled: ({ evaluation }) => evaluation.pictures > 0,
  onlyNamed: true,
  settings: () => null,
  run: ({ files }) => files.write("extra", "extra.txt", bytes("extra")),
};

/** The stages in their order. */
export const stages: Stage[] = [words, train, pairs, synthesis, evaluation, extra];

/** They compute without tensors. */
export const prepare = null;
