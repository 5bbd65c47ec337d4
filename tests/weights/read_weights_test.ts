import { encodeSafetensors } from "../../lib/files/safetensors.ts";
import type { ParameterSpec } from "../../lib/weights/params.ts";
import { importWeights, readWeights, weightFiles } from "../../lib/weights/mod.ts";
import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { inFolder } from "../in_folder.ts";

const of = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

/** A safetensors file of tensors of any type, each of these bytes. */
function typed(tensors: Record<string, [dtype: string, shape: number[], bytes: number[]]>): Uint8Array {
  let at = 0;
  const header = Object.entries(tensors).map(([name, [dtype, shape, bytes]]) => {
    return [name, { dtype, shape, data_offsets: [at, at += bytes.length] }];
  });
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  return Uint8Array.from([...length, ...text, ...Object.values(tensors).flatMap(([, , bytes]) => bytes)]);
}

/** The first 512 bytes of a tar archive. */
const tar = (() => {
  const head = new Uint8Array(512);
  head.set(new TextEncoder().encode("model/weights.pth"));
  head.set(new TextEncoder().encode("ustar"), 257);
  return head;
})();

Deno.test("readWeights() says what a file is that holds no weights", async () => {
  const files: Record<string, [content: string | Uint8Array, kind: string]> = {
    "a.safetensors": ["version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "a pointer of Git LFS"],
    "a.pth": ["version https://git-lfs.github.com/spec/v1\r\noid sha256:00\r\n", "a pointer of Git LFS"],
    "page.pth": ["<!DOCTYPE html><html><title>Virus scan warning</title></html>", "a page of HTML"],
    "spaced.bin": ["\n\n  <HTML lang='en'>", "a page of HTML"],
    "denied.pth": ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"],
    "a.pth.gz": [Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), "a gzip archive, which has to be unpacked"],
    "a.tar": [tar, "a tar archive, which has to be unpacked"],
    "a.h5": [Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0), "an HDF5 file"],
    "a.npy": [Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76, 0), "a NumPy array"],
    "a.pkl": [Uint8Array.of(0x80, 4, 0x95, 9, 9, 9, 9, 9, 9, 9), "a Python pickle"],
    "a.txt": ["404: Not Found. Try again", "text"],
    "settings.pt": ['{"hidden_size": 3}', "JSON"],
    "empty.pth": ["", "an empty file"],
  };
  await inFolder(async (folder) => {
    for (const [name, [content, kind]] of Object.entries(files)) {
      const path = `${folder}/${name}`,
        bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(path, bytes);
      await assertRejects(
        () => readWeights(path),
        Error,
        `Expected weights, safetensors or PyTorch's, in ${path} but found ${kind}`,
      );
    }
  });
});

Deno.test("readWeights() reads the shards that an index names", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/model.safetensors.index.json`;
    const index = (map: unknown) => Deno.writeTextFile(path, JSON.stringify({ metadata: {}, weight_map: map }));
    await Deno.writeFile(`${folder}/one.safetensors`, encodeSafetensors({ "model.a": of(1), "model.extra": of(0) }));
    await Deno.writeFile(`${folder}/two.bin`, encodeSafetensors({ "model.b": of(2, 3) }));
    await index({ "model.b": "two.bin", "model.a": "one.safetensors" });
    const { name, tensors } = await readWeights(path);
    assertEquals([name, tensors], [path, { b: of(2, 3), a: of(1) }]);
    assertEquals(weightFiles(path), [path, `${folder}/two.bin`, `${folder}/one.safetensors`]);
    assertEquals(weightFiles(`${folder}/two.bin`), [`${folder}/two.bin`]);

    const refuse = (message: string) => assertRejects(() => readWeights(path), Error, message);
    await index({ "model.a": "three.bin" });
    await refuse(`Expected the shard ${folder}/three.bin, which ${path} names, but found none`);
    await index({ "model.c": "two.bin" });
    await refuse(`Expected model.c in ${folder}/two.bin, as ${path} says, but found none`);
    await index({ "model.a": "../one.safetensors" });
    await refuse(`Expected a file beside the index as weight_map.model.a of ${path} but found ../one.safetensors`);
    assertEquals(weightFiles(path), [path]);
    await Deno.writeTextFile(path, '{"architectures": ["ResNet"]}');
    await refuse(`Expected an object as weight_map of ${path} but found nothing`);
    await Deno.writeTextFile(path, "version https://git-lfs.github.com/spec/v1");
    await refuse(`Expected JSON in ${path}`);
  });
});

Deno.test("readWeights() drops prefixes of wrappers that all names have, one in the other", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.safetensors`;
    const names = async (...written: string[]) => {
      await Deno.writeFile(path, encodeSafetensors(Object.fromEntries(written.map((name) => [name, of(1)]))));
      return Object.keys((await readWeights(path)).tensors);
    };
    for (const prefix of ["module.", "model.", "encoder_q.", "_orig_mod.", "module.encoder_q.", "_orig_mod.module."]) {
      assertEquals(await names(`${prefix}conv.weight`, `${prefix}fc.bias`), ["conv.weight", "fc.bias"]);
    }
    assertEquals(await names("module.conv.weight", "fc.bias"), ["module.conv.weight", "fc.bias"]);
    assertEquals(await names("module.encoder_q.a", "module.encoder_k.a"), ["encoder_q.a", "encoder_k.a"]);
    assertEquals(await names(), []);
  });
});

Deno.test("importWeights() leaves out tensors of other types beside those needed, and names a needed one", async () => {
  const specs: ParameterSpec[] = [{ name: "conv.weight", shape: [2], role: "scale" }];
  const rules = { ignored: [], aliases: [] };
  const half = ["F16", [2], [0x00, 0x3c, 0x00, 0xc0]] as [string, number[], number[]]; // 1, -2
  await inFolder(async (folder) => {
    const path = `${folder}/a.safetensors`;
    await Deno.writeFile(
      path,
      typed({
        "model.conv.weight": half,
        "model.position_ids": ["I64", [1], [1, 0, 0, 0, 0, 0, 0, 0]],
        "model.mask": ["BOOL", [3], [0, 1, 1]],
        "model.table": ["U16", [1], [1, 0]],
        "model.scale": ["F8_E4M3", [2], [1, 2]],
        "model.phase": ["C64", [1], [0, 0, 0, 0, 0, 0, 0, 0]],
      }),
    );
    const file = await readWeights(path);
    assertEquals(importWeights(file, specs, rules), {
      "conv.weight": { shape: [2], data: Float32Array.of(1, -2) },
    });
    assertEquals(file.tensors["table"]!.data, Float32Array.of(1));

    await Deno.writeFile(path, typed({ "conv.weight": ["F8_E4M3", [2], [1, 2]] }));
    const needed = await readWeights(path);
    assertThrows(() => importWeights(needed, specs, rules), Error, `for conv.weight in ${path} but found F8_E4M3`);
    await Deno.writeFile(path, typed({ "conv.weight": half, "other.weight": half }));
    const another = await readWeights(path);
    assertThrows(() => importWeights(another, specs, rules), Error, "unexpected: other.weight [2]");
  });
});
