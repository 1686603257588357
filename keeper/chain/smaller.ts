import { type Batch, halved } from "../core/parts";

/** Whether a batch would now do all that it names, with the gas that it has. */
export type Works = (batch: Batch) => Promise<boolean>;

/**
 * The first half of a batch, or the half of that and so on, that works with less gas than the whole has; undefined where none
 * does. What a half needs is only guessed: a mined transaction that was short of gas costs all of it and does nothing.
 */
export async function smallerPart(
  batch: Batch,
  works: Works,
  fits: (part: Batch) => boolean = () => true,
): Promise<Batch | undefined> {
  for (let half = halved(batch); half !== undefined; half = halved(half)) {
    for (
      let part = half;
      part.gasLimit < batch.gasLimit && fits(part);
      part = withGas(part, (part.gasLimit * 5n) / 4n)
    ) {
      if (await works(part)) return part;
    }
  }
  return undefined;
}

/** Shares of its gas, in 32nds, with which a batch is tried. */
const SHARES = [16n, 20n, 25n];

/** The same batch with so much less gas that this may be what nodes object to; undefined where it needs what it has. */
export async function withLessGas(batch: Batch, works: Works): Promise<Batch | undefined> {
  for (const share of SHARES) {
    const less = withGas(batch, (batch.gasLimit * share) / 32n);
    if (await works(less)) return less;
  }
  return undefined;
}

function withGas({ kind, duties }: Batch, gasLimit: bigint): Batch {
  return { kind, duties, gasLimit };
}
