/** The object through which tfjs-node's kernels talk to TensorFlow, over the C interface instead of a native addon. */
import { cString, openTensorflow, readCString, type Tensorflow } from "./_c_api.ts";
import {
  type Attribute,
  type AttributeValue,
  createOutputTypes,
  describe,
  operationKey,
  type Output,
  type OutputType,
} from "./_operations.ts";

/** TensorFlow's numbers for data types (its `TF_DataType`) and tfjs-node's for attributes. */
const constants = {
  TF_FLOAT: 1,
  TF_INT32: 3,
  TF_UINT8: 4,
  TF_STRING: 7,
  TF_COMPLEX64: 8,
  TF_INT64: 9,
  TF_BOOL: 10,
  TF_RESOURCE: 20,
  TF_ATTR_STRING: 0,
  TF_ATTR_INT: 1,
  TF_ATTR_FLOAT: 2,
  TF_ATTR_BOOL: 3,
  TF_ATTR_TYPE: 4,
  TF_ATTR_SHAPE: 5,
  TF_ATTR_RESOURCE: 6,
} as const;

type Numbers = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** What tfjs-node's backend needs of its native addon. */
export type Binding = typeof constants & {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  createTensor(shape: readonly number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Numbers;
  executeOp(name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: number): Output[];
  getNumOfTensors(): number;
};

/**
 * Loads TensorFlow and starts it with a number of threads. Operations run in the background, one after the other: while
 * one computes, the next are prepared, so that its threads need not be woken for each.
 *
 * @param options `threads`: threads of an operation; 0: one a core.
 * @throws Error if the library does not load or lacks a function.
 */
export function createBinding(path: string, { threads }: { threads: number }): Binding {
  const tensorflow = openTensorflow(path);
  const { call, status } = tensorflow;
  const context = createContext(tensorflow, threads);
  const executor = call.TFE_ContextGetExecutorForThread(context);
  const gpu = findGpu(tensorflow, context);
  const tensors = new Map<number, { handle: Deno.PointerValue; description: string | null }>();
  const outputTypes = createOutputTypes();
  let nextId = 0;

  function register(handle: Deno.PointerValue, type: OutputType, values?: Numbers): number {
    const integers = type.dtype === constants.TF_INT32 ? values as Int32Array | undefined : undefined;
    tensors.set(nextId, { handle, description: describe(type, constants.TF_INT32, integers) });
    return nextId++;
  }

  function tensorOf(id: number): { handle: Deno.PointerValue; description: string | null } {
    const tensor = tensors.get(id);
    if (!tensor) throw new Error(`Expected the number of a live tensor but found ${id}`);
    return tensor;
  }

  /** Throws what failed, which can be an earlier operation; later ones can run again. */
  function check(what: string): void {
    try {
      tensorflow.check(what);
    } catch (error) {
      call.TFE_ExecutorClearError(executor);
      throw error;
    }
  }

  /** Waits for the tensor. */
  function typeOf(handle: Deno.PointerValue, what: string): OutputType {
    const rank = call.TFE_TensorHandleNumDims(handle, status);
    check(what);
    const shape = Array.from({ length: rank }, (_, d) => Number(call.TFE_TensorHandleDim(handle, d, status)));
    return { shape, dtype: call.TFE_TensorHandleDataType(handle) };
  }

  const count = new Int32Array(1);
  const results = new BigUint64Array(16);

  return {
    ...constants,
    TF_Version: readCString(call.TF_Version()),
    isUsingGpuDevice: () => gpu !== null,
    getNumOfTensors: () => tensors.size,

    createTensor(shape, dtype, values) {
      if (dtype === constants.TF_STRING) throw new TypeError("Expected numbers but found strings");
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const tensor = call.TF_AllocateTensor(dtype, int64s(shape), shape.length, BigInt(bytes.length));
      memoryOf(call.TF_TensorData(tensor), bytes.length).set(bytes);
      let handle = call.TFE_NewTensorHandle(tensor, status);
      call.TF_DeleteTensor(tensor);
      check("TFE_NewTensorHandle");
      // Integers are sizes and axes, which TensorFlow reads on the processor.
      if (gpu !== null && dtype === constants.TF_FLOAT) {
        const copy = call.TFE_TensorHandleCopyToDevice(handle, context, cString(gpu).pointer, status);
        call.TFE_DeleteTensorHandle(handle);
        check("TFE_TensorHandleCopyToDevice");
        handle = copy;
      }
      return register(handle, { shape, dtype }, values as Numbers);
    },

    deleteTensor(id) {
      call.TFE_DeleteTensorHandle(tensorOf(id).handle);
      tensors.delete(id);
    },

    tensorDataSync(id) {
      const { handle } = tensorOf(id);
      const tensor = call.TFE_TensorHandleResolve(handle, status);
      check("TFE_TensorHandleResolve");
      const { buffer } = memoryOf(call.TF_TensorData(tensor), Number(call.TF_TensorByteSize(tensor))).slice();
      call.TF_DeleteTensor(tensor);
      switch (call.TFE_TensorHandleDataType(handle)) {
        case constants.TF_FLOAT:
        case constants.TF_COMPLEX64:
          return new Float32Array(buffer);
        case constants.TF_INT32:
          return new Int32Array(buffer);
        case constants.TF_INT64:
          return new BigInt64Array(buffer);
        default:
          return new Uint8Array(buffer);
      }
    },

    executeOp(name, attributes, inputs, outputs) {
      const operands = inputs.map(tensorOf);
      const operation = call.TFE_NewOp(context, cString(name).pointer, status);
      check(name);
      try {
        for (const attribute of attributes) setAttribute(tensorflow, operation, attribute);
        for (const { handle } of operands) {
          call.TFE_OpAddInput(operation, handle, status);
          check(name);
        }
        count[0] = outputs;
        call.TFE_Execute(operation, results, count, status);
        check(name);
      } finally {
        call.TFE_DeleteOp(operation);
      }
      const handles = Array.from(results.subarray(0, count[0]), (pointer) => Deno.UnsafePointer.create(pointer));
      const key = operationKey(name, attributes, operands.map(({ description }) => description));
      let types = key === null ? undefined : outputTypes.get(key);
      if (!types) {
        types = handles.map((handle) => typeOf(handle, name));
        if (key !== null) outputTypes.set(key, types);
      }
      return types.map((type, i) => ({ id: register(handles[i]!, type), shape: [...type.shape], dtype: type.dtype }));
    },
  };
}

function createContext({ call, status, check }: Tensorflow, threads: number): Deno.PointerValue {
  const options = call.TFE_NewContextOptions();
  call.TFE_ContextOptionsSetAsync(options, 1);
  if (threads > 0) {
    // A serialised ConfigProto: intra_op_parallelism_threads is field 2, inter_op_parallelism_threads field 5.
    const config = Uint8Array.of(2 << 3, Math.min(threads, 127), 5 << 3, 1);
    call.TFE_ContextOptionsSetConfig(options, config, BigInt(config.length), status);
    check("TFE_ContextOptionsSetConfig");
  }
  const context = call.TFE_NewContext(options, status);
  call.TFE_DeleteContextOptions(options);
  check("TFE_NewContext");
  return context;
}

/** Name of the first GPU, or `null`. */
function findGpu({ call, status }: Tensorflow, context: Deno.PointerValue): string | null {
  const devices = call.TFE_ContextListDevices(context, status);
  let name: string | null = null;
  for (let i = 0; i < call.TF_DeviceListCount(devices) && name === null; i++) {
    if (readCString(call.TF_DeviceListType(devices, i, status)) !== "GPU") continue;
    name = readCString(call.TF_DeviceListName(devices, i, status));
  }
  call.TF_DeleteDeviceList(devices);
  return name;
}

function setAttribute({ call, status, check }: Tensorflow, operation: Deno.PointerValue, attribute: Attribute): void {
  const name = cString(attribute.name).pointer;
  const value = attribute.value as AttributeValue;
  const list = Array.isArray(attribute.value) ? attribute.value as AttributeValue[] : null;
  switch (attribute.type) {
    case constants.TF_ATTR_STRING: {
      if (list) {
        const texts = list.map((text) => cString(text as string));
        const pointers = BigUint64Array.from(texts, ({ pointer }) => Deno.UnsafePointer.value(pointer));
        const lengths = BigUint64Array.from(texts, ({ length }) => length);
        return call.TFE_OpSetAttrStringList(operation, name, pointers, lengths, list.length);
      }
      const text = cString(value as string);
      return call.TFE_OpSetAttrString(operation, name, text.pointer, text.length);
    }
    case constants.TF_ATTR_INT:
      if (list) return call.TFE_OpSetAttrIntList(operation, name, int64s(list as number[]), list.length);
      return call.TFE_OpSetAttrInt(operation, name, BigInt(Math.trunc(value as number)));
    case constants.TF_ATTR_FLOAT:
      if (list) return call.TFE_OpSetAttrFloatList(operation, name, Float32Array.from(list as number[]), list.length);
      return call.TFE_OpSetAttrFloat(operation, name, value as number);
    case constants.TF_ATTR_BOOL:
      return call.TFE_OpSetAttrBool(operation, name, value ? 1 : 0);
    case constants.TF_ATTR_TYPE:
      if (list) return call.TFE_OpSetAttrTypeList(operation, name, Int32Array.from(list as number[]), list.length);
      return call.TFE_OpSetAttrType(operation, name, value as number);
    case constants.TF_ATTR_SHAPE:
      call.TFE_OpSetAttrShape(operation, name, int64s(list as number[]), list!.length, status);
      return check(`attribute ${attribute.name}`);
    default:
      throw new TypeError(`Expected a type of attribute but found ${attribute.type} for ${attribute.name}`);
  }
}

function int64s(values: readonly number[]): BigInt64Array<ArrayBuffer> {
  return BigInt64Array.from(values, (value) => BigInt(Math.trunc(value)));
}

/** View of foreign memory. */
function memoryOf(pointer: Deno.PointerValue, length: number): Uint8Array<ArrayBuffer> {
  if (!pointer || length === 0) return new Uint8Array(0);
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, length));
}
