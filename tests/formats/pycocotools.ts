/** What pycocotools makes of random masks and polygons. */
import { hasPython, runPython } from "../needs.ts";

/** Cases as `random_masks.py` prints them. */
export interface Cases {
  readonly masks: readonly {
    readonly size: readonly [height: number, width: number];
    /** One character a pixel. */
    readonly rows: readonly string[];
    readonly counts: string;
    readonly area: number;
    readonly box: readonly number[];
  }[];
  readonly polygons: readonly {
    readonly size: readonly [height: number, width: number];
    readonly polygon: readonly number[];
    readonly counts: string;
  }[];
}

/** Its answers to the cases of seed 0, 80 masks and 160 polygons (pycocotools 2.0). */
export async function storedCases(): Promise<Cases> {
  return JSON.parse(await Deno.readTextFile(new URL("../golden/pycocotools_runs.json", import.meta.url)));
}

/** Whether there is a Python with pycocotools and Pillow. */
export const withPycocotools: boolean = await hasPython("pycocotools", "PIL");

/** Its answers to other cases. */
export async function freshCases({ seed, masks, polygons }: Record<"seed" | "masks" | "polygons", number>) {
  const program = new URL("random_masks.py", import.meta.url).pathname;
  return JSON.parse(await runPython([program, String(seed), String(masks), String(polygons)])) as Cases;
}
