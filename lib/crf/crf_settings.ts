/** Parameters of the dense CRF. */
export interface CrfSettings {
  /** Mean-field iterations. */
  readonly iterations: number;
  /** Probability of the given label of a pixel, in (0, 1); the other labels share the rest. */
  readonly confidence: number;
  /** Smoothness term: deviation in pixels and weight. Weight 0 leaves the term out. */
  readonly gaussian: { readonly position: number; readonly weight: number };
  /** Appearance term: deviations in pixels and in grey levels of 255, and weight. Weight 0 leaves the term out. */
  readonly bilateral: { readonly position: number; readonly colour: number; readonly weight: number };
}

/** The released code's parameters. */
export const CRF_DEFAULTS: CrfSettings = {
  iterations: 10,
  confidence: 0.7,
  gaussian: { position: 3, weight: 3 },
  bilateral: { position: 50, colour: 5, weight: 10 },
};
