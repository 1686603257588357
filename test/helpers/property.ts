import fc from "fast-check";

const seed = Number(process.env["FC_SEED"] ?? "20261121");
/** How many times as often as they ask for properties are run: one's own by FC_TIMES, else once. */
export const TIMES = Number(process.env["FC_TIMES"] ?? "1");
/** Milliseconds for one property, its counterexample included: less than mocha gives a test (hardhat.config.ts). */
const LIMIT = process.argv.includes("coverage") ? 360_000 : 90_000;

/**
 * Runs an asynchronous property `runs` times, with the seed that FC_SEED names, or always the same one. A failure prints
 * seed, path and the smallest counterexample that was found in the time.
 */
export function holds<Ts>(property: fc.IAsyncProperty<Ts>, runs: number): Promise<void> {
  const plugins = [fc.interruptAfterTimeLimit(LIMIT * TIMES, { failOnInterrupt: true })];
  return fc.assert(property, { seed, numRuns: runs * TIMES, endOnFailure: false, plugins });
}

/** Any values that fit the fields of a word, the smallest and the largest often. */
export function fieldsOf<Name extends string>(
  layout: readonly (readonly [Name, number])[],
): fc.Arbitrary<Record<Name, bigint>> {
  const values = layout.map(([name, bits]): [string, fc.Arbitrary<bigint>] => {
    const most = 2n ** BigInt(bits) - 1n;
    return [name, fc.oneof(fc.bigInt(0n, most), fc.constantFrom(0n, 1n, most))];
  });
  return fc.record(Object.fromEntries(values)) as fc.Arbitrary<Record<Name, bigint>>;
}
