import fc from "fast-check";

const seed = Number(process.env["FC_SEED"] ?? "20261121");

/**
 * Runs an asynchronous property with the seed that FC_SEED names, or always the same one. A failure prints seed, path and
 * the smallest counterexample that was found.
 */
export function holds<Ts>(property: fc.IAsyncProperty<Ts>, runs: number): Promise<void> {
  return fc.assert(property, { seed, numRuns: runs, endOnFailure: false });
}
