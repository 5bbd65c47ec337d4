import { assert, assertEquals } from "../assert.ts";
import { inFolder } from "../in_folder.ts";

const root = new URL("../../", import.meta.url);

Deno.test("the network of lib/train/README.md trains, in Workers", () =>
  inFolder(async (folder) => {
    const text = await Deno.readTextFile(new URL("lib/train/README.md", root));
    const program = /```ts\n(.*?)```/s.exec(text)![1]!;
    const rooms = program.replaceAll(
      /"@irnet\/irnet\/(\w+)"/g,
      (_, room) => `"${new URL(`lib/${room}/mod.ts`, root)}"`,
    );
    await Deno.writeTextFile(`${folder}/count.ts`, rooms);
    const config = new URL("deno.json", root).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--config", config, `${folder}/count.ts`],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]); // it warns where Workers do not start
    const losses = new TextDecoder().decode(stdout).trim().split("\n").map((line) => Number(line.split(" ")[1]));
    assertEquals(losses.length, 40);
    assert(losses.at(-1)! < losses[0]! / 4, `${losses}`);
  }));
