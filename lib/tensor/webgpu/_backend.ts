import type * as tf from "../tf.ts";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

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
 * the same size, of which none may come when every image has a size of its own.
 *
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

type DataId = Parameters<WebGPUBackend["read"]>[0];

/** TensorFlow.js's backend, which reports what goes wrong on the device and keeps no memory that it has stopped using. */
export class Backend extends WebGPUBackend {
  #failure: Error | null = null;
  readonly #afterRead: () => void;

  /** Whether the adapter is a program on the processor. */
  readonly software: boolean;

  constructor(device: GPUDevice, { info, software }: { info: GPUAdapterInfo; software: boolean }) {
    super(device, info);
    this.software = software;
    this.#afterRead = forgetUnusedBuffers(this.bufferManager);
    // Wrong programs and exhausted memory do not throw where they happen: results would be zeros.
    device.addEventListener("uncapturederror", (event) => {
      const { message } = (event as GPUUncapturedErrorEvent).error;
      this.#failure ??= new Error(`Expected the GPU to do its work but found: ${message.trim()}`);
    });
    device.lost.then(({ reason, message }) => {
      if (reason !== "destroyed") this.#failure ??= new Error(`Expected the GPU to stay but it was lost: ${message}`);
    });
  }

  override async read(dataId: DataId): Promise<tf.BackendValues> {
    if (this.#failure) throw this.#failure;
    const values = await super.read(dataId);
    if (this.#failure) throw this.#failure;
    this.#afterRead();
    return values;
  }

  override readSync(dataId: DataId): tf.BackendValues {
    const { values } = this.tensorMap.get(dataId) as { values: tf.BackendValues | null };
    if (values) return values;
    throw new Error("Expected `await tensor.data()`, the only way to read from a GPU, but found `dataSync()`");
  }
}
