/**
 * How the way to the newest block is divided into steps, each of which a fork takes back as a whole: the numbers of their
 * last blocks, in order. Steps as long as `range` up to `depth` blocks below the head; from there each is half as long as
 * what is left, so that a small fork takes back little, and few blocks have to be asked for.
 */
export function stepEnds(from: number, head: number, range: number, depth: number): number[] {
  const ends: number[] = [];
  for (let next = from; next <= head; next = (ends.at(-1) ?? head) + 1) {
    const left = head - next;
    const end = left >= depth ? head - depth : left === 0 ? head : head - 2 ** Math.floor(Math.log2(left));
    ends.push(Math.min(end, next + range - 1));
  }
  return ends;
}

/** The first steps, as many as one question for logs may span; at least one. */
export function stepsAtOnce(from: number, ends: readonly number[], range: number): number[] {
  const some = ends.filter((end) => end - from < range);
  return some.length > 0 ? some : ends.slice(0, 1);
}

/**
 * The newest of `tips`, newest first, that `isKept`: if one is, all older ones are. Asks about few of them where few are
 * lost. Undefined: none is.
 */
export async function newestKept<T>(tips: readonly T[], isKept: (tip: T) => Promise<boolean>): Promise<T | undefined> {
  let lost = -1;
  let kept = 0;
  for (let step = 1; kept < tips.length && !(await isKept(tips[kept] as T)); step *= 2) {
    lost = kept;
    kept += step;
  }
  if (kept >= tips.length) {
    const oldest = tips.length - 1;
    if (lost >= oldest || !(await isKept(tips[oldest] as T))) return undefined;
    kept = oldest;
  }
  while (kept - lost > 1) {
    const middle = Math.floor((kept + lost) / 2);
    if (await isKept(tips[middle] as T)) kept = middle;
    else lost = middle;
  }
  return tips[kept];
}
