import { Endpoint, type RequestStat } from "../../../keeper/chain/endpoint";
import type { Oddity } from "../../../keeper/chain/oddities";
import { Pool } from "../../../keeper/chain/pool";
import { fingerprint } from "../../../keeper/chain/shapes";
import { FakeChain, type FakeBlock } from "./fakeChain";
import { FakeNode } from "./fakeNode";

export interface Nodes {
  readonly chain: FakeChain;
  readonly nodes: readonly FakeNode[];
  readonly endpoints: readonly Endpoint[];
  readonly pool: Pool;
  readonly oddities: Oddity[];
  readonly stats: RequestStat[];
  /** What each node has been asked since the last time. */
  asked(): string[][];
  stop(): Promise<void>;
}

/** A pool of so many nodes of one chain, all of them awake. `views` say what each one sees of it, if not all. */
export async function startNodes(
  count: number,
  chain = new FakeChain(10),
  options: { timeoutMs?: number; restMs?: number; views?: readonly (() => readonly FakeBlock[])[] } = {},
): Promise<Nodes> {
  const { timeoutMs = 5_000, restMs = 20, views = [] } = options;
  const nodes = Array.from({ length: count }, (_, index) => new FakeNode(views[index] ?? (() => chain.blocks)));
  await Promise.all(nodes.map((node) => node.start()));
  const oddities: Oddity[] = [];
  const stats: RequestStat[] = [];
  const endpoints = nodes.map(
    ({ url }, index) =>
      new Endpoint({
        url,
        name: `node ${index}`,
        chainId: 31_337,
        timeoutMs,
        restMs,
        onRequest: (stat) => stats.push(stat),
      }),
  );
  const pool = new Pool(endpoints, { onOddity: (oddity) => oddities.push(oddity) });
  await pool.wakeAll();
  for (const node of nodes) node.asked();
  stats.length = 0;
  return {
    chain,
    nodes,
    endpoints,
    pool,
    oddities,
    stats,
    asked: () => nodes.map((node) => node.asked()),
    stop: async () => {
      pool.close();
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a promise is rejected with; fails if it is not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    (value) => new Error(`expected a rejection, got ${fingerprint(value)}`),
    (reason: unknown) => reason as Error,
  );
  return error;
}
