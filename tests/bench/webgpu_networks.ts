/**
 * ResNet-50 at stride 16 on the `webgpu` backend, forward and with the gradients of all layers: our programs against
 * TensorFlow.js's and, where the Python that IRNET_PYTHON names has it, PyTorch on CUDA, in float32. Results go to
 * out/bench_gpu.json.
 * `deno task bench:gpu [--side 512] [--batches 1,4,16] [--repeats 5] [--layers]`; on a software adapter
 * `--side 16 --batches 1 --repeats 1`.
 * `--layers` prints the rate of each kind of convolution as well.
 * @module
 */
import { runScript } from "../../lib/config/flags.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { resnet50 } from "../../lib/nn/mod.ts";
import { composedKernels } from "../../lib/tensor/_composed_kernels.ts";
import { type Kernels, kernels, registerKernels } from "../../lib/tensor/_kernels.ts";
import type { Window } from "../../lib/tensor/_window.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { toParams } from "../../lib/weights/mod.ts";
import { runPeer } from "./_peer.ts";

type Work = "forward" | "training";

/** What is measured. */
interface Setting {
  readonly work: Work;
  readonly batch: number;
  /** Of the images, in pixels. */
  readonly side: number;
  readonly repeats: number;
}

/** Times in ms; null where the side cannot run. */
interface Result {
  readonly name: string;
  readonly ours_ms: number;
  readonly stock_ms: number | null;
  readonly pytorch_ms: number | null;
}

/** TensorFlow.js's own kernels, with its gradient of the pool, which is wrong only where maxima are equal. */
const stockKernels: Kernels = {
  ...composedKernels,
  maxPool(x, window) {
    const { y } = composedKernels.maxPool(x, window);
    return { y, saved: [x, y] };
  },
  maxPoolGradient(dy, [x, y], { size, stride, padding: [top, bottom, left, right] }) {
    const attributes = {
      filterSize: [...size],
      strides: [stride, stride],
      pad: [[0, 0], [top, bottom], [left, right], [0, 0]],
    };
    return tf.engine().runKernel(
      tf.MaxPoolGrad,
      { dy, input: x!, output: y! },
      attributes as unknown as tf.NamedAttrMap,
    ) as tf.Tensor4D;
  },
};

/** Prepares a forward pass, or one with the gradients of all parameters; what it returns waits for the device. */
function open(work: Work, { batch, side }: { batch: number; side: number }): () => Promise<void> {
  const params = resnet50.fold(toParams(resnet50.initialise(0), resnet50.parameters));
  const images = tf.randomNormal<tf.Rank.R4>([batch, side, side, 3]);
  const names = Object.keys(params);
  const loss = (...values: tf.Tensor[]) =>
    resnet50.forward(Object.fromEntries(names.map((name, i) => [name, values[i]!])), images)
      .features.mean<tf.Scalar>();
  const step = work === "forward" ? loss : (...values: tf.Tensor[]) => tf.valueAndGrads(loss)(values).value;
  return async () => {
    const value = tf.tidy(() => step(...names.map((name) => params[name]!)));
    await value.data();
    value.dispose();
  };
}

async function best(repeats: number, step: () => Promise<void>): Promise<number> {
  await step(); // compiles the programs
  let ms = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await step();
    ms = Math.min(ms, performance.now() - start);
  }
  return ms;
}

/** Measures a side's kernels; null, with a message, if it fails. */
async function measure(
  side: Kernels,
  { work, repeats, ...size }: Setting,
): Promise<number | null> {
  registerKernels("webgpu", { ...kernels(), ...side });
  tf.engine().startScope();
  try {
    return await best(repeats, open(work, size));
  } catch (error) {
    console.error(`${work}: ${(error as Error).message.split("\n")[0]}`);
    return null;
  } finally {
    tf.engine().endScope();
  }
}

async function measurePytorch({ work, batch, side, repeats }: Setting): Promise<number | null> {
  try {
    const program = await Deno.readTextFile(new URL("peers/cuda.py", import.meta.url));
    const { ms } = await runPeer(program, JSON.stringify([work, batch, side, repeats]), []);
    return ms || null; // no CUDA
  } catch {
    return null; // no PyTorch
  }
}

