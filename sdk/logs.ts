export interface RangeOptions {
  /** Down to how many blocks a refused range is halved; 1 unless told. */
  readonly least?: number;
  /** With how many blocks to begin; all of them unless told. */
  readonly most?: number;
  /** Whether an error is one that a shorter range does not mend; none is unless told. */
  readonly isHopeless?: (error: unknown) => boolean;
}

/**
 * Everything that `read` finds in blocks `from` to `to`, both included, in order. Nodes limit how many blocks or logs one
 * question may span, each in its own way and words: a range that is refused is halved, and what comes after it is asked
 * for in ranges no longer than that. Throws what `read` threw where halving is over, or hopeless.
 */
export async function readInRanges<T>(
  from: number,
  to: number,
  read: (from: number, to: number) => Promise<readonly T[]>,
  { least = 1, most: first = Infinity, isHopeless = () => false }: RangeOptions = {},
): Promise<T[]> {
  const found: T[] = [];
  let most = Math.max(1, Math.min(first, to - from + 1));
  for (let next = from; next <= to;) {
    const last = Math.min(to, next + most - 1);
    try {
      for (const item of await read(next, last)) found.push(item);
      next = last + 1;
    } catch (error) {
      const blocks = last - next + 1;
      if (blocks <= least || isHopeless(error)) throw error;
      most = Math.ceil(blocks / 2);
    }
  }
  return found;
}
