import { zipSync } from "fflate";
import { setupTensorflow } from "../../lib/download/setup_tensorflow.ts";
import { frameworkName, interfaceNames } from "../../lib/tensor/tensorflow/find_library.ts";
import { assertEquals, assertRejects } from "../assert.ts";
import { inFolder } from "../in_folder.ts";

const library = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 7);
const framework = new TextEncoder().encode("framework");
const files = { [`tensorflow/${interfaceNames[0]}`]: library, [`tensorflow/${frameworkName}`]: framework };

Deno.test("setupTensorflow() takes the libraries, and nothing else, out of a wheel and out of a folder", () =>
  inFolder(async (folder) => {
    const wheel = `${folder}/tensorflow.whl`, extracted = `${folder}/extracted`, copied = `${folder}/copied`;
    await Deno.writeFile(wheel, zipSync({ "tensorflow/other.py": framework, ...files }, { comment: "padded" }));
    await setupTensorflow({ from: wheel, folder: extracted });
    await setupTensorflow({ from: extracted, folder: copied });
    for (const place of [extracted, copied]) {
      const names = (await Array.fromAsync(Deno.readDir(place))).map(({ name }) => name).sort();
      assertEquals(names, [interfaceNames[0]!, frameworkName].sort());
      assertEquals(await Deno.readFile(`${place}/${interfaceNames[0]}`), library);
      assertEquals(await Deno.readFile(`${place}/${frameworkName}`), framework);
    }
  }));

Deno.test("setupTensorflow() refuses damaged wheels, and leaves no library of them", () =>
  inFolder(async (folder) => {
    const bytes = zipSync(files, { level: 0 });
    bytes[2_000_000]! ^= 1;
    await Deno.writeFile(`${folder}/damaged.whl`, bytes);
    await assertRejects(
      () => setupTensorflow({ from: `${folder}/damaged.whl`, folder: `${folder}/a` }),
      Error,
      "intact",
    );
    assertEquals(await Array.fromAsync(Deno.readDir(`${folder}/a`)), []);

    await Deno.writeFile(`${folder}/other.whl`, zipSync({ "other.py": framework }));
    await assertRejects(
      () => setupTensorflow({ from: `${folder}/other.whl`, folder: `${folder}/b` }),
      Error,
      interfaceNames[0],
    );
    await Deno.writeFile(`${folder}/text.whl`, framework);
    await assertRejects(
      () => setupTensorflow({ from: `${folder}/text.whl`, folder: `${folder}/c` }),
      Error,
      "zip archive",
    );
    await assertRejects(() => setupTensorflow({ from: folder, folder: `${folder}/d` }), Error, interfaceNames[0]);
  }));
