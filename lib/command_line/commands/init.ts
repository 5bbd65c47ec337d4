import { join } from "node:path";
import { defined, type Flags } from "../../config/flags.ts";
import type { Command } from "../command.ts";
import { COMMON_FLAGS } from "../flags.ts";
import { progressOnTerminal } from "../run_stages.ts";

const INIT_FLAGS = {
  labels: {
    value: "path",
    help:
      "JSON (also COCO's), CSV or cls_labels.npy, folder of VOC's XML, or the folder of images in folders of classes",
    path: "reads",
  },
  "label-column": { value: "a,b", help: "headings of the columns of class names in a CSV, default by their names" },
  classes: { value: "a,b", help: "all classes in the order of their ids in masks, default in alphabetical order" },
  negatives: {
    value: "folder",
    help: "images without any class, for a classifier to tell classes from the background by",
    path: "reads",
  },
  weights: {
    value: "file",
    help: "ImageNet weights of the preset's backbone; without them it starts from random ones",
    path: "reads",
  },
  preset: { value: "name", help: "default lite with --weights, sample without" },
  out: { value: "file", help: "the configuration to write, default irnet.json in the folder", path: "writes" },
  force: { help: "overwrite it" },
} satisfies Flags;

export const init: Command = {
  usage: "<folder> [flags]",
  help: "Looks at a folder of images, says what it found and writes a configuration that runs.",
  argument: "a folder of images",
  isPath: true,
  flags: { ...INIT_FLAGS, ...COMMON_FLAGS },
  permissions: ({ given }) => {
    const folder = given.positionals[0]!, out = given.value("out") ?? join(folder, "irnet.json");
    const lists = ["all", "train", "val", "left_out"].map((name) => `${out.replace(/\.json$/i, "")}.${name}.txt`);
    return { read: [folder], write: [out, ...lists] };
  },
  run: async ({ given, config }) => {
    const { initFolder } = await import("../init_folder.ts");
    await initFolder(given.positionals[0]!, {
      force: given.has("force"),
      progress: progressOnTerminal(),
      write: (text) => console.log(text),
      ...defined({
        labels: given.value("labels"),
        labelColumn: given.value("label-column"),
        negatives: given.value("negatives"),
        classes: given.words("classes"),
        weights: given.value("weights"),
        preset: given.has("preset") ? config.preset : undefined,
        out: given.value("out"),
      }),
    });
  },
};
