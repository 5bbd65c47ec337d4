import { decodePth } from "../../lib/files/pth.ts";
import { decodeWeights } from "../../lib/weights/read_weights.ts";
import { decodeSafetensors, encodeSafetensors, type TensorFile } from "../../lib/files/safetensors.ts";
import { assert, assertEquals } from "../assert.ts";
import { COUNT, fuzz } from "./mutate.ts";

const golden = (file: string) => Deno.readFileSync(new URL(`../golden/${file}`, import.meta.url));

/** A part of an archive, a byte, or a tensor. */
const WHERE =
  /byte \d+|key \d+|data\.pkl|data\/|byteorder|version|weights\b|conv\.|entr|as \S+ in|for \S+|of \S+ \[|encrypted|Expected tensors by name/;

/** Values that fit their shapes, whatever they are. */
function checkShapes({ tensors, others }: TensorFile): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (others && Object.hasOwn(others, name)) continue; // a type that is not known
    assertEquals(tensor.data.length, tensor.shape.reduce((a, b) => a * b, 1), name);
  }
}

/** Archives have checksums: what is read is what was written. */
function checkValues(originals: readonly Uint8Array[]): (file: TensorFile) => void {
  const known = originals.map((bytes) => textOf(decodePth(bytes, "original")));
  return (file) => assert(known.includes(textOf(file)), "Expected the tensors that were written");
}

function textOf({ tensors }: TensorFile): string {
  return JSON.stringify(Object.entries(tensors).map(([name, { shape, data }]) => [name, shape, [...data]]));
}

Deno.test(`decodePth() stands ${COUNT} damaged files of the zip format`, async () => {
  const originals = ["weights_zip.pth", "weights_nested.pth"].map(golden);
  const file = "zip.pth";
  await fuzz(originals, { file, where: WHERE, parse: decodePth, check: checkValues(originals) });
});

Deno.test(`decodePth() stands ${COUNT} damaged files of the legacy format`, async () => {
  const { read } = await fuzz([golden("weights_legacy.pth")], {
    file: "legacy.pth",
    where: WHERE,
    parse: decodePth,
    check: checkShapes,
    tokens: ["\x8a\xff", "cposix\nsystem\n", "Q", "R", "\x81", "(", "t", "u", "q\x01", "h\x01", "X\xff\xff\xff\x7f"],
  });
  assert(read > 0, "Expected some of the damages to change values only");
});

Deno.test(`decodeSafetensors() stands ${COUNT} damaged files`, async () => {
  const tensors = (sides: number[][]) =>
    Object.fromEntries(
      sides.map((shape, i) => [`conv.${i}`, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }]),
    );
  const { read } = await fuzz([
    encodeSafetensors(tensors([[2, 3, 1, 1], [3], []]), { format: "pt" }),
    encodeSafetensors(tensors([[0, 4], [20]])),
  ], {
    file: "weights.safetensors",
    where: WHERE,
    parse: decodeSafetensors,
    check: checkShapes,
    tokens: ['"dtype"', '"__metadata__":{}', '"data_offsets":[0,4]', "[[[[", "}", '{"a":', "F64", "BF16"],
  });
  assert(read > 0, "Expected some of the damages to change values only");
});

Deno.test("decodeWeights() names the file for any beginning", async () => {
  const originals = [...["weights_zip.pth", "weights_legacy.pth"].map(golden), encodeSafetensors({})];
  await fuzz(originals, {
    file: "any.bin",
    where: WHERE,
    parse: (bytes, file) => decodeWeights(bytes.slice(0, 64), file),
  });
});
