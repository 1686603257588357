import type { Random } from "./random";

/** What goes wrong for most of a run, or for good. At most two of them befall a run. */
export const LASTING_KINDS = [
  "refused transactions",
  "swallowed transactions",
  "refused calls",
  "refused large calls",
  "no tip method",
  "cost cap",
  "gas cap",
  "lying tip",
  "hidden log",
  "stands still",
  "null receipts",
  "shallow depth",
  "every third block",
  "reactive rival",
  "toggling tenant",
  "empty for long",
] as const;
export type LastingKind = (typeof LASTING_KINDS)[number];

/** Kinds of which a run may have any; others would be drawn, and left out. */
export const ACTIVE_KINDS: ReadonlySet<LastingKind> = new Set(LASTING_KINDS);

/** Something that goes wrong for long. */
export interface Lasting {
  readonly kind: LastingKind;
  /** Blocks of the run. */
  readonly from: number;
  readonly to: number;
  /** Whether it goes on when all other faults are over. */
  readonly isForGood: boolean;
  /** Endpoints that it befalls; all of them where there is none. */
  readonly endpoints: readonly number[];
  /** Share of occasions that it befalls. */
  readonly rate: number;
  /** From 0 to below 1: which words, or which lease. */
  readonly choice: number;
}

/** Endpoints that a kind needs: where one alone does it, there is nobody to find out. */
const NEEDED: Partial<Record<LastingKind, number>> = { "stands still": 2, "null receipts": 2 };
/** Kinds at some endpoints that another one has to find out. */
const LIES: ReadonlySet<LastingKind> = new Set(["lying tip", "stands still", "null receipts"]);
const SHARE_OF_RUNS = 0.6;
const SHARE_OF_SECONDS = 0.2;

/** Which kinds runs may have, and which every run has besides what is drawn. */
export interface Choice {
  readonly active: ReadonlySet<LastingKind>;
  readonly forced?: readonly LastingKind[];
}

/** How many endpoints there must be for all of this. */
export function endpointsFor(lasting: readonly Lasting[], drawn: number): number {
  return Math.max(drawn, ...lasting.map(({ kind }) => NEEDED[kind] ?? 1));
}

/** What lasts in a run with so many endpoints, or more where it takes more. */
export function drawLasting(
  random: Random,
  endpoints: number,
  blocks: number,
  { active, forced = [] }: Choice,
): Lasting[] {
  const count = random.chance(SHARE_OF_RUNS) ? (random.chance(SHARE_OF_SECONDS) ? 2 : 1) : 0;
  const kinds: LastingKind[] = [...forced];
  while (kinds.length < count) {
    const kind = random.pick(LASTING_KINDS);
    if (!kinds.includes(kind)) kinds.push(kind);
  }
  // Each has numbers of its own, so that one which is left out changes nothing for the other.
  const all = kinds
    .map((kind) => drawn(kind, random.fork(kind), Math.max(endpoints, NEEDED[kind] ?? 1), blocks))
    .filter(({ kind }) => active.has(kind) || forced.includes(kind));
  return leavingOneHonest(all, endpointsFor(all, endpoints));
}

/** What lies or stands still at some endpoints each, at the same ones where nobody honest would be left. */
function leavingOneHonest(lasting: readonly Lasting[], endpoints: number): Lasting[] {
  const liars = lasting.filter(({ kind }) => LIES.has(kind));
  const ill = new Set(liars.flatMap(({ endpoints: at }) => at));
  if (ill.size < endpoints) return [...lasting];
  const [{ endpoints: same } = { endpoints: [] }] = liars;
  return lasting.map((each) => (LIES.has(each.kind) ? { ...each, endpoints: same } : each));
}

function drawn(kind: LastingKind, random: Random, endpoints: number, blocks: number): Lasting {
  const begin = random.int(2, 10);
  const long = { from: begin, to: Math.min(blocks, begin + random.int(10, 24)), isForGood: false };
  const always = { from: 0, to: blocks, isForGood: true };
  const one = [random.int(0, endpoints - 1)];
  const choice = random.next();
  const rate = random.pick([0.4, 1]);
  const oneOrAll = random.chance(0.5) ? one : [];
  switch (kind) {
    case "refused transactions":
    case "swallowed transactions":
    case "refused calls":
      return { kind, ...long, endpoints: oneOrAll, rate, choice };
    case "refused large calls":
    case "no tip method":
    case "cost cap":
    case "gas cap":
    case "hidden log":
      return { kind, ...always, endpoints: [], rate: 1, choice };
    case "lying tip":
    case "null receipts":
      return { kind, ...always, endpoints: one, rate: 1, choice };
    case "stands still": {
      // Of three, two may stand still: then the one that goes on has the majority against it.
      const others = [...Array(endpoints).keys()].filter((at) => !one.includes(at));
      const still = endpoints > 2 && random.chance(0.5) ? others : one;
      // Two of three for a while only: that they are wrong together for good, nobody could find out.
      const isForGood = random.chance(0.5) && still.length === 1;
      return { kind, ...long, isForGood, endpoints: still, rate: 1, choice };
    }
    case "reactive rival":
      return { kind, ...always, endpoints: [], rate, choice };
    case "toggling tenant":
      return { kind, ...always, isForGood: false, endpoints: [], rate, choice };
    case "empty for long":
      return { kind, ...long, endpoints: [], rate: 1, choice };
    case "shallow depth":
    case "every third block":
      return { kind, ...always, endpoints: [], rate: 1, choice };
  }
}

/** What lasts, in words. */
export function describeLasting({ kind, endpoints, isForGood, rate }: Lasting): string {
  const where = endpoints.length === 0 ? "" : ` at URL ${endpoints.map((at) => at + 1).join(" and ")}`;
  return `${kind}${where}${rate < 1 ? " sometimes" : ""}${isForGood ? ", for good" : ""}`;
}
