import fc from "fast-check";

const seed = Number(process.env["FC_SEED"] ?? "20261121");
const times = Number(process.env["FC_TIMES"] ?? "1");

/**
 * Runs an asynchronous property with the seed that FC_SEED names, or always the same one: `runs` times, or with
 * FC_TIMES so many times as often. A failure prints seed, path and the smallest counterexample that was found.
 */
export function holds<Ts>(property: fc.IAsyncProperty<Ts>, runs: number): Promise<void> {
  return fc.assert(property, { seed, numRuns: runs * times, endOnFailure: false });
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
