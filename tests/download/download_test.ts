import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { download, type DownloadOptions, type FileFacts } from "../../lib/download/mod.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { type Answer, type Asked, goodAnswer, head, withServer } from "./_server.ts";

const bytes = Uint8Array.from({ length: 3 * 2 ** 20 + 17 }, (_, i) => (i * i) >> 9);
const wrong = bytes.with(12345, bytes[12345]! ^ 1);
const facts: FileFacts = {
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
  md5: createHash("md5").update(bytes).digest("hex"),
};

/** A file being downloaded from a server; `fails` is what the error must say. */
async function check(
  name: string,
  answer: Answer,
  { before, fails, part = null, options = {} }: {
    before?: Uint8Array;
    fails?: string[];
    part?: number | null;
    options?: Partial<DownloadOptions> & { paths?: string[] };
  } = {},
): Promise<Asked[]> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/file`;
  try {
    if (before) await Deno.writeFile(`${path}.part`, before);
    return await withServer(answer, async (address) => {
      const urls = (options.paths ?? ["/file"]).map((path) => address + path);
      const run = () => download(path, facts, { stallSeconds: 10, waitSeconds: 0.01, attempts: 3, ...options, urls });
      const names = async () => (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
      if (!fails) {
        await run();
        assertEquals(await names(), ["file"], name);
        assertEquals(await Deno.readFile(path), bytes, name);
      } else {
        const { message } = await assertRejects(run, Error);
        for (const text of fails) assert(message.includes(text), `${name}: expected "${text}" in: ${message}`);
        assert(!(await names()).includes("file"), name);
        if (part !== null) assertEquals((await Deno.stat(`${path}.part`)).size, part, name);
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Gives each request the next answer, and the last one from then on. */
function inTurn(...answers: Answer[]): Answer {
  let turn = 0;
  return (...call) => answers[Math.min(turn++, answers.length - 1)]!(...call);
}

const untilStopped = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
const ranges = (asked: Asked[]) => asked.map(({ headers }) => headers.get("range"));
const status = (line: string, headers = {}): Answer => (_, send) =>
  send(head(line, { "content-length": 0, ...headers }));

Deno.test("download() of a whole file reports progress and leaves nothing else", async () => {
  const seen: number[] = [];
  await check("good", goodAnswer(bytes), { options: { progress: (bytes) => seen.push(bytes) } });
  assertEquals(seen.at(-1), bytes.length);
  assertEquals(seen, seen.toSorted((a, b) => a - b));
});

Deno.test("download() goes on where the connection was cut", async () => {
  const asked = await check(
    "cut",
    inTurn(goodAnswer(bytes, { upTo: 1e6 }), goodAnswer(bytes, { upTo: 2e6 }), goodAnswer(bytes)),
  );
  assertEquals(ranges(asked), [undefined, "bytes=1000000-", "bytes=2000000-"]);
  assertEquals(asked[1]!.headers.get("if-range"), '"1"');
  assertEquals(asked[1]!.headers.get("accept-encoding"), "identity");
});

Deno.test("download() gives up on silence, before the answer and within it, and goes on", async () => {
  const silent: Answer = (_, __, signal) => untilStopped(signal);
  const stalling: Answer = async ({ start }, send, signal) => {
    await send(head("200 OK", { "content-length": bytes.length, etag: '"1"' }));
    await send(bytes.subarray(start, 5000));
    await untilStopped(signal);
  };
  const asked = await check("stall", inTurn(silent, stalling, goodAnswer(bytes)), { options: { stallSeconds: 0.5 } });
  assertEquals(ranges(asked), [undefined, undefined, "bytes=5000-"]);
  await check("always silent", silent, {
    fails: ["found none for 0.5 s"],
    part: 0,
    options: { attempts: 2, stallSeconds: 0.5 },
  });
});

Deno.test("download() goes on in another process, or from another address, where one stopped", async () => {
  const asked = await check("left", goodAnswer(bytes), { before: bytes.slice(0, 777) });
  assertEquals(ranges(asked), ["bytes=777-"]);

  const mirrors: Answer = (asked, ...rest) =>
    asked.path === "/a"
      ? goodAnswer(bytes, { upTo: 4000 })(asked, ...rest)
      : goodAnswer(bytes, { etag: '"b"' })(asked, ...rest);
  const other = await check("mirror", mirrors, { options: { paths: ["/a", "/b"], attempts: 1 } });
  assertEquals(ranges(other), [undefined, "bytes=4000-"]);
  assertEquals(other[1]!.headers.get("if-range"), undefined); // the mark of /a says nothing about /b
});

Deno.test("download() starts over where the file has changed, or what was left is not of it", async () => {
  const changed = inTurn(goodAnswer(wrong, { upTo: 20_000 }), goodAnswer(bytes, { etag: '"2"' }));
  assertEquals(ranges(await check("changed", changed)), [undefined, "bytes=20000-"]);

  assertEquals(ranges(await check("spoilt", goodAnswer(bytes), { before: wrong.slice(0, 2e6) })), [
    "bytes=2000000-",
    undefined,
  ]);
  assertEquals(ranges(await check("complete but spoilt", goodAnswer(bytes), { before: wrong })), [undefined]);
  assertEquals(await check("complete", goodAnswer(bytes), { before: bytes }), []);
  await check("too long", goodAnswer(bytes), { before: new Uint8Array(bytes.length + 1) });
});

Deno.test("download() copes with servers that ignore or misunderstand ranges", async () => {
  const whole: Answer = async (_, send) => {
    await send(head("200 OK", { "content-length": bytes.length }));
    await send(bytes);
  };
  await check("ignores", whole, { before: bytes.slice(0, 777) });

  const shifted: Answer = async (asked, send) => {
    if (asked.start === 0) return await whole(asked, send, new AbortController().signal);
    await send(head("206 Partial Content", { "content-range": `bytes 0-${bytes.length - 1}/${bytes.length}` }));
    await send(bytes);
  };
  assertEquals(ranges(await check("shifted", shifted, { before: bytes.slice(0, 777) })), ["bytes=777-", undefined]);
  const refuses = inTurn(status("416 Range Not Satisfiable"), goodAnswer(bytes));
  assertEquals(ranges(await check("416", refuses, { before: bytes.slice(0, 777) })), ["bytes=777-", undefined]);
});

Deno.test("download() believes no length", async () => {
  const claiming = (length: number, sent: Uint8Array): Answer => async (_, send) => {
    await send(head("200 OK", { "content-length": length }));
    await send(sent);
  };
  const chunked = (sent: Uint8Array): Answer => async (_, send) => {
    await send(head("200 OK", { "transfer-encoding": "chunked" }));
    await send(`${sent.length.toString(16)}\r\n`);
    await send(sent);
    await send("\r\n0\r\n\r\n");
  };
  await check("chunked", chunked(bytes));
  await check("claims less", claiming(1000, bytes), { fails: [`${bytes.length} bytes but found 1000`], part: 0 });
  await check("claims more", claiming(1e9, bytes), { fails: ["found 1000000000"], part: 0 });
  await check("sends less", claiming(bytes.length, bytes.slice(0, 500)), { fails: ["/file: "], part: 500 });
  await check("ends early", chunked(bytes.slice(0, 600)), { fails: ["found an end after 600"], part: 600 });
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  await check("sends more", chunked(longer), { fails: ["found more"], part: 0 });
  const lying: Answer = async ({ start }, send) => {
    await send(head("206 Partial Content", { "content-range": `bytes ${start}-9/10`, "content-length": 3 }));
    await send(bytes.subarray(start, start + 3));
  };
  await check("range of another", lying, { before: bytes.slice(0, 7), fails: ["bytes but found 10"], part: 7 });
});

Deno.test("download() follows redirects with its range, and not for ever", async () => {
  const answer: Answer = (asked, ...rest) =>
    asked.path === "/file"
      ? status("302 Found", { location: "/elsewhere" })(asked, ...rest)
      : goodAnswer(bytes)(asked, ...rest);
  const asked = await check("redirect", answer, { before: bytes.slice(0, 99) });
  assertEquals(asked.map(({ path }) => path), ["/file", "/elsewhere"]);
  assertEquals(ranges(asked), ["bytes=99-", "bytes=99-"]);
  await check("circle", status("302 Found", { location: "/file" }), { fails: ["redirect"], options: { attempts: 1 } });
});

Deno.test("download() refuses wrong bytes and takes them from another address", async () => {
  const found = createHash("sha256").update(wrong).digest("hex");
  const asked = await check("wrong", goodAnswer(wrong), { fails: [facts.sha256, found], part: 0 });
  assertEquals(asked.length, 1); // they came in one piece: asking again would not help

  const log: string[] = [];
  const either: Answer = (asked, ...rest) => goodAnswer(asked.path === "/a" ? wrong : bytes)(asked, ...rest);
  await check("mirror", either, { options: { paths: ["/a", "/b"], log: (line) => log.push(line) } });
  assertEquals(log.length, 1);
  assert(log[0]!.includes("/a") && log[0]!.includes(found));

  // A server that cuts off what it sends wrongly is not asked for ever.
  const cutting: Answer = (asked, ...rest) => goodAnswer(wrong, asked.start === 0 ? { upTo: 2e6 } : {})(asked, ...rest);
  assertEquals((await check("wrong and cut", cutting, { fails: [found], part: 0 })).length, 2);
});

Deno.test("download() refuses pages in place of the file", async () => {
  const page: Answer = async (_, send) => {
    await send(head("200 OK", { "content-type": "text/html", "content-length": 13 }));
    await send("<p>Log in</p>");
  };
  await check("page", page, { fails: ["found 13 (text/html)"], part: 0 });
  const asked = await check("404", status("404 Not Found"), {
    before: bytes.slice(0, 9),
    fails: ["404 Not Found", "9 of"],
    part: 9,
  });
  assertEquals(asked.length, 1);
  const busy = inTurn(
    status("503 Service Unavailable", { "retry-after": "0" }),
    status("429 Too Many"),
    goodAnswer(bytes),
  );
  await check("busy", busy);
  await check("always busy", status("500 Oops"), { fails: ["found 500"] });
  const packed: Answer = async (_, send) => {
    const body = gzipSync(bytes);
    await send(head("200 OK", { "content-encoding": "gzip", "content-length": body.length }));
    await send(body);
  };
  await check("packed unasked", packed, { fails: [`found ${gzipSync(bytes).length}`], part: 0 });
  const noise: Answer = (_, send) => send("no HTTP at all\r\n\r\n");
  await check("noise", noise, { fails: ["/file: "], part: 0 });
});

Deno.test("download() keeps a file that is there, if it is the right one", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/file`, options = { urls: ["http://127.0.0.1:9/file"], attempts: 1 };
  try {
    await Deno.writeFile(path, bytes);
    await download(path, facts, options);
    await Deno.writeFile(path, wrong);
    await assertRejects(() => download(path, facts, options), Error, path);
    assertEquals(await Deno.readFile(path), wrong);
    await assertRejects(() => download(`${folder}/other`, facts, options), Error, "found no address");

    const part = await Deno.open(`${folder}/third.part`, { write: true, create: true });
    await part.lock(true);
    await assertRejects(() => download(`${folder}/third`, facts, options), Error, "another process");
    part.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "download() without permission for the network says so at once",
  permissions: { read: true, write: true, net: false },
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const log: string[] = [];
    const options = { urls: ["http://127.0.0.1:8000/file"], log: (line: string) => log.push(line) };
    try {
      await assertRejects(() => download(`${folder}/file`, facts, options), Deno.errors.NotCapable, "net");
      assertEquals(log, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
