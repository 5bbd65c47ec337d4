import { choose, type Machine } from "../../lib/tensor/backend.ts";
import { findAdapter, type Gpu } from "../../lib/tensor/webgpu/start.ts";
import { assert, assertEquals } from "../assert.ts";

/** A driver that offers an adapter of this description. */
function driver(info: Partial<GPUAdapterInfo> | null): Gpu {
  const adapter = info && { info: { description: "", vendor: "", device: "", isFallbackAdapter: false, ...info } };
  return { requestAdapter: () => Promise.resolve(adapter as GPUAdapter | null) };
}

Deno.test("findAdapter() finds none, knows a real adapter, and software by its mark and by its name", async () => {
  assertEquals(await findAdapter(driver(null)), null);
  const real = await findAdapter(driver({ description: "NVIDIA H100 80GB HBM3" }));
  assertEquals([real!.name, real!.software], ["NVIDIA H100 80GB HBM3", false]);
  assertEquals((await findAdapter(driver({ vendor: "0x8086", device: "0x46a6" })))!.name, "0x8086 0x46a6");
  assertEquals((await findAdapter(driver({ description: "some GPU", isFallbackAdapter: true })))!.software, true);
  const names = [
    "llvmpipe (LLVM 15.0.6, 256 bits)",
    "SwiftShader Device (Subzero)",
    "Microsoft Basic Render Driver",
  ];
  for (const description of names) assert((await findAdapter(driver({ description })))!.software, description);
});

Deno.test("findAdapter() asks for the fastest adapter, and leaves the environment as it was", async () => {
  let asked: GPURequestAdapterOptions | undefined;
  const before = Deno.env.toObject();
  await findAdapter({
    requestAdapter: (options) => {
      asked = options;
      return Promise.resolve(null);
    },
  });
  assertEquals(asked, { powerPreference: "high-performance" });
  assertEquals(Deno.env.toObject(), before);
});

Deno.test("auto is TensorFlow on a GPU, then a GPU, then TensorFlow on the CPU, then wasm; never a software adapter", () => {
  const gpus = { none: null, software: { name: "llvmpipe", software: true }, real: { name: "GPU", software: false } };
  const libraries = {
    cuda: { gpu: true },
    cpu: { gpu: false },
    none: { missing: "TensorFlow's library is not there" },
  };
  const expected: Record<keyof typeof gpus, Record<keyof typeof libraries, string>> = {
    none: { cuda: "tensorflow", cpu: "tensorflow", none: "wasm" },
    software: { cuda: "tensorflow", cpu: "tensorflow", none: "wasm" },
    real: { cuda: "tensorflow", cpu: "webgpu", none: "webgpu" },
  };
  for (const [adapter, gpu] of Object.entries(gpus)) {
    for (const [library, tensorflow] of Object.entries(libraries)) {
      const machine: Machine = { gpu, tensorflow };
      const { name, reason, advice } = choose(machine);
      assertEquals(name, expected[adapter as keyof typeof gpus][library as keyof typeof libraries], adapter + library);
      assert(reason !== "");
      assertEquals(advice !== null, name === "wasm", "only wasm could be faster");
    }
  }
});

Deno.test("the reason of a choice names the software adapter that was not taken", () => {
  const { reason } = choose({ gpu: { name: "llvmpipe", software: true }, tensorflow: { missing: "no library" } });
  assertEquals(reason, "no library; no GPU but the program llvmpipe");
});

Deno.test("useBackend() without an adapter says what is missing; auto does without", async () => {
  const script = `
    Object.defineProperty(navigator, "gpu", { value: { requestAdapter: () => Promise.resolve(null) } });
    const { useBackend } = await import("${import.meta.resolve("../../lib/tensor/mod.ts")}");
    const { name, reason } = await useBackend("auto");
    let error = "";
    try { await useBackend("webgpu"); } catch (e) { error = e.message; }
    console.log(JSON.stringify({ name, reason, error }));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    env: { IRNET_LIBTENSORFLOW: "/nowhere" },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  const { name, reason, error } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(name, "wasm");
  assert(reason.endsWith("; no GPU"), reason);
  for (const word of ["Vulkan", "Metal", "Direct3D 12", "libvulkan1"]) assert(error.includes(word), error);
});
