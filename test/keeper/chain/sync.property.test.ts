import { expect } from "chai";
import fc from "fast-check";

import { WaitError } from "../../../keeper/chain/rpcErrors";
import { FakeChain, type FakeBlock } from "./fakeChain";
import { type AnswerFault, type FakeNode, Refusal } from "./fakeNode";
import { follow } from "./follow";
import { type Nodes, startNodes } from "./nodes";

const SEED = Number(process.env["FC_SEED"] ?? "20261121");

/** A chain whose numbers follow each other on every fork, and differ between forks. */
class Numbered extends FakeChain {
  /** What was said up to each block that ever was. */
  readonly saidUpTo = new Map<string, readonly number[]>();
  private unique = 0;

  say(count: number): void {
    const first = this.said().length;
    this.mine(...Array.from({ length: count }, (_, index) => (first + index) * 1_000 + (this.unique++ % 1_000)));
    this.saidUpTo.set(this.head.hash, this.said());
  }
}

const LIES: Record<string, (chain: Numbered) => AnswerFault> = {
  "leaves logs out": () => (request, result) => (request.method === "eth_getLogs" ? [] : result),
  "invents logs": () => (request, result) => {
    if (request.method !== "eth_getLogs") return result;
    return (result as Record<string, unknown>[]).map((log) => ({ ...log, data: `0x${"77".repeat(32)}` }));
  },
  "invents a head": (chain) => (request, result) =>
    request.method === "eth_getBlockByNumber" && request.params[0] === "latest"
      ? { ...(result as object), number: `0x${(chain.head.number + 1_000).toString(16)}`, hash: `0x${"66".repeat(32)}` }
      : result,
  "has another hash for every block": () => (request, result) =>
    request.method.startsWith("eth_getBlock") && result !== null
      ? { ...(result as object), hash: `0x${(result as { hash: string }).hash.slice(4)}55` }
      : result,
  "tells another time": () => (request, result) =>
    request.method.startsWith("eth_getBlock") && result !== null ? { ...(result as object), timestamp: "0x1" } : result,
  "knows no block": () => (request, result) => (request.method.startsWith("eth_getBlock") ? null : result),
  "stands still": (chain) => {
    const stood = chain.blocks;
    return (request, result) => {
      if (request.method !== "eth_getBlockByNumber" || request.params[0] !== "latest") return result;
      const { number, hash, parentHash } = stood.at(-1) as FakeBlock;
      return { ...(result as object), number: `0x${number.toString(16)}`, hash, parentHash };
    };
  },
  "refuses everything": () => () => {
    throw new Refusal(-32_000, "not today");
  },
  "answers garbage": () => () => ({ garbage: true }),
};

type Command =
  | { readonly type: "mine"; readonly said: readonly number[] }
  | { readonly type: "fork"; readonly depth: number; readonly more: number }
  | { readonly type: "lag"; readonly node: number; readonly by: number }
  | { readonly type: "lie"; readonly lie: string }
  | { readonly type: "look" };

const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant("mine" as const), said: fc.array(fc.nat(2), { maxLength: 6 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("fork" as const),
        depth: fc.integer({ min: 1, max: 12 }),
        more: fc.integer({ min: -2, max: 3 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("lag" as const), node: fc.nat(1), by: fc.nat(4) }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant("lie" as const), lie: fc.constantFrom(...Object.keys(LIES)) }),
    },
    { weight: 6, arbitrary: fc.constant({ type: "look" as const }) },
  ),
  { minLength: 5, maxLength: 40 },
);

describe("following a chain that forks, through nodes of which one lies", () => {
  let nodes: Nodes | undefined;
  afterEach(() => nodes?.stop());

  it("ends where the chain is, whatever happened on the way (ATK-KPR-2, ATK-KPR-3)", async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const chain = new Numbered(3);
        const late = [0, 0];
        /** Nodes that lag show the chain as it was; the third one lies. */
        const past: FakeBlock[][] = [chain.blocks];
        const viewOf = (node: number) => () => {
          const by = late[node] ?? 0;
          return by === 0 ? chain.blocks : (past.at(-1 - by) ?? past[0] ?? []);
        };
        nodes = await startNodes(3, chain, { views: [viewOf(0), viewOf(1)], restMs: 1 });
        const liar = nodes.nodes[2] as FakeNode;
        const { sync, state, told } = follow(nodes.pool, { reorgDepth: 8, logRange: 8, auditEvery: 3 });
        const look = async (): Promise<void> => {
          try {
            const { number, timestamp } = await sync.look();
            expect(timestamp).to.equal(number * 12);
          } catch (error) {
            if (!(error instanceof WaitError)) throw error;
          }
          const tip = await state.tip();
          if (tip !== undefined) expect(state.said).to.deep.equal(chain.saidUpTo.get(tip.hash) ?? []);
        };
        const remember = (): void => void past.push([...chain.blocks]);

        for (const command of list) {
          switch (command.type) {
            case "mine":
              for (const count of command.said) {
                chain.say(count);
                remember();
              }
              break;
            case "fork": {
              const depth = Math.min(command.depth, chain.head.number);
              chain.drop(depth);
              for (let block = 0; block < Math.max(0, depth + command.more); block++) chain.say(block % 2);
              remember();
              break;
            }
            case "lag":
              late[command.node] = command.by;
              break;
            case "lie":
              liar.answer = LIES[command.lie]?.(chain);
              break;
            case "look":
              await look();
          }
        }
        late.fill(0);
        for (let block = 0; block < 12; block++) {
          chain.say(1);
          await look();
        }
        expect((await state.tip())?.hash).to.equal(chain.head.hash);
        expect(state.said).to.deep.equal(chain.said());
        expect(told.filter((event) => event.type === "rescan" && event.reason.startsWith("logs"))).to.deep.equal([]);
        await nodes.stop();
        nodes = undefined;
      }),
      { numRuns: 20, seed: SEED },
    );
  });
});
