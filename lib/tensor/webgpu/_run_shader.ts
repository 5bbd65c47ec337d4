import * as tf from "../tf.ts";

/** A program and what it is run on. */
export interface Shader {
  /** Name and variant: programs of the same key are the same. */
  readonly key: string;
  /** Its source in WGSL, from its declarations on; needed when the key is new. */
  code(): string;
  /** What it reads. */
  readonly inputs: readonly tf.Tensor[];
  /** Shapes of what it writes. Their contents are undefined before. */
  readonly outputs: readonly (readonly number[])[];
  /** Whole numbers for a `struct` of `u32`, */
  readonly numbers?: readonly number[];
  /** … and others, which follow them as `f32`. */
  readonly factors?: readonly number[];
  /** How many workgroups run, along each axis. */
  readonly workgroups: readonly [x: number, y?: number, z?: number];
}

/** What is used of the backend beyond its types. */
interface Internals {
  readonly device: GPUDevice;
  readonly pipelineCache: Record<string, GPUComputePipeline>;
  readonly commandEncoder: GPUCommandEncoder;
  computePassEncoder: GPUComputePassEncoder | null;
  readonly commandQueueOwnedIds: WeakSet<object>;
  dispatchCountInPass: number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(dataId: object): void;
  tensorToBinding(tensor: tf.TensorInfo): { buffer: GPUBuffer };
  makeTensorInfo(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  makeUniforms(values: { type: "uint32" | "float32"; data: number[] }[]): { buffer: GPUBuffer };
}

/** Tensors that a program can bind on this adapter; WebGPU guarantees 8. */
export function mostBindings(): number {
  return (tf.backend() as unknown as Internals).device.limits.maxStorageBuffersPerShaderStage;
}

/**
 * Runs a program of our own in the backend's queue. Its entry point is `main`; group 0 binds the outputs, then the
 * inputs, then the numbers.
 *
 * @throws RangeError if it binds more tensors than the adapter lets a program bind.
 */
export function runShader({ key, code, inputs, outputs, numbers = [], factors = [], workgroups }: Shader): tf.Tensor[] {
  const gpu = tf.backend() as unknown as Internals;
  const tensors = outputs.length + inputs.length;
  if (tensors > mostBindings()) {
    throw new RangeError(`Expected at most ${mostBindings()} tensors in the program "${key}" but found ${tensors}`);
  }
  const pipeline = gpu.pipelineCache[key] ??= gpu.device.createComputePipeline({
    label: key,
    layout: "auto",
    compute: { module: gpu.device.createShaderModule({ label: key, code: code() }), entryPoint: "main" },
  });
  const results = outputs.map((shape) => gpu.makeTensorInfo([...shape], "float32"));
  const bound = [...results, ...inputs];
  for (const { dataId } of bound) {
    gpu.uploadToGPU(dataId);
    gpu.commandQueueOwnedIds.add(dataId); // not given away before the queue is submitted
  }
  const resources = bound.map((tensor) => gpu.tensorToBinding(tensor));
  const uniforms = [
    ...numbers.map((value) => ({ type: "uint32" as const, data: [value] })),
    ...factors.map((value) => ({ type: "float32" as const, data: [value] })),
  ];
  if (uniforms.length > 0) resources.push(gpu.makeUniforms(uniforms));
  gpu.ensureCommandEncoderReady();
  const pass = gpu.computePassEncoder ??= gpu.commandEncoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    gpu.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    }),
  );
  pass.dispatchWorkgroups(...workgroups);
  if (++gpu.dispatchCountInPass >= tf.env().getNumber("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE")) {
    gpu.endComputePassEncoder();
    gpu.submitQueue();
  }
  return results.map((info) => tf.engine().makeTensorFromTensorInfo(info));
}
