import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "../tf.ts";
import { forgetUnusedBuffers } from "./_buffers.ts";

type DataId = Parameters<WebGPUBackend["read"]>[0];

/** TensorFlow.js's backend, which reports what goes wrong on the device and keeps no memory that it has stopped using. */
export class Backend extends WebGPUBackend {
  #failure: Error | null = null;
  readonly #afterRead: () => void;

  constructor(device: GPUDevice, info: GPUAdapterInfo) {
    super(device, info);
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
