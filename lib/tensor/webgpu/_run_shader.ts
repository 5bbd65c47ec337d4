import * as tf from "../tf.ts";

/** A program and what it is run on. */
export interface Shader {
  /** Name and variant: programs of the same key are the same. */
  readonly key: string;
  /** Its source in WGSL after the declarations of what it binds; needed when the key is new. */
  code(): string;
  /** What it reads, by the names of the arrays. */
  readonly inputs: Readonly<Record<string, tf.Tensor | undefined>>;
  /** Shapes of what it writes, by the names of the arrays. Their contents are undefined before. */
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  /** Type of the arrays' elements. Default: `f32`. */
  readonly type?: string;
  /** Types of those that differ, by name. */
  readonly types?: Readonly<Record<string, string>>;
  /** Fields of `options`: whole numbers as `i32`, */
  readonly sizes?: Readonly<Record<string, number>>;
  /** … as `u32`, */
  readonly numbers?: Readonly<Record<string, number>>;
  /** … and others as `f32`. */
  readonly factors?: Readonly<Record<string, number>>;
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
 * Runs a program of our own in the backend's queue. Its entry point is `main`; outputs, inputs and numbers are declared
 * for it.
 *
 * @returns The outputs, in their order.
 * @throws RangeError if it binds more tensors than the adapter lets a program bind.
 */
export function runShader(shader: Shader): tf.Tensor[] {
  const { key, code, outputs, workgroups } = shader;
  const gpu = tf.backend() as unknown as Internals;
  const inputs = Object.entries(shader.inputs).filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined);
  const names = [...Object.keys(outputs), ...inputs.map(([name]) => name)];
  if (names.length > mostBindings()) {
    throw new RangeError(
      `Expected at most ${mostBindings()} tensors in the program "${key}" but found ${names.length}`,
    );
  }
  const fields = [
    ...fieldsOf(shader.sizes, "i32"),
    ...fieldsOf(shader.numbers, "u32"),
    ...fieldsOf(shader.factors, "f32"),
  ];
  const source = () => {
    const arrays = names.map((name, binding) =>
      `@group(0) @binding(${binding}) var<storage, ${name in outputs ? "read_write" : "read"}> ${name}: ` +
      `array<${shader.types?.[name] ?? shader.type ?? "f32"}>;`
    );
    const options = fields.length === 0 ? [] : [
      `struct Options { ${fields.map(({ name, type }) => `${name}: ${type}`).join(", ")} }`,
      `@group(0) @binding(${names.length}) var<uniform> options: Options;`,
    ];
    return [...arrays, ...options, code()].join("\n");
  };
  const pipeline = gpu.pipelineCache[key] ??= gpu.device.createComputePipeline({
    label: key,
    layout: "auto",
    compute: { module: gpu.device.createShaderModule({ label: key, code: source() }), entryPoint: "main" },
  });
  const results = Object.values(outputs).map((shape) => gpu.makeTensorInfo([...shape], "float32"));
  const bound = [...results, ...inputs.map(([, tensor]) => tensor)];
  for (const { dataId } of bound) {
    gpu.uploadToGPU(dataId);
    gpu.commandQueueOwnedIds.add(dataId); // not given away before the queue is submitted
  }
  const resources = bound.map((tensor) => gpu.tensorToBinding(tensor));
  if (fields.length > 0) {
    const uniforms = fields.map(({ type, value }) => ({
      type: type === "f32" ? "float32" as const : "uint32" as const,
      data: [value],
    }));
    resources.push(gpu.makeUniforms(uniforms));
  }
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

function fieldsOf(values: Readonly<Record<string, number>> | undefined, type: "i32" | "u32" | "f32") {
  return Object.entries(values ?? {}).map(([name, value]) => ({ name, type, value }));
}
