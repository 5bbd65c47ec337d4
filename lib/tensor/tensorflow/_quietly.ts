/**
 * Runs a function while native code's standard error goes nowhere: TensorFlow writes notes for its developers there
 * while it is loaded, before any setting of its log level can take effect. What the function throws is thrown.
 */
export function quietly<T>(compute: () => T): T {
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
