/** The part of TensorFlow's C interface (`tensorflow/c/c_api.h`, `tensorflow/c/eager/c_api.h`) that is used here. */

const symbols = {
  TF_Version: { parameters: [], result: "pointer" },
  TF_NewStatus: { parameters: [], result: "pointer" },
  TF_GetCode: { parameters: ["pointer"], result: "i32" },
  TF_Message: { parameters: ["pointer"], result: "pointer" },

  // absl::SetMinLogLevel of the version that setup:tensorflow installs, which does not heed TF_CPP_MIN_LOG_LEVEL.
  SetMinLogLevel: {
    name: "_ZN4absl12lts_2025081414SetMinLogLevelENS0_18LogSeverityAtLeastE",
    parameters: ["i32"],
    result: "void",
    optional: true,
  },

  TF_AllocateTensor: { parameters: ["i32", "buffer", "i32", "usize"], result: "pointer" },
  TF_TensorData: { parameters: ["pointer"], result: "pointer" },
  TF_TensorByteSize: { parameters: ["pointer"], result: "usize" },
  TF_DeleteTensor: { parameters: ["pointer"], result: "void" },

  TFE_NewContextOptions: { parameters: [], result: "pointer" },
  TFE_ContextOptionsSetConfig: { parameters: ["pointer", "buffer", "usize", "pointer"], result: "void" },
  TFE_ContextOptionsSetAsync: { parameters: ["pointer", "u8"], result: "void" },
  TFE_DeleteContextOptions: { parameters: ["pointer"], result: "void" },
  TFE_NewContext: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_ContextGetExecutorForThread: { parameters: ["pointer"], result: "pointer" },
  TFE_ExecutorClearError: { parameters: ["pointer"], result: "void" },
  TFE_ContextListDevices: { parameters: ["pointer", "pointer"], result: "pointer" },
  TF_DeviceListCount: { parameters: ["pointer"], result: "i32" },
  TF_DeviceListName: { parameters: ["pointer", "i32", "pointer"], result: "pointer" },
  TF_DeviceListType: { parameters: ["pointer", "i32", "pointer"], result: "pointer" },
  TF_DeleteDeviceList: { parameters: ["pointer"], result: "void" },

  TFE_NewTensorHandle: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_DeleteTensorHandle: { parameters: ["pointer"], result: "void" },
  TFE_TensorHandleCopyToDevice: { parameters: ["pointer", "pointer", "pointer", "pointer"], result: "pointer" },
  TFE_TensorHandleDataType: { parameters: ["pointer"], result: "i32" },
  TFE_TensorHandleNumDims: { parameters: ["pointer", "pointer"], result: "i32" },
  TFE_TensorHandleDim: { parameters: ["pointer", "i32", "pointer"], result: "i64" },
  TFE_TensorHandleResolve: { parameters: ["pointer", "pointer"], result: "pointer" },

  TFE_NewOp: { parameters: ["pointer", "pointer", "pointer"], result: "pointer" },
  TFE_DeleteOp: { parameters: ["pointer"], result: "void" },
  TFE_OpAddInput: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  TFE_OpSetAttrType: { parameters: ["pointer", "pointer", "i32"], result: "void" },
  TFE_OpSetAttrTypeList: { parameters: ["pointer", "pointer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrInt: { parameters: ["pointer", "pointer", "i64"], result: "void" },
  TFE_OpSetAttrIntList: { parameters: ["pointer", "pointer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrFloat: { parameters: ["pointer", "pointer", "f32"], result: "void" },
  TFE_OpSetAttrFloatList: { parameters: ["pointer", "pointer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrBool: { parameters: ["pointer", "pointer", "u8"], result: "void" },
  TFE_OpSetAttrString: { parameters: ["pointer", "pointer", "pointer", "usize"], result: "void" },
  TFE_OpSetAttrStringList: { parameters: ["pointer", "pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrShape: { parameters: ["pointer", "pointer", "buffer", "i32", "pointer"], result: "void" },
  TFE_Execute: { parameters: ["pointer", "buffer", "buffer", "pointer"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** TensorFlow's functions, and what every call needs: a status to report to, and strings. */
export interface Tensorflow {
  readonly call: Deno.DynamicLibrary<typeof symbols>["symbols"];
  readonly status: Deno.PointerValue;
  /** Throws what the last call reported, if it failed. */
  check(what: string): void;
}

/** Loads the library; it stays loaded until the process ends. */
export function openTensorflow(path: string): Tensorflow {
  const call = quietly(() => Deno.dlopen(path, symbols).symbols);
  call.SetMinLogLevel?.(2); // errors
  const status = call.TF_NewStatus();
  return {
    call,
    status,
    check(what) {
      if (call.TF_GetCode(status) === 0) return;
      throw new Error(`TensorFlow's ${what} failed: ${readCString(call.TF_Message(status))}`);
    },
  };
}

/** Reads a zero-terminated string. */
export function readCString(pointer: Deno.PointerValue): string {
  return pointer ? Deno.UnsafePointerView.getCString(pointer) : "";
}

/** A string in memory that neither moves nor is freed: operations keep pointers to their attributes' names. */
interface CString {
  readonly pointer: Deno.PointerValue;
  readonly length: bigint;
}

const strings = new Map<string, { text: CString; bytes: Uint8Array<ArrayBuffer> }>();

/** Copies a string for TensorFlow; equal strings are copied once. */
export function cString(text: string): CString {
  let entry = strings.get(text);
  if (!entry) {
    const bytes = new TextEncoder().encode(text + "\0");
    entry = { text: { pointer: Deno.UnsafePointer.of(bytes), length: BigInt(bytes.length - 1) }, bytes };
    strings.set(text, entry);
  }
  return entry.text;
}

/**
 * Runs a function while native code's standard error goes nowhere: TensorFlow writes notes for its developers there
 * while it is loaded, before any setting of its log level can take effect. What the function throws is thrown.
 */
function quietly<T>(compute: () => T): T {
  const library = Deno.build.os === "linux" ? "libc.so.6" : Deno.build.os === "darwin" ? "libSystem.dylib" : null;
  if (library === null) return compute();
  const { symbols: { open, dup, dup2, close } } = Deno.dlopen(library, {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    dup: { parameters: ["i32"], result: "i32" },
    dup2: { parameters: ["i32", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const standardError = 2, writeOnly = 1;
  const nowhere = open(new TextEncoder().encode("/dev/null\0"), writeOnly);
  const saved = dup(standardError);
  dup2(nowhere, standardError);
  close(nowhere);
  try {
    return compute();
  } finally {
    dup2(saved, standardError);
    close(saved);
  }
}
