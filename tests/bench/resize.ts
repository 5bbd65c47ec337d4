/**
 * Bicubic resizing of a photograph of VOC's size to 1.5 times its size and to a half, against Pillow.
 * `deno run -A tests/bench/resize.ts`
 * @module
 */
import { random, resizeImage } from "../../lib/data/mod.ts";
import { type BenchResult, bestOf, runPeer } from "./_peer.ts";

const width = 500, height = 375;

const peer = `
import sys, time, json
import numpy as np
from PIL import Image
width, height, repeats = json.loads(sys.argv[1])
image = Image.fromarray(np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(height, width, 3))
best = 1e9
for _ in range(repeats):
    start = time.perf_counter()
    large = np.asarray(image.resize((750, 562), Image.BICUBIC))
    small = np.asarray(image.resize((250, 188), Image.BICUBIC))
    best = min(best, time.perf_counter() - start)
print(json.dumps({"ms": best * 1000, "result": [int(large.sum()), int(small.sum())]}))
`;

/** Times ours and Pillow's, and compares the sums of the pictures. */
export async function run(): Promise<BenchResult> {
  const draw = random(0, "bench");
  const data = Uint8Array.from({ length: width * height * 3 }, () => 256 * draw());
  const image = { width, height, data };
  const { ms, result } = bestOf(
    30,
    () => [{ width: 750, height: 562 }, { width: 250, height: 188 }].map((size) => resizeImage(image, size)),
  );
  const theirs = await runPeer(peer, JSON.stringify([width, height, 30]), [data]);
  const sums = result.map((picture) => picture.data.reduce((a, b) => a + b, 0));
  const off = Math.max(...sums.map((sum, i) => Math.abs(sum / theirs.result[i]! - 1)));
  if (off > 1e-4) throw new Error(`Expected Pillow's pictures but found sums ${sums} instead of ${theirs.result}`);
  return { name: "resize", ours_ms: ms, peer_ms: theirs.ms, ratio: ms / theirs.ms };
}

if (import.meta.main) console.log(await run());
