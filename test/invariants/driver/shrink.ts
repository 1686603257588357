import { Broken } from "../promises/broken";
import { noNumbers } from "./play";
import { type Failure, type Look, run, type Step } from "./run";

/**
 * Leaves out steps, large parts first, as long as the rest breaks the same thing, until the time is up. Steps choose
 * what they do by the state that they find, so a shorter list still makes sense; fast-check would draw other numbers.
 */
export async function shrink(
  drawn: readonly Step[],
  failure: Failure,
  seconds: number,
  look?: Look,
): Promise<{ steps: number; failure: Failure }> {
  const until = Date.now() + seconds * 1_000;
  let steps = drawn.slice(0, failure.steps);
  let best = failure;
  for (
    let size = Math.ceil(steps.length / 2);
    size >= 1 && Date.now() < until;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let start = steps.length - size; start > -size && Date.now() < until; start -= size) {
      const shorter = steps.filter((_, index) => index < start || index >= start + size);
      const found = await run(shorter, noNumbers(), look);
      if (found === undefined || !isSame(found.error, failure.error)) continue;
      best = found;
      steps = shorter.slice(0, found.steps);
    }
  }
  return { steps: steps.length, failure: best };
}

const isSame = (one: Error, other: Error): boolean =>
  one instanceof Broken && other instanceof Broken ? one.what === other.what : one.message === other.message;
