/** Weights from PyTorch and back, where there is a Python with torch: IRNET_PYTHON names it. */
import { camImportRules, camLogits, classifierParameters } from "../../lib/cam/mod.ts";
import { boundaryBranch, displacementBranch, headParameters, irnetImportRules } from "../../lib/irnet/mod.ts";
import { resnet50 } from "../../lib/nn/mod.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, importWeights, type ParameterSpec, type Params, toParams } from "../../lib/weights/mod.ts";
import { encodeSafetensors, type NamedTensors } from "../../lib/files/safetensors.ts";
import { readPth } from "../../lib/files/pth.ts";
import { assertClose, assertEquals } from "../assert.ts";
import { readNpy } from "../golden.ts";
import { greatest } from "../nn/numbers.ts";
import { hasPython, lacks, runPython } from "../needs.ts";

const code = await Deno.readTextFile(new URL("released_networks.py", import.meta.url));

const camSpecs = [...resnet50.parameters, ...classifierParameters(resnet50, 20)];
const irnetSpecs: ParameterSpec[] = [
  ...resnet50.parameters,
  ...headParameters(resnet50.taps, 256),
  { name: "mean_displacement", shape: [2], role: "offset" },
];

Deno.test({
  name: "checkpoints of the released networks compute here what they do in PyTorch, and there again when stored here",
  ignore: lacks("torch", await hasPython("torch")),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const read = (name: string) => readNpy(`${folder}/${name}.npy`);
    try {
      await runPython(["-c", code, "make", folder]);
      const cam = importWeights(await readPth(`${folder}/res50_cam.pth`), camSpecs, camImportRules(resnet50));
      const irnet = importWeights(await readPth(`${folder}/res50_irn.pth`), irnetSpecs, irnetImportRules(resnet50));
      const image = await read("image");
      await useBackend("auto");
      const found = {
        cam_logits: await compute(cam, { specs: camSpecs, image, network: logits }),
        irnet_edge: await compute(irnet, { specs: irnetSpecs, image, network: boundary }),
        irnet_dp: await compute(irnet, { specs: irnetSpecs, image, network: displacement }),
      };
      await Deno.writeFile(`${folder}/cam.safetensors`, encodeSafetensors(cam));
      await Deno.writeFile(`${folder}/irnet.safetensors`, encodeSafetensors(irnet));
      await runPython(["-c", code, "check", folder]);
      for (const [name, values] of Object.entries(found)) {
        const { data } = await read(name);
        assertClose(values, data, { absolute: 1e-4 * greatest(data), name });
        assertEquals((await read(`back_${name}`)).data, data, name);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

type Network = (params: Params, x: tf.Tensor4D) => tf.Tensor;

const logits: Network = (params, x) => camLogits({ backbone: resnet50, params }, x);

const boundary: Network = (params, x) => {
  const { taps } = resnet50.forward(params, x, { taps: true });
  return boundaryBranch(params, taps, resnet50.taps);
};

const displacement: Network = (params, x) => {
  const { taps } = resnet50.forward(params, x, { taps: true });
  const field = displacementBranch(params, taps, resnet50.taps).sub(params["mean_displacement"]!);
  return field.transpose([0, 3, 1, 2]); // PyTorch's order
};

async function compute(
  weights: NamedTensors,
  { specs, image, network }: {
    specs: readonly ParameterSpec[];
    image: { shape: number[]; data: Float32Array | Int32Array };
    network: Network;
  },
): Promise<Float32Array> {
  const params = toParams(weights, specs);
  const result = tf.tidy(() => {
    const x = tf.tensor(image.data, image.shape, "float32").transpose<tf.Tensor4D>([0, 2, 3, 1]);
    return network(params, x);
  });
  const values = await result.data() as Float32Array;
  result.dispose();
  disposeParams(params);
  return values;
}
