/** How many letters have to be put in, left out or changed to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const MOST_SLIPS = 3;

/** The name that somebody meant who wrote `written`: a few letters off, or cut short. Undefined: none is near. */
export function closest(written: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, slips: name.startsWith(written) ? 1 : distance(written, name) }))
    .filter(({ slips }) => slips <= MOST_SLIPS)
    .sort((a, b) => a.slips - b.slips);
  return near[0]?.name;
}