/** Prints TFLOP/s of the three passes of ResNet-50's convolutions. */
async function printRates({ batch, side, repeats }: Omit<Setting, "work">): Promise<void> {
  // Side of the input in parts of the image's, channels, outputs, filter side, stride.
  const layers = [[1, 3, 64, 7, 2], [4, 64, 64, 1, 1], [4, 64, 64, 3, 1], [4, 64, 256, 1, 1], [4, 256, 64, 1, 1]]
    .concat([[4, 128, 128, 3, 2], [8, 128, 128, 3, 1], [8, 128, 512, 1, 1], [8, 512, 128, 1, 1], [4, 256, 512, 1, 2]])
    .concat([[16, 256, 256, 3, 1], [16, 256, 1024, 1, 1], [16, 1024, 256, 1, 1], [16, 512, 512, 3, 1]])
    .concat([[16, 512, 2048, 1, 1], [16, 2048, 512, 1, 1]]) as [number, number, number, number, number][];
  for (const [part, channels, outputs, size, stride] of layers) {
    const length = side / part, p = (size - 1) / 2;
    const window: Window = { size: [size, size], stride, padding: [p, p, p, p] };
    const options = { window, depthwise: false },
      epilogue = { bias: undefined, addend: undefined, activation: undefined };
    const x = tf.randomNormal<tf.Rank.R4>([batch, length, length, channels]);
    const filter = tf.randomNormal<tf.Rank.R4>([size, size, channels, outputs]);
    const y = kernels().convolve(x, filter, { ...options, ...epilogue });
    const rate = async (pass: () => tf.Tensor) => {
      const times = 10;
      const ms = await best(repeats, async () => {
        for (let i = 1; i < times; i++) pass().dispose();
        const last = tf.tidy(() => pass().flatten().slice(0, 1));
        await last.data();
        last.dispose();
      });
      return (2 * times * y.size * size * size * channels / ms / 1e9).toFixed(2).padStart(7);
    };
    const forward = await rate(() => kernels().convolve(x, filter, { ...options, ...epilogue }));
    const input = await rate(() => kernels().convolveInputGradient(y, filter, { ...options, shape: x.shape }));
    const ofFilter = await rate(() => kernels().convolveFilterGradient(y, x, { ...options, shape: filter.shape }));
    const layer = `${size}×${size}, stride ${stride}, ${channels} → ${outputs} at ${length}², batch ${batch}`;
    console.log(`${layer.padEnd(46)} forward ${forward}, input gradient ${input}, filter gradient ${ofFilter} TFLOP/s`);
    tf.dispose([x, filter, y]);
  }
}

const HELP = `bench:gpu [flags]

Measures ResNet-50 on WebGPU against TensorFlow.js's own kernels and PyTorch on CUDA.`;

const FLAGS = {
  side: { value: "number", help: "side of the images, a multiple of 16, default 512" },
  batches: { value: "a,b", help: "images at once, default 1,4,16" },
  repeats: { value: "n", help: "measurements, of which the best counts, default 5" },
  layers: { help: "also the rate of every kind of convolution" },
};

if (import.meta.main) await runScript({ help: HELP, flags: FLAGS }, main);

async function main(given: { side?: string; batches?: string; repeats?: string; layers?: string }): Promise<void> {
  const side = Number(given.side ?? 512), repeats = Number(given.repeats ?? 5);
  const batches = (given.batches ?? "1,4,16").split(",").map(Number);
  if (![side, repeats, ...batches].every((value) => Number.isInteger(value) && value > 0) || side % 16 !== 0) {
    throw new UsageError(
      "Expected --side, a multiple of 16, --repeats and --batches as whole numbers but found others",
    );
  }
  const { version } = await useBackend("webgpu");
  const { webgpuKernels } = await import("../../lib/tensor/webgpu/kernels.ts");
  console.log(version);
  if (given.layers !== undefined) { for (const batch of batches) await printRates({ batch, side, repeats }); }

  const columns = ["ours, ms", "stock, ms", "PyTorch, ms", "to stock", "to PyTorch"];
  console.log(`\n${"".padEnd(16)}${columns.map((text) => text.padStart(13)).join("")}`);
  const results: Result[] = [];
  for (const work of ["forward", "training"] as const) {
    for (const batch of batches) {
      const setting = { work, batch, side, repeats }, name = `${work}_${batch}`;
      const ours = await measure(webgpuKernels, setting);
      if (ours === null) Deno.exit(1);
      const stock = await measure(stockKernels, setting), pytorch = await measurePytorch(setting);
      results.push({ name, ours_ms: ours, stock_ms: stock, pytorch_ms: pytorch });
      const texts = [ours, stock, pytorch].map((ms) => ms?.toFixed(1) ?? "–");
      const ratios = [stock, pytorch].map((ms) => ms === null ? "–" : (ours / ms).toFixed(3));
      console.log(`${name.padEnd(16)}${[...texts, ...ratios].map((text) => text.padStart(13)).join("")}`);
    }
  }
  const out = new URL("../../out/", import.meta.url);
  await Deno.mkdir(out, { recursive: true });
  const machine = { gpu: version, side, deno: Deno.version.deno };
  await Deno.writeTextFile(new URL("bench_gpu.json", out), JSON.stringify({ machine, results }, null, 2) + "\n");
  Deno.exit(0);
}
