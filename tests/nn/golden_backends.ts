/** Backends that whole networks are compared with the reference on. */
import { useBackend } from "../../lib/tensor/mod.ts";
import { findAdapter } from "../../lib/tensor/webgpu/start.ts";
import { lacks, patient } from "../needs.ts";

await useBackend("auto"); // before an adapter is asked for, see lib/tensor/backend.ts
const adapter = await findAdapter();
const ignore = lacks("webgpu", adapter !== null) || lacks("patience", !adapter!.software || patient);
if (!ignore) await useBackend("webgpu");

/** The backend that `auto` chooses, and `webgpu`. */
export const goldenBackends = [
  { backend: "auto", ignore: false },
  { backend: "webgpu", ignore },
] as const;
