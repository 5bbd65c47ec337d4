/** Backends that whole networks are compared with the reference on. */
import { useBackend } from "../../lib/tensor/mod.ts";
import { findAdapter } from "../../lib/tensor/webgpu/start.ts";

const patient = Deno.env.get("IRNET_PATIENT") !== undefined;
await useBackend("auto"); // before an adapter is asked for, see lib/tensor/backend.ts
const adapter = await findAdapter(), webgpu = adapter !== null && (!adapter.software || patient);
if (!webgpu) {
  console.log(
    `Ignoring whole networks on webgpu: ${
      adapter ? "a software adapter takes minutes (IRNET_PATIENT=1)" : "no adapter"
    }`,
  );
}
if (webgpu) await useBackend("webgpu");

/** The backend that `auto` chooses, and `webgpu`. */
export const goldenBackends = [
  { backend: "auto", ignore: false },
  { backend: "webgpu", ignore: !webgpu },
] as const;
