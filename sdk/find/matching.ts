/** A pair of a left and a right end, and what taking it costs. */
export interface Pair {
  readonly left: string;
  readonly right: number;
  readonly cost: bigint;
}

/** A way to a right end that changes who is matched: pairs join and leave in turn. Linked from its end to its start. */
interface Way<P extends Pair> {
  readonly cost: bigint;
  readonly joins: P;
  /** The pair that held the left end of `joins`, and the way on which it is replaced. */
  readonly instead?: { readonly leaves: P; readonly by: Way<P> };
}

/**
 * `size` pairs of least total cost, no two of which share an end. Fewer where there are not so many: then as many as
 * there can be. Among sets that cost the same the order of `pairs` decides, so the same pairs give the same answer.
 *
 * By successive cheapest augmenting ways: what is matched so far always costs least for its size, so no way around a
 * circle gains anything and looking for cheaper ways comes to an end.
 */
export function cheapestMatching<P extends Pair>(pairs: readonly P[], size: number): P[] {
  const matched = new Set<P>();
  while (matched.size < size) {
    let way = cheapestWay(pairs, matched);
    if (way === undefined) break;
    for (; way !== undefined; way = way.instead?.by) {
      if (way.instead !== undefined) matched.delete(way.instead.leaves);
      matched.add(way.joins);
    }
  }
  return pairs.filter((pair) => matched.has(pair));
}

/** The cheapest way from a left end that nobody holds to a right end that nobody holds. */
function cheapestWay<P extends Pair>(pairs: readonly P[], matched: ReadonlySet<P>): Way<P> | undefined {
  const holders = new Map([...matched].map((pair) => [pair.left, pair]));
  const held = new Set([...matched].map(({ right }) => right));
  const ways = new Map<number, Way<P>>();

  for (let improved = true; improved;) {
    improved = false;
    for (const pair of pairs) {
      if (matched.has(pair)) continue;
      const way = wayOver(pair, holders.get(pair.left), ways);
      const known = ways.get(pair.right);
      if (way === undefined || (known !== undefined && known.cost <= way.cost)) continue;
      ways.set(pair.right, way);
      improved = true;
    }
  }

  let best: Way<P> | undefined;
  for (const [right, way] of ways) {
    if (!held.has(right) && (best === undefined || way.cost < best.cost)) best = way;
  }
  return best;
}

/** The way that ends with `pair`, given the ways that are known; `leaves` holds its left end. */
function wayOver<P extends Pair>(
  pair: P,
  leaves: P | undefined,
  ways: ReadonlyMap<number, Way<P>>,
): Way<P> | undefined {
  if (leaves === undefined) return { cost: pair.cost, joins: pair };
  const by = ways.get(leaves.right);
  return by === undefined
    ? undefined
    : { cost: by.cost - leaves.cost + pair.cost, joins: pair, instead: { leaves, by } };
}
