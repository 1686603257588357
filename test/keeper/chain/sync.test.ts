import { expect } from "chai";

import { WaitError } from "../../../keeper/chain/rpcErrors";
import type { FakeNode } from "./fakeNode";
import { FakeChain, type FakeBlock } from "./fakeChain";
import { follow } from "./follow";
import { MemoryState } from "./memoryState";
import { type Nodes, rejection, sleep, startNodes } from "./nodes";

/** Says the next number. */
const say = (chain: FakeChain, unique = 0): FakeBlock => chain.mine(chain.said().length * 1_000 + unique);

describe("following the chain", function () {
  this.timeout(20_000);
  let n: Nodes;
  let chain: FakeChain;
  const nodes = async (count: number, blocks = 10, restMs = 20): Promise<void> => {
    chain = new FakeChain(blocks);
    n = await startNodes(count, chain, { restMs });
  };
  /** Blocks that say so many numbers each. */
  const sayMuch = (blocks: number, count: number): void => {
    for (let block = 0; block < blocks; block++) {
      const first = chain.said().length;
      chain.mine(...Array.from({ length: count }, (_, index) => (first + index) * 1_000));
    }
  };
  const leaveLogsOut = (isLeftOut: (block: number) => boolean): void => {
    (n.nodes[0] as FakeNode).answer = (request, result) =>
      request.method === "eth_getLogs"
        ? (result as { blockNumber: string }[]).filter(({ blockNumber }) => !isLeftOut(Number(blockNumber)))
        : result;
  };
  afterEach(() => n.stop());

  it("asks each of three nodes twice for a new block and once where there is none, however many blocks there are", async () => {
    await nodes(3, 200);
    for (let block = 0; block < 50; block++) say(chain);
    const { sync, state } = follow(n.pool, { reorgDepth: 64 });
    await sync.look();
    await sleep(20);
    n.asked();
    for (let block = 0; block < 20; block++) {
      say(chain);
      await sync.look();
      await sleep(5);
      expect(n.asked()).to.deep.equal([1, 2, 3].map(() => ["eth_getBlockByNumber", "eth_getLogs"]));
      await sync.look();
      await sleep(5);
      expect(n.asked()).to.deep.equal([1, 2, 3].map(() => ["eth_getBlockByNumber"]));
    }
    expect(state.said).to.deep.equal(chain.said());
  });

  it("reads the history in long steps that need no taking back, and the last blocks in ever shorter ones", async () => {
    await nodes(1, 101);
    const { sync, state } = follow(n.pool, { startBlock: 5, logRange: 40, reorgDepth: 16 });
    await sync.look();
    expect(state.steps.map(({ tip, canBeTakenBack }) => [tip.number, canBeTakenBack])).to.deep.equal([
      [44, false],
      [84, false],
      [92, true],
      [96, true],
      [98, true],
      [99, true],
      [100, true],
    ]);
  });

  it("asks for more blocks at once from answer to answer, and for fewer where they say much (ATK-KPR-11)", async () => {
    await nodes(1, 3_000);
    const { sync, state } = follow(n.pool, { logRange: 500, reorgDepth: 1 });
    await sync.look();
    const lengths = (): number[] => state.steps.splice(0).map(({ tip, after }) => tip.number - (after?.number ?? -1));
    expect(lengths()).to.deep.equal([64, 128, 256, 500, 500, 500, 500, 500, 51, 1]);

    sayMuch(40, 250);
    await sync.look();
    expect(lengths()).to.deep.equal([10, 10, 10, 9, 1]); // 39 blocks were too much at once, and 20 of them, too
    expect(state.said).to.have.lengthOf(10_000);
    for (let block = 0; block < 40; block++) chain.mine();
    await sync.look();
    expect(lengths()).to.deep.equal([10, 10, 10, 9, 1]);
  });

  it("never has many blocks' logs in hand at once, and reads a full block whole (ATK-KPR-11)", async () => {
    await nodes(1, 5);
    const { sync, state } = follow(n.pool, { reorgDepth: 1 });
    sayMuch(20, 300);
    sayMuch(1, 4_100);
    sayMuch(4, 300);
    await sync.look();
    expect(state.said).to.deep.equal(chain.said());
    const read = state.steps.map(({ events }) => events.length);
    expect(read.filter((events) => events > 4_000)).to.have.lengthOf.at.most(1);
    expect(Math.max(...read)).to.equal(4_100);
  });

  it("audits blocks that say much in parts (ATK-KPR-11)", async () => {
    await nodes(1, 30);
    const { sync, state, told } = follow(n.pool, { reorgDepth: 16 });
    await sync.look();
    const left = chain.head.number + 6;
    leaveLogsOut((block) => block === left);
    for (let block = 0; block < 6; block++) {
      sayMuch(1, 900);
      await sync.look();
    }
    (n.nodes[0] as FakeNode).answer = undefined;
    for (let block = 0; block < 8; block++) {
      chain.mine();
      await sync.look();
    }
    expect(told.map((event) => event.type === "audit" && [event.block.number, event.to.number])).to.deep.equal([
      [left, left - 1],
    ]);
    expect(state.said).to.deep.equal(chain.said());
  });

  it("asks few questions when it missed some blocks", async () => {
    await nodes(1);
    const { sync, state } = follow(n.pool);
    await sync.look();
    n.asked();
    chain.mineMany(4);
    say(chain);
    await sync.look();
    expect(n.asked().flat()).to.have.lengthOf(7); // the head, the logs twice, the last tip, three blocks between
    expect(state.said).to.deep.equal(chain.said());
  });

  for (const depth of [1, 2, 5, 17, 64]) {
    it(`follows a fork ${depth} deep (ATK-KPR-3)`, async () => {
      await nodes(depth > 5 ? 1 : 3, 100);
      const { sync, state, told } = follow(n.pool, { reorgDepth: 128 });
      await sync.look();
      for (let block = 0; block < depth; block++) {
        say(chain, 1);
        await sync.look();
      }
      const from = chain.head;
      chain.drop(depth);
      for (let block = 0; block <= depth; block++) say(chain, 2);
      await sync.look();
      expect(state.said).to.deep.equal(chain.said());
      const common = from.number - depth;
      expect(
        told.map((event) => event.type === "fork" && [event.from.number, event.to.number, event.depth]),
      ).to.deep.equal([[from.number, common, depth]]);
    });
  }

  it("follows a fork as long as what it replaces (ATK-KPR-3)", async () => {
    await nodes(1);
    const { sync, state } = follow(n.pool);
    say(chain, 1);
    await sync.look();
    chain.drop(1);
    say(chain, 2);
    await sync.look();
    expect(state.said).to.deep.equal([2]);
  });

  it("reads all anew after a fork deeper than it can take back, the more rarely the more there are (ATK-KPR-3)", async () => {
    await nodes(1, 50);
    const { sync, state, told } = follow(n.pool, { reorgDepth: 4 });
    await sync.look();
    const fork = (): void => {
      chain.drop(20);
      for (let block = 0; block < 21; block++) say(chain);
    };
    fork();
    await sync.look();
    expect(state.said).to.deep.equal(chain.said());
    expect(told.map(({ type }) => type)).to.deep.equal(["rescan"]);

    fork(); // one block higher
    await sync.look();
    expect(state.cleared).to.equal(2);
    fork();
    expect(await rejection(sync.look())).to.be.instanceOf(WaitError);
    expect(state.cleared).to.equal(2);
    say(chain);
    await sync.look();
    expect(state.cleared).to.equal(3);
    expect(state.said).to.deep.equal(chain.said());
  });

  it("changes nothing when the head goes backwards, and returns the last one (ATK-KPR-2)", async () => {
    await nodes(1);
    const { sync, state, told } = follow(n.pool);
    say(chain);
    const head = await sync.look();
    const blocks = chain.blocks;
    for (const count of [1, 5, 1]) {
      chain.blocks = blocks.slice(0, -count);
      expect(await sync.look()).to.deep.equal(head);
    }
    chain.blocks = blocks;
    say(chain);
    await sync.look();
    expect(state.said).to.deep.equal(chain.said());
    expect(told).to.deep.equal([]);
    expect(state.steps.filter(({ events }) => events.length > 0)).to.have.lengthOf(2);
  });

  it("does not wait for ever for a head that nobody knows any more (ATK-KPR-2)", async () => {
    await nodes(1);
    const { sync, state, told } = follow(n.pool, { reorgDepth: 128 });
    await sync.look();
    for (let block = 0; block < 30; block++) {
      say(chain, 1);
      await sync.look();
    }
    chain.drop(30); // as if all that was a lie
    for (let block = 0; block < 3; block++) {
      say(chain, 2);
      await sync.look();
    }
    expect(state.said).to.deep.equal(chain.said());
    expect(told.map(({ type }) => type)).to.deep.equal(["fork"]);
  });

  it("reads all anew where logs are missing, once in a while, and says why (ATK-KPR-2)", async () => {
    await nodes(1, 30);
    const { sync, state, told } = follow(n.pool, { reorgDepth: 8, auditEvery: 1_000 });
    await sync.look();
    say(chain);
    const left = chain.head.number;
    leaveLogsOut((block) => block === left);
    await sync.look();
    say(chain);
    expect(await rejection(sync.look())).to.be.instanceOf(WaitError);
    expect(told.filter(({ type }) => type === "rescan")).to.have.lengthOf(1);
    expect(state.cleared).to.equal(1);
    (n.nodes[0] as FakeNode).answer = undefined;
    await sync.look();
    expect(state.said).to.deep.equal(chain.said());
  });

  it("reads the last blocks anew, and no more, where a log was missing once (ATK-KPR-2)", async () => {
    await nodes(1, 30);
    const { sync, state, told } = follow(n.pool, { reorgDepth: 8, auditEvery: 1_000 });
    await sync.look();
    say(chain);
    leaveLogsOut(() => true);
    await sync.look();
    (n.nodes[0] as FakeNode).answer = undefined;
    say(chain);
    await sync.look();
    expect(state.said).to.deep.equal(chain.said());
    expect(told.map(({ type }) => type)).to.deep.equal(["audit"]);
    expect(state.cleared).to.equal(0);
  });

  it("finds out by an audit that a node left logs out, and takes back no more than it must (ATK-KPR-2)", async () => {
    await nodes(1, 30);
    const { sync, state, told } = follow(n.pool, { reorgDepth: 16 });
    await sync.look();
    const left = chain.head.number + 2;
    leaveLogsOut((block) => block === left);
    for (let block = 0; block < 2; block++) {
      chain.mine(...(block === 1 ? [0] : []));
      await sync.look();
    }
    (n.nodes[0] as FakeNode).answer = undefined;
    for (let block = 0; block < 8; block++) {
      chain.mine();
      await sync.look();
    }
    expect(state.said).to.deep.equal([0]);
    expect(told.map((event) => event.type === "audit" && [event.block.number, event.to.number])).to.deep.equal([
      [left, left - 1],
    ]);
  });

  it("audits with one question every half of the depth of forks, and changes nothing where all is right", async () => {
    await nodes(1, 30);
    const { sync, told } = follow(n.pool, { reorgDepth: 16 });
    await sync.look();
    n.asked();
    for (let block = 0; block < 32; block++) {
      say(chain);
      await sync.look();
    }
    expect(n.asked().flat()).to.have.lengthOf(2 * 32 + 2 * 4); // twice, since nobody else tells
    expect(told).to.deep.equal([]);
  });

  it("looks again when another keeper has moved the state it shares (ATK-KPR-5)", async () => {
    await nodes(1);
    const state = new MemoryState();
    const [one, other] = [follow(n.pool, {}, state), follow(n.pool, {}, state)];
    for (let block = 0; block < 10; block++) {
      say(chain);
      await Promise.all([one.sync.look(), other.sync.look()]);
    }
    expect(state.said).to.deep.equal(chain.said());
  });

  it("asks for less at once where it fails, and for more again later (ATK-KPR-11)", async () => {
    await nodes(1, 65, 1);
    const node = n.nodes[0] as FakeNode;
    node.http = (response, requests) => {
      const [filter] = (requests[0]?.params ?? []) as [{ fromBlock?: string; toBlock?: string }?];
      if (Number(filter?.toBlock) - Number(filter?.fromBlock) < 10) return false;
      return requests[0]?.method === "eth_getLogs" && response.destroy() !== undefined;
    };
    const { sync, state } = follow(n.pool, { reorgDepth: 2 });
    for (let look = 0; look < 5 && (await state.tip()) === undefined; look++) {
      await sync.look().catch(() => sleep(30));
    }
    node.http = undefined;
    await sync.look();
    expect((await state.tip())?.hash).to.equal(chain.head.hash);
  });

  it("stays whole where a node fails (ATK-KPR-2)", async () => {
    await nodes(1);
    const { sync, state } = follow(n.pool);
    await sync.look();
    const tip = await state.tip();
    say(chain);
    const node = n.nodes[0] as FakeNode;
    node.http = (response, requests) => requests[0]?.method === "eth_getLogs" && response.destroy() !== undefined;
    expect(await rejection(sync.look())).to.be.instanceOf(WaitError);
    expect(await state.tip()).to.deep.equal(tip);
    node.http = undefined;
    await sleep(30);
    await sync.look();
    expect(state.said).to.deep.equal(chain.said());
  });

  it("does not mix the logs of two forks between which the chain changes (ATK-KPR-3)", async () => {
    await nodes(1);
    const { sync, state } = follow(n.pool);
    await sync.look();
    say(chain, 1);
    const before = chain.blocks;
    const after = new FakeChain(0);
    after.blocks = [...before.slice(0, -1)];
    for (let block = 0; block < 3; block++) say(after, 2);
    // The node forks between the answer about the head and the one about its logs.
    (n.nodes[0] as FakeNode).answer = ({ method }, result) => {
      if (method === "eth_getBlockByNumber") chain.blocks = after.blocks;
      return result;
    };
    expect(await rejection(sync.look())).to.be.instanceOf(WaitError);
    await sync.look();
    expect(state.said).to.deep.equal(chain.said());
  });

  it("does not take the logs of one fork for those of another, read by number (ATK-KPR-3)", async () => {
    await nodes(1);
    const { sync, state } = follow(n.pool);
    await sync.look();
    const before = [...chain.blocks];
    for (let block = 0; block < 4; block++) say(chain, 1);
    const after = new FakeChain(0);
    after.blocks = before;
    for (let block = 0; block < 5; block++) say(after, 2);
    const tip = await state.tip();
    // The node forks when it has told of the blocks, before it tells of their logs.
    (n.nodes[0] as FakeNode).http = (_, requests) => {
      if (requests[0]?.method === "eth_getLogs") chain.blocks = after.blocks;
      return false;
    };
    expect(await rejection(sync.look())).to.be.instanceOf(WaitError);
    expect(await state.tip()).to.deep.equal(tip);
    await sync.look();
    expect(state.said).to.deep.equal(chain.said());
  });
});
