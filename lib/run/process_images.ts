import type { Artifact, ImageProcessor } from "./stage.ts";

/** Options of {@linkcode processImages}. */
export interface ProcessImagesOptions<T> {
  /** Does the work: one for each thread. */
  readonly processors: readonly ImageProcessor[];
  /** Stores a result, and how many seconds it took to make. */
  readonly store: (task: T, artifact: Artifact, seconds: number) => Promise<void>;
  /** Told of an image that failed; the run goes on unless this throws. */
  readonly onError: (task: T, error: unknown) => Promise<void>;
  /** Stops handing out images. */
  readonly signal: AbortSignal;
}

/**
 * Processes images and stores the results in the order in which they are ready. A processor gets its next image before
 * its last result is stored, so at most two images a processor are under way.
 *
 * @param tasks The images.
 * @param options Processors, and what to do with results and errors.
 * @throws Whatever storing throws, the first error that `onError` throws, or the signal's reason.
 */
export async function processImages<T extends { readonly id: string }>(
  tasks: readonly T[],
  { processors, store, onError, signal }: ProcessImagesOptions<T>,
): Promise<void> {
  let next = 0, stopped = false;

  const lane = async (processor: ImageProcessor) => {
    const begin = () => {
      if (stopped || signal.aborted || next >= tasks.length) return null;
      const task = tasks[next++]!, start = performance.now();
      const result = processor.process(task.id).then((artifact) => ({ artifact }), (error: unknown) => ({ error }));
      return { task, result, start };
    };
    let current = begin();
    while (current) {
      const result = await current.result;
      signal.throwIfAborted();
      const seconds = (performance.now() - current.start) / 1000;
      const following = begin();
      if ("artifact" in result) await store(current.task, result.artifact, seconds);
      else await onError(current.task, result.error);
      current = following;
    }
  };

  const lanes = processors.map(async (processor) => {
    try {
      await lane(processor);
    } catch (error) {
      stopped = true;
      throw error;
    }
  });
  await Promise.allSettled(lanes);
  signal.throwIfAborted();
  await Promise.all(lanes); // the first error
}
