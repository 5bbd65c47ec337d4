/** What is used of TensorFlow.js's manager of buffers beyond its types. */
interface BufferManager {
  readonly freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesAllocated: number;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/** Reads for which a free buffer waits for a tensor of its size. */
const patience = 8;

/**
 * Lets a manager of buffers forget those that it has had no use for in a while. It keeps them for tensors of exactly
 * the same size, of which none may come when every photograph has a size of its own.
 *
 * @param manager The manager.
 * @returns To be called after each read.
 */
export function forgetUnusedBuffers(manager: unknown): () => void {
  const buffers = manager as BufferManager;
  const freedAt = new WeakMap<GPUBuffer, number>();
  let reads = 0;
  const release = buffers.releaseBuffer.bind(buffers);
  buffers.releaseBuffer = (buffer, reuse) => {
    freedAt.set(buffer, reads);
    release(buffer, reuse);
  };
  return () => {
    reads++;
    for (const [key, free] of buffers.freeBuffers) {
      const kept = free.filter((buffer) => {
        if (reads - freedAt.get(buffer)! <= patience) return true;
        buffers.numFreeBuffers--;
        buffers.numBytesAllocated -= buffer.size;
        buffer.destroy();
        return false;
      });
      buffers.freeBuffers.set(key, kept);
    }
  };
}
