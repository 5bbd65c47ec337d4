/**
 * Runs in a Worker: answers a dense CRF's options with its marginals.
 * @module
 */
import { denseCrf, type DenseCrfOptions } from "../../lib/crf/mod.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<DenseCrfOptions>) => void;
  postMessage(marginals: Float32Array, transfer: Transferable[]): void;
};

scope.onmessage = ({ data }) => {
  const marginals = denseCrf(data);
  scope.postMessage(marginals, [marginals.buffer as ArrayBuffer]);
};
