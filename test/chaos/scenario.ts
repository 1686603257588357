import {
  ACTIVE_KINDS,
  type Choice,
  describeLasting,
  drawLasting,
  endpointsFor,
  type Lasting,
  type LastingKind,
} from "./lasting";
import { Random } from "./random";

/** What an endpoint can do wrong with an answer; the first six befall whole requests. */
export const FAULT_KINDS = [
  "timeout",
  "429",
  "5xx",
  "truncated JSON",
  "wrong JSON",
  "dead",
  "wrong chain id",
  "stale head",
  "backward head",
  "dropped logs",
  "duplicated answers",
  "log range limit",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Faults that any endpoint may have at any time without lying. */
const FLAKY: readonly FaultKind[] = ["timeout", "429", "5xx", "truncated JSON", "wrong JSON"];
/** Faults of which at most one endpoint suffers at a time where there are several. */
const GRAVE: readonly FaultKind[] = [
  "dead",
  "wrong chain id",
  "stale head",
  "backward head",
  "dropped logs",
  "duplicated answers",
  "log range limit",
];

/** Where the keeper is killed with SIGKILL. */
export const KILL_POINTS = [
  "at eth_getLogs",
  "before eth_sendRawTransaction",
  "after eth_sendRawTransaction",
  "before a receipt",
  "after a receipt",
  "when it signed",
  "when it found a fork",
  "at any moment",
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

/** What becomes of the store while the keeper is dead. */
export const STORE_FATES = ["kept", "deleted", "truncated", "torn", "older copy"] as const;
export type StoreFate = (typeof STORE_FATES)[number];

/** Faults of one endpoint from one block of the run to another. */
export interface Episode {
  readonly from: number;
  readonly to: number;
  readonly endpoint: number;
  readonly kind: FaultKind;
  /** Share of answers that it befalls. */
  readonly rate: number;
}

export interface Kill {
  /** From this block of the run on. */
  readonly from: number;
  readonly point: KillPoint;
  /** Blocks until it is started again. */
  readonly away: number;
  readonly store: StoreFate;
}

export interface Reorg {
  readonly at: number;
  readonly depth: number;
  /** Waits until a transaction of the keeper was just mined. */
  readonly underTransaction: boolean;
  /** Share of the transactions taken back that are mined again. */
  readonly kept: number;
  /** Whether the keeper can look while the chain is short. */
  readonly open: boolean;
}

export interface Spell {
  readonly from: number;
  readonly to: number;
}

/** All that happens in one run; it follows from the seed alone. */
export interface Scenario {
  readonly seed: number;
  readonly endpoints: number;
  /** Blocks with faults; then the chain goes on without any until nothing is due. */
  readonly blocks: number;
  /** Milliseconds between two of them. */
  readonly cadence: number;
  readonly episodes: readonly Episode[];
  readonly kills: readonly Kill[];
  readonly reorgs: readonly Reorg[];
  readonly feeSpike?: Spell;
  readonly empty?: Spell;
  readonly rival: "never" | "sometimes" | "always";
  /** Blocks in which somebody else uses the keeper's key. */
  readonly foreign: readonly number[];
  /** Seconds that the machine's clock is wrong by. */
  readonly clock: number;
  /** Blocks in which tenants close or extend leases that are not due. */
  readonly tenants: readonly number[];
  /** What goes wrong for long. */
  readonly lasting: readonly Lasting[];
  /** Blocks that are made before the keeper can look again. */
  readonly stride: number;
  /** Blocks for which the keeper is told to be ready to be taken back. */
  readonly reorgDepth: number;
}

/** More than the deepest fork; and less than most deep ones. */
const DEPTH = 66;
const SHALLOW_DEPTH = 14;

/** The scenario of a seed. */
export function scenarioOf(seed: number, choice: Choice = { active: ACTIVE_KINDS }): Scenario {
  const random = new Random(seed);
  const drawn = random.pick([1, 1, 2, 3]);
  const blocks = random.int(28, 48);
  const shape = random.fork("shape");
  const cadence = random.int(50, 90);
  const usual = {
    episodes: episodes(random.fork("episodes"), drawn, blocks),
    kills: kills(random.fork("kills"), blocks),
    reorgs: reorgs(random.fork("reorgs"), blocks),
  };
  const lasting = drawLasting(random.fork("lasting"), drawn, blocks, choice);
  const has = (kind: LastingKind): Lasting | undefined => lasting.find((each) => each.kind === kind);
  const feeSpike = shape.chance(0.25) ? spell(shape, blocks, 16) : undefined;
  const empty = shape.chance(0.15) ? spell(shape, blocks, 12) : undefined;
  const emptyForLong = has("empty for long");
  return {
    seed,
    endpoints: endpointsFor(lasting, drawn),
    blocks,
    cadence,
    kills: usual.kills,
    episodes: besides(lasting, usual.episodes),
    reorgs: has("shallow depth") === undefined ? usual.reorgs : [...usual.reorgs, deepFork(shape.fork("deep"), blocks)],
    ...(feeSpike === undefined ? {} : { feeSpike }),
    ...(emptyForLong !== undefined ? { empty: emptyForLong } : empty === undefined ? {} : { empty }),
    lasting,
    stride: has("every third block") === undefined ? 1 : 3,
    reorgDepth: has("shallow depth") === undefined ? DEPTH : SHALLOW_DEPTH,
    rival: shape.pick(["never", "never", "never", "sometimes", "sometimes", "always"] as const),
    foreign: shape.chance(0.2) ? [shape.int(4, blocks - 4)] : [],
    clock: shape.pick([0, 0, 0, 0, 3_600, -3_600]),
    tenants: [...Array(shape.int(0, 3)).keys()].map(() => shape.int(2, blocks - 6)),
  };
}

/** Faults besides those that last: where some endpoints are ill for long, no other one lies. */
function besides(lasting: readonly Lasting[], episodic: readonly Episode[]): Episode[] {
  const [ill] = lasting.flatMap(({ endpoints }) => endpoints);
  if (ill === undefined) return [...episodic];
  // Who lies about prices is found out by another one who can be asked.
  const isLiar = lasting.some(({ kind }) => kind === "lying tip");
  return episodic.map((episode) => (isLiar || GRAVE.includes(episode.kind) ? { ...episode, endpoint: ill } : episode));
}

/** Deeper than a keeper with little depth is ready for, under a transaction just mined. */
function deepFork(random: Random, blocks: number): Reorg {
  const depth = random.int(SHALLOW_DEPTH + 1, DEPTH - 2);
  return { at: random.int(10, blocks - 8), depth, underTransaction: true, kept: random.pick([0, 0.5, 1]), open: false };
}

function spell(random: Random, blocks: number, longest: number): Spell {
  const from = random.int(2, blocks - 8);
  return { from, to: Math.min(blocks, from + random.int(3, longest)) };
}

function episodes(random: Random, endpoints: number, blocks: number): Episode[] {
  const found: Episode[] = [];
  // Grave ones follow each other, so that no two endpoints suffer at once.
  for (let from = random.int(0, 6); from < blocks - 2;) {
    const to = Math.min(blocks, from + random.int(3, endpoints === 1 ? 6 : 14));
    const kind = random.pick(GRAVE);
    found.push({ from, to, endpoint: random.int(0, endpoints - 1), kind, rate: random.pick([0.3, 0.7, 1]) });
    from = to + random.int(2, 12);
  }
  for (let n = random.int(1, 4); n > 0; n--) {
    const from = random.int(0, blocks - 4);
    found.push({
      from,
      to: Math.min(blocks, from + random.int(3, 12)),
      endpoint: random.int(0, endpoints - 1),
      kind: random.pick(FLAKY),
      rate: random.pick([0.05, 0.15, 0.4]),
    });
  }
  return found;
}

function kills(random: Random, blocks: number): Kill[] {
  const count = random.pick([0, 1, 1, 2]);
  const found: Kill[] = [];
  for (let n = 0, from = 2; n < count && from < blocks - 10; n++) {
    from = random.int(from, Math.max(from, Math.floor((blocks * (n + 1)) / count) - 10));
    const away = random.pick([0, 1, 2, 6]);
    found.push({
      from,
      point: random.pick(KILL_POINTS),
      away,
      store: random.pick(["kept", "kept", "kept", "deleted", "truncated", "torn", "older copy"] as const),
    });
    from += away + 6;
  }
  return found;
}

function reorgs(random: Random, blocks: number): Reorg[] {
  return [...Array(random.pick([0, 1, 1, 2, 3])).keys()].map(() => ({
    at: random.int(4, blocks - 4),
    depth: random.chance(0.7) ? random.int(1, 6) : random.int(7, 64),
    underTransaction: random.chance(0.6),
    kept: random.pick([0, 0.5, 1]),
    open: random.chance(0.3),
  }));
}

/** What happens, in words. */
export function describeScenario(scenario: Scenario): string {
  const {
    endpoints,
    blocks,
    episodes: faults,
    kills: deaths,
    reorgs: forks,
    feeSpike,
    empty,
    rival,
    foreign,
    clock,
  } = scenario;
  const kinds = [...new Set(faults.map(({ kind }) => kind))];
  const words = [
    `${endpoints} URL${endpoints === 1 ? "" : "s"}, ${blocks} blocks`,
    ...kinds,
    ...deaths.map(({ point, store }) => `kill ${point}${store === "kept" ? "" : `, store ${store}`}`),
    ...forks.map(({ depth, underTransaction }) => `fork ${depth}${underTransaction ? " under a transaction" : ""}`),
    ...(feeSpike === undefined ? [] : ["fees x100"]),
    ...(empty === undefined ? [] : ["empty account"]),
    ...(rival === "never" ? [] : [`rival ${rival}`]),
    ...(foreign.length === 0 ? [] : ["key used elsewhere"]),
    ...scenario.lasting.map(describeLasting),
    ...(clock === 0 ? [] : [`clock ${clock > 0 ? "+" : "-"}1 h`]),
  ];
  return words.join("; ");
}
