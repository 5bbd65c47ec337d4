import { hostname } from "node:os";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import { takeLock } from "../../lib/run/lock.ts";

const whole = { index: 0, count: 1 };

const lockOf = (owner: Record<string, unknown>) =>
  JSON.stringify({ host: hostname(), pid: 1, since: "2026-01-01T00:00:00Z", ...owner });

Deno.test("takeLock() keeps others out until it is given back", async () => {
  await inFolder(async (folder) => {
    const unlock = await takeLock(folder, whole);
    await assertRejects(() => takeLock(folder, whole), Error, `process ${Deno.pid} on ${hostname()} is at it`);
    await unlock();
    await (await takeLock(folder, whole))();
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("takeLock() gives every shard its own lock", async () => {
  await inFolder(async (folder) => {
    const first = await takeLock(folder, { index: 0, count: 2 });
    const second = await takeLock(folder, { index: 1, count: 2 });
    await assertRejects(() => takeLock(folder, { index: 1, count: 2 }), Error, "lock-1of2");
    await first();
    await second();
  });
});

Deno.test("takeLock() takes over from a process that has ended", async () => {
  await inFolder(async (folder) => {
    const child = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
    await child.status;
    await Deno.writeTextFile(`${folder}/lock`, lockOf({ pid: child.pid }));
    await (await takeLock(folder, whole))();
  });
});

Deno.test("takeLock() knows living and dead owners without permission to look at processes", async () => {
  await inFolder(async (folder) => {
    const module = new URL("../../lib/run/lock.ts", import.meta.url).href;
    const code = `import { takeLock } from "${module}";
      await takeLock(${JSON.stringify(folder)}, { index: 0, count: 1 });
      console.log("taken");
      setInterval(() => {}, 1000);`;
    await Deno.writeTextFile(`${folder}/take.ts`, code);
    const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`, "--allow-sys=hostname", "--no-prompt"];
    const settings = ["--config", new URL("../../deno.json", import.meta.url).pathname];
    const start = () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-check", ...settings, ...permissions, `${folder}/take.ts`],
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    const owner = start(), words = owner.stdout.getReader();
    await words.read();
    await assertRejects(() => takeLock(folder, whole), Error, `process ${owner.pid} on ${hostname()} is at it`);
    const second = await start().output();
    const message = new TextDecoder().decode(second.stderr);
    assert(message.includes(`process ${owner.pid} on ${hostname()} is at it`), message);
    owner.kill("SIGKILL");
    await words.cancel();
    await owner.stderr.cancel();
    await owner.status;
    await (await takeLock(folder, whole))();
  });
});

Deno.test("takeLock() takes over a damaged lock", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/lock`, '{"host":');
    await (await takeLock(folder, whole))();
  });
});

Deno.test("takeLock() believes another machine for a hundred seconds after its last sign of life", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/lock`, lockOf({ host: "far-away", pid: 7 }));
    await assertRejects(() => takeLock(folder, whole), Error, "process 7 on far-away is at it since 2026-01-01");
    const old = (Date.now() - 110_000) / 1000;
    await Deno.utime(`${folder}/lock`, old, old);
    await (await takeLock(folder, whole))();
  });
});

Deno.test("takeLock() lets one of many in that find the same dead owner", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/lock`, lockOf({ pid: Deno.pid }));
    const taken = await Promise.allSettled(Array.from({ length: 12 }, () => takeLock(folder, whole)));
    const winners = taken.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    assertEquals(winners.length, 1);
    await winners[0]!();
  });
});
