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

Deno.test("setupTensorflow() shows no library without what it links to, or with that of another version", () =>
  inFolder(async (folder) => {
    const [first, second] = interfaceNames as [string, string], { rename } = Deno, target = `${folder}/target`;
    const seen: string[] = [];
    const look = () => {
      const names = [...Deno.readDirSync(target)].map(({ name }) => name).filter((name) => !name.startsWith("."));
      const library = interfaceNames.find((name) => names.includes(name));
      const text = (name: string) => Deno.readTextFileSync(`${target}/${name}`);
      seen.push(library ? `${library} ${text(library)} ${text(frameworkName)}` : "none");
    };
    Deno.rename = async (from, to) => {
      look();
      await rename(from, to);
      look();
    };
    try {
      for (const [version, name] of [["1", first], ["2", second], ["3", first]] as const) {
        await Deno.mkdir(`${folder}/${version}`);
        for (const file of [name, frameworkName]) await Deno.writeTextFile(`${folder}/${version}/${file}`, version);
        await setupTensorflow({ from: `${folder}/${version}`, folder: target });
      }
    } finally {
      Deno.rename = rename;
    }
    assertEquals([...new Set(seen)].sort(), ["none", `${first} 1 1`, `${first} 3 3`, `${second} 2 2`].sort());
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
