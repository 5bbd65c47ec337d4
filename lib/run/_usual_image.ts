/** What images of a data set are like. */
import type { StageContext } from "./stage.ts";
import { imageSize } from "../data/read_image.ts";
import { mapConcurrently } from "../files/disk.ts";
import type { UsualImage } from "../stages/expectations.ts";

/** Images whose size is looked at. */
const SAMPLE = 64;

/** Mean size of some images that can be read, else as those of VOC, and mean number of classes. */
export async function usualImage({ config: { data }, dataset }: StageContext, backend: string): Promise<UsualImage> {
  const ids = [...new Set([...dataset.list(data.trainList), ...dataset.list(data.inferList)])];
  const some = ids.length <= SAMPLE
    ? ids
    : Array.from({ length: SAMPLE }, (_, i) => ids[Math.floor(i * ids.length / SAMPLE)]!);
  const sizes = await mapConcurrently(some, async (id) => {
    try {
      const { width, height } = await imageSize(dataset.imagePath(id));
      return [width * height / 1e6];
    } catch {
      return [];
    }
  });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const found = sizes.flat();
  return {
    megapixels: found.length === 0 ? 0.1875 : mean(found),
    classes: mean(ids.map((id) => dataset.labels(id).length)),
    backend,
  };
}
