/** A mistake in the command line or the configuration: the command ends with code 2, before any work. */
export class UsageError extends Error {
  /** Name of the error. */
  override name = "UsageError";
}

/** The user asked to stop: the command ends with code 130, and running it again goes on from there. */
export class InterruptedError extends Error {
  /** Name of the error. */
  override name = "InterruptedError";
}
