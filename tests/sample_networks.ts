/**
 * Puts the two networks of a sample run into the project, for notebooks: data/sample_networks.safetensors, the run's
 * model in floats of 16 bits, and the log of IRNet's training.
 * `deno task sample:networks [workdir]`, after `deno task demo` (both seeds are 0)
 * @module
 */
import { readJsonLines } from "../lib/files/json_lines.ts";
import { encodeSafetensors, readSafetensors } from "../lib/files/safetensors.ts";
import { SAMPLE_NETWORKS } from "../lib/notebook/sample_networks.ts";
import { TRAINING_LOG } from "../lib/stages/irnet_train.ts";

const [workdir = "out/sample"] = Deno.args;
const { tensors, metadata } = await readSafetensors(`${workdir}/model.safetensors`);
const lines = await readJsonLines(`${workdir}/irnet_train/log.jsonl`);
const shorter = (_: string, value: unknown) => typeof value === "number" ? Number(value.toPrecision(5)) : value;
const log = lines.map((line) => `${JSON.stringify(line, shorter)}\n`).join("");
const bytes = encodeSafetensors(tensors, { ...metadata, [TRAINING_LOG]: log }, "F16");
await Deno.writeFile(SAMPLE_NETWORKS, bytes);
console.log(`${SAMPLE_NETWORKS}: ${bytes.length} bytes`);
