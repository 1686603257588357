import { expect } from "chai";
import { id } from "ethers";

import { RevertError, TooMuchError, WaitError } from "../../../keeper/chain/rpcErrors";
import { FakeChain, type FakeBlock, FILTER, MARKET } from "./fakeChain";
import { type AnswerFault, type FakeNode, logJson, Refusal, toHex } from "./fakeNode";
import { type Nodes, rejection, sleep, startNodes } from "./nodes";

const ACCOUNT = "0x00000000000000000000000000000000000000c1";
const HASH = `0x${"ab".repeat(32)}`;
const CALL = { from: ACCOUNT, to: MARKET, data: "0x1234" };

const only =
  (method: string, lie: (result: never, params: readonly unknown[]) => unknown): AnswerFault =>
  (request, result) =>
    request.method === method ? lie(result as never, request.params) : result;

/** Has every node answer a method with one of these, each its own. */
function answering(nodes: readonly FakeNode[], method: string, answers: readonly unknown[]): void {
  nodes.forEach((node, index) =>
    node.others.set(method, () => {
      const answer = answers[index];
      if (answer instanceof Error) throw answer;
      return answer;
    }),
  );
}

/** Blocks that nobody else knows, and that follow each other and `head`: the same ones whenever they are asked for. */
const inventedAfter = (head: FakeBlock, count: number): FakeBlock[] => {
  const hashOf = (number: number): string => (number === head.number ? head.hash : id(`invented ${number}`));
  return Array.from({ length: count }, (_, index) => {
    const number = head.number + 1 + index;
    return { ...head, number, hash: hashOf(number), parentHash: hashOf(number - 1), timestamp: number * 12, logs: [] };
  });
};

const dead = (node: FakeNode | undefined): void => {
  if (node !== undefined) node.http = (response) => response.destroy() !== undefined;
};

describe("a pool of endpoints", function () {
  this.timeout(20_000);
  let n: Nodes;
  afterEach(() => n.stop());

  describe("agreeing on the newest block", () => {
    it("asks every node once for a head, and once for a block's logs", async () => {
      n = await startNodes(3);
      n.chain.mine(7);
      const head = await n.pool.head();
      expect(head).to.include({ hash: n.chain.head.hash, timestamp: n.chain.head.timestamp, baseFeePerGas: 7n });
      const logs = await n.pool.logsOf(head, FILTER);
      expect(logs.map(({ data }) => Number(data))).to.deep.equal([7]);
      await sleep(20);
      expect(n.asked()).to.deep.equal([1, 2, 3].map(() => ["eth_getBlockByNumber", "eth_getLogs"]));
      expect(n.oddities).to.deep.equal([]);
    });

    it("does not believe one of three that invents a block, and says so once until it tells the truth (ATK-KPR-2)", async () => {
      n = await startNodes(3);
      const [liar] = n.nodes as [FakeNode];
      liar.answer = only("eth_getBlockByNumber", (block: object) => ({ ...block, hash: HASH, number: "0xffff" }));
      for (let look = 0; look < 3; look++) {
        expect((await n.pool.head()).hash).to.equal(n.chain.head.hash);
        await sleep(10);
      }
      expect(n.oddities.map(({ endpoint, kind, isNew }) => [endpoint, kind, isNew])).to.deep.equal([
        ["node 0", "differs", true],
        ["node 0", "differs", false],
        ["node 0", "differs", false],
      ]);
      liar.answer = undefined;
      await n.pool.head();
      await sleep(10);
      expect(n.oddities).to.have.lengthOf(3);
    });

    it("goes on without one of three that is dead, and asks it rarely (ATK-KPR-2)", async () => {
      n = await startNodes(3, new FakeChain(10), { restMs: 60_000 });
      dead(n.nodes[1]);
      for (let look = 0; look < 5; look++) {
        n.chain.mine();
        expect((await n.pool.head()).hash).to.equal(n.chain.head.hash);
        await sleep(5);
      }
      expect(n.asked()[1]).to.have.lengthOf(2); // once more, over a new connection
      expect(n.oddities.map(({ endpoint, kind, isNew }) => [endpoint, kind, isNew])).to.deep.equal([
        ["node 1", "failed", true],
      ]);
    });

    it("does not wait for a slow one of three (ATK-KPR-2)", async () => {
      n = await startNodes(3, new FakeChain(10), { timeoutMs: 20_000 });
      (n.nodes[0] as FakeNode).delayMs = 10_000;
      const start = performance.now();
      const head = await n.pool.head();
      await n.pool.logsOf(head, FILTER);
      expect(performance.now() - start).to.be.lessThan(5_000);
    });

    for (const field of ["timestamp", "gasLimit", "baseFeePerGas", "logsBloom", "parentHash"]) {
      it(`does not believe one of three that tells another ${field} of the same block (ATK-KPR-2)`, async () => {
        n = await startNodes(3);
        const [liar, ...others] = n.nodes as [FakeNode, FakeNode, FakeNode];
        const lie = field === "parentHash" ? HASH : field === "logsBloom" ? `0x${"ff".repeat(256)}` : "0x1";
        liar.answer = (request, result) =>
          request.method.startsWith("eth_getBlock") ? { ...(result as object), [field]: lie } : result;
        const truth = await n.pool.block(n.chain.head.hash);
        for (const node of others) node.delayMs = 20; // the liar is the first to answer
        expect(await n.pool.head()).to.deep.equal(truth);
        const ahead = n.chain.mine();
        liar.answer = (request, result) =>
          request.method !== "eth_getBlockByNumber"
            ? result
            : { ...(result as object), number: "0x9", hash: ahead.parentHash, [field]: lie };
        expect((await n.pool.head()).hash).to.equal(ahead.hash);
      });
    }

    it("does not believe the header of one alone that others have left behind (ATK-KPR-2)", async () => {
      const chain = new FakeChain(10);
      n = await startNodes(3, chain, { views: [() => chain.blocks.slice(0, -1), () => chain.blocks.slice(0, -2)] });
      (n.nodes[0] as FakeNode).answer = (request, result) =>
        request.method.startsWith("eth_getBlock") ? { ...(result as object), timestamp: "0x1" } : result;
      // Node 2 has block 9, and so 8; node 1 has 7.
      const error = await rejection(n.pool.head());
      expect(error).to.be.instanceOf(WaitError);
    });

    it("takes what both of two know while one is a block behind", async () => {
      const chain = new FakeChain(10);
      n = await startNodes(2, chain, { views: [() => chain.blocks, () => chain.blocks.slice(0, -1)] });
      expect((await n.pool.head()).number).to.equal(8);
      expect(n.asked().flat()).to.have.lengthOf(4); // the header is confirmed, not its hash alone
      chain.mine();
      expect((await n.pool.head()).number).to.equal(9);
      expect(n.asked().flat()).to.have.lengthOf(2); // what was its head before it said itself
    });

    it("asks the one that is further ahead what it has where the other is", async () => {
      const chain = new FakeChain(10);
      n = await startNodes(2, chain, { views: [() => chain.blocks, () => chain.blocks.slice(0, -5)] });
      expect((await n.pool.head()).number).to.equal(4);
      expect(n.asked().map((asked) => asked.length)).to.deep.equal([4, 2]); // and one that it names ahead
    });

    it("waits while two disagree, and goes on with one alone where the other is dead (ATK-KPR-2)", async () => {
      n = await startNodes(2);
      const [liar] = n.nodes as [FakeNode];
      liar.answer = only("eth_getBlockByNumber", (block: object) => ({ ...block, hash: HASH }));
      expect(await rejection(n.pool.head())).to.be.instanceOf(WaitError);
      dead(liar);
      expect((await n.pool.head()).hash).to.equal(n.chain.head.hash);
    });

    it("does not wait for ever for one of two that stands still, and hears it again when it moves (ATK-KPR-2)", async () => {
      const chain = new FakeChain(10);
      const stuck = { at: [...chain.blocks] as FakeBlock[] | undefined };
      n = await startNodes(2, chain, { views: [() => chain.blocks, () => stuck.at ?? chain.blocks] });
      const heads: number[] = [];
      for (let look = 0; look < 7; look++) {
        heads.push((await n.pool.head()).number);
        chain.mine();
      }
      expect(heads).to.deep.equal([9, 9, 9, 9, 9, 14, 15]);
      expect(n.oddities.filter(({ kind, isNew }) => kind === "behind" && isNew)).to.have.lengthOf(1);
      stuck.at = undefined;
      expect((await n.pool.head()).number).to.equal(16);
      await n.pool.logsOf((await n.pool.block(16))!, FILTER);
      expect(n.asked()[1]?.at(-1)).to.equal("eth_getLogs");
    });

    it("follows the one of two that is ahead, once the other came to blocks that it named before (ATK-KPR-20)", async () => {
      const chain = new FakeChain(60);
      n = await startNodes(2, chain, { views: [() => chain.blocks, () => chain.blocks.slice(0, -30)] });
      const lags: number[] = [];
      for (let look = 0; look < 40; look++) {
        lags.push(chain.head.number - (await n.pool.head()).number);
        chain.mine();
      }
      expect(lags.indexOf(0)).to.be.within(8, 12);
      expect(lags.slice(lags.indexOf(0)).every((lag) => lag === 0)).to.equal(true);
      expect(n.oddities.filter(({ endpoint }) => endpoint === "node 0")).to.deep.equal([]);
      expect(n.oddities.filter(({ isNew }) => isNew).map(({ endpoint, kind }) => [endpoint, kind])).to.deep.equal([
        ["node 1", "behind"],
      ]);
      expect(await n.pool.logsOf((await n.pool.head())!, FILTER)).to.deep.equal([]);
    });

    it("never follows one of two that invents a future, far or near (ATK-KPR-20)", async () => {
      for (const ahead of [5, 1_000]) {
        const chain = new FakeChain(60);
        n = await startNodes(2, chain, { views: [() => [...chain.blocks, ...inventedAfter(chain.head, ahead)]] });
        for (let look = 0; look < 30; look++) {
          expect((await n.pool.head()).hash, `${ahead} ahead, look ${look}`).to.equal(chain.head.hash);
          chain.mine();
        }
        const news = n.oddities.filter(({ isNew }) => isNew).map(({ endpoint, kind }) => [endpoint, kind]);
        expect(news).to.deep.equal([["node 0", "differs"]]);
        await n.stop();
      }
    });

    it("leaves one that was ahead, and right, when it begins to invent (ATK-KPR-20)", async () => {
      const chain = new FakeChain(60);
      const invented = { count: 0 };
      const truth = (): readonly FakeBlock[] => chain.blocks.slice(0, chain.blocks.length - lag.count);
      const lag = { count: 10 };
      n = await startNodes(2, chain, {
        views: [() => [...chain.blocks, ...inventedAfter(chain.head, invented.count)], truth],
      });
      for (let look = 0; look < 15; look++) {
        await n.pool.head();
        chain.mine();
      }
      expect((await n.pool.head()).hash).to.equal(chain.head.hash);
      invented.count = 40;
      lag.count = 0;
      const heads: string[] = [];
      for (let look = 0; look < 20; look++) {
        heads.push((await n.pool.head()).hash);
        chain.mine();
      }
      const wrong = heads.filter((hash) => chain.blocks.every((block) => block.hash !== hash));
      expect(wrong.length).to.be.at.most(5);
      expect(heads.at(-1)).to.equal(chain.blocks.at(-2)?.hash);
    });

    it("with one alone believes it, and waits where it fails", async () => {
      n = await startNodes(1);
      expect((await n.pool.head()).hash).to.equal(n.chain.head.hash);
      dead(n.nodes[0]);
      expect(await rejection(n.pool.head())).to.be.instanceOf(WaitError);
      (n.nodes[0] as FakeNode).http = undefined;
      await sleep(30);
      expect((await n.pool.head()).hash).to.equal(n.chain.head.hash);
    });

    it("does not hear one that moved to another chain (ATK-KPR-2)", async () => {
      n = await startNodes(2, new FakeChain(10), { restMs: 1 });
      const [mover] = n.nodes as [FakeNode];
      dead(mover);
      await n.pool.head();
      mover.http = undefined;
      mover.chainId = 1;
      mover.answer = only("eth_getBlockByNumber", (block: object) => ({ ...block, hash: HASH }));
      for (let look = 0; look < 4; look++) {
        await sleep(10);
        expect((await n.pool.head()).hash).to.equal(n.chain.head.hash);
      }
      expect(n.oddities.filter(({ kind }) => kind === "wrongChain")).to.have.lengthOf.at.least(1);
    });

    it("asks once for several that want to know at the same time", async () => {
      n = await startNodes(1);
      await Promise.all([n.pool.head(), n.pool.head(), n.pool.balance(ACCOUNT).catch(() => 0n)]);
      expect(n.asked().flat()).to.deep.equal(["eth_getBlockByNumber", "eth_getBalance"]);
    });
  });

  describe("agreeing on logs", () => {
    const lies: [string, (logs: Record<string, unknown>[]) => unknown][] = [
      ["leaves one out", (logs) => logs.slice(1)],
      ["invents one", (logs) => [...logs, { ...logs.at(-1), logIndex: "0x9", data: `0x${"77".repeat(32)}` }]],
      ["changes one", (logs) => logs.map((log) => ({ ...log, data: `0x${"77".repeat(32)}` }))],
      ["answers for another block", (logs) => logs.map((log) => ({ ...log, blockHash: HASH }))],
      ["calls them removed", (logs) => logs.map((log) => ({ ...log, removed: true }))],
      ["turns them round", (logs) => [...logs].reverse()],
      ["repeats one", (logs) => [...logs, logs.at(-1)]],
    ];
    for (const [what, lie] of lies) {
      it(`does not believe one of three that ${what}, and tells it once (ATK-KPR-2)`, async () => {
        n = await startNodes(3);
        n.chain.mine(1, 2, 3);
        const head = await n.pool.head();
        const liar = n.nodes[2] as FakeNode;
        liar.answer = only("eth_getLogs", lie);
        for (let look = 0; look < 2; look++) {
          const logs = await n.pool.logsOf(head, FILTER);
          expect(logs.map(({ data }) => Number(data))).to.deep.equal([1, 2, 3]);
          await sleep(10);
        }
        expect(n.oddities.map(({ endpoint, isNew }) => [endpoint, isNew])).to.deep.equal([
          ["node 2", true],
          ["node 2", false],
        ]);
        liar.answer = undefined;
        await n.pool.logsOf(head, FILTER);
        await sleep(10);
        liar.answer = only("eth_getLogs", lie);
        await n.pool.logsOf(head, FILTER);
        await sleep(10);
        expect(n.oddities.at(-1)?.isNew).to.equal(true);
      });
    }

    it("reads the same of nodes that write addresses and hashes in their own ways", async () => {
      n = await startNodes(2);
      n.chain.mine(1);
      const head = await n.pool.head();
      const loud = (log: Record<string, unknown>): unknown => ({
        ...log,
        address: `0x${String(log["address"]).slice(2).toUpperCase()}`,
        blockHash: `0x${String(log["blockHash"]).slice(2).toUpperCase()}`,
        logIndex: "0x00",
        removed: undefined,
      });
      (n.nodes[0] as FakeNode).answer = only("eth_getLogs", (logs: Record<string, unknown>[]) => logs.map(loud));
      const [log] = await n.pool.logsOf(head, FILTER);
      expect(log).to.deep.include({ address: MARKET, blockHash: head.hash, index: 0, removed: false });
    });

    it("waits where two disagree (ATK-KPR-2)", async () => {
      n = await startNodes(2);
      n.chain.mine(1);
      const head = await n.pool.head();
      (n.nodes[0] as FakeNode).answer = only("eth_getLogs", () => []);
      expect(await rejection(n.pool.logsOf(head, FILTER))).to.be.instanceOf(WaitError);
    });

    it("asks one alone again where the header leaves room for logs that it does not give, then believes it (ATK-KPR-2)", async () => {
      n = await startNodes(1);
      n.chain.mine(1);
      const head = await n.pool.head();
      const [node] = n.nodes as [FakeNode];
      let left = 1;
      node.answer = only("eth_getLogs", (logs) => (left-- > 0 ? [] : logs));
      expect(await n.pool.logsOf(head, FILTER)).to.have.lengthOf(1);
      n.asked();
      left = 100;
      expect(await n.pool.logsOf(head, FILTER)).to.deep.equal([]);
      expect(n.asked().flat()).to.have.lengthOf(3);
    });

    it("does not believe one alone whose logs the header rules out, nor one that gives the logs of others (ATK-KPR-2)", async () => {
      n = await startNodes(1);
      n.chain.mine(1);
      const head = await n.pool.head();
      const [node] = n.nodes as [FakeNode];
      for (const [field, value] of [
        ["address", ACCOUNT],
        ["blockHash", HASH],
        ["blockNumber", "0x1"],
        ["topics", [HASH]],
        ["topics", FILTER.topics.concat(HASH)],
        ["removed", true],
      ]) {
        node.answer = only("eth_getLogs", (logs: object[]) =>
          logs.map((log) => ({ ...log, [field as string]: value })),
        );
        expect(await rejection(n.pool.logsOf(head, FILTER)), String(value)).to.be.instanceOf(WaitError);
      }
    });

    it("does not believe one alone whose lines are out of order, or of two blocks with one number (ATK-KPR-2)", async () => {
      n = await startNodes(1);
      n.chain.mine(1, 2);
      n.chain.mine(3);
      await n.pool.head();
      const [node] = n.nodes as [FakeNode];
      const read = (): Promise<unknown> => n.pool.logsIn(5, 11, FILTER);
      expect(await read()).to.have.lengthOf(3);
      for (const lie of [
        (logs: object[]) => [...logs].reverse(),
        ([first, second, third]: object[]) => [second, first, third],
        ([first, , third]: object[]) => [first, first, third],
        ([first, second]: object[]) => [first, { ...second, blockHash: HASH }],
      ]) {
        node.answer = only("eth_getLogs", lie);
        expect(await rejection(read())).to.be.instanceOf(WaitError);
      }
    });

    it("finds out how long ranges a node takes, and goes by it from then on (ATK-KPR-11)", async () => {
      n = await startNodes(1, new FakeChain(100));
      const lengths: number[] = [];
      (n.nodes[0] as FakeNode).answer = (request, result) => {
        const [filter] = request.params as [{ fromBlock: string; toBlock: string }];
        if (request.method !== "eth_getLogs") return result;
        lengths.push(Number(filter.toBlock) - Number(filter.fromBlock) + 1);
        if ((lengths.at(-1) ?? 0) > 10) throw new Refusal(-32_600, "query exceeds the range of 10 blocks");
        return result;
      };
      await n.pool.head();
      await n.pool.logsIn(1, 50, FILTER);
      const found = [7, 7, 7, 7, 7, 7, 7, 1];
      expect(lengths).to.deep.equal([50, 25, 13, ...found, ...found]); // twice, since nobody else tells
      lengths.length = 0;
      await n.pool.logsIn(51, 71, FILTER);
      expect(lengths).to.deep.equal([7, 7, 7, 7, 7, 7]);
    });

    it("does not believe one alone that contradicts itself (ATK-KPR-2)", async () => {
      const chain = new FakeChain(1);
      for (let block = 1; block <= 8; block++) chain.mine(block);
      n = await startNodes(1, chain);
      let leftOut = 1;
      (n.nodes[0] as FakeNode).answer = only("eth_getLogs", (logs: object[]) => (leftOut-- > 0 ? [] : logs));
      await n.pool.head();
      expect(await rejection(n.pool.logsIn(1, 8, FILTER))).to.be.instanceOf(WaitError);
      expect(await n.pool.logsIn(1, 8, FILTER)).to.have.lengthOf(8);
    });

    it("halves a range until its logs fit an answer, of each node on its own (ATK-KPR-11)", async () => {
      const chain = new FakeChain(1);
      for (let block = 1; block < 60; block++) chain.mine(block, block);
      n = await startNodes(2, chain);
      (n.nodes[0] as FakeNode).answer = only("eth_getLogs", (logs: unknown[]) => {
        if (logs.length > 12) throw new Refusal(-32_005, "query returned more than 12 results");
        return logs;
      });
      await n.pool.head();
      expect(await n.pool.logsIn(1, 59, FILTER)).to.have.lengthOf(2 * 59);
      expect(n.asked()[1]?.filter((method) => method === "eth_getLogs")).to.have.lengthOf(1);
    });

    it("says that logs are too many to be read at once, where nodes agree that they are (ATK-KPR-11)", async () => {
      const chain = new FakeChain(1);
      for (let block = 1; block <= 3; block++) chain.mine(...Array<number>(1_500).fill(block));
      n = await startNodes(3, chain);
      // However a node divides them, and whatever one alone makes up.
      (n.nodes[0] as FakeNode).answer = only("eth_getLogs", (logs: unknown[]) => {
        if (logs.length > 2_000) throw new Refusal(-32_005, "query returned more than 2000 results");
        return logs;
      });
      await n.pool.head();
      expect(await rejection(n.pool.logsIn(1, 3, FILTER))).to.be.instanceOf(TooMuchError);
      expect(await n.pool.logsIn(1, 2, FILTER)).to.have.lengthOf(3_000);
      (n.nodes[2] as FakeNode).answer = only("eth_getLogs", ([log, ...more]: { blockNumber: string }[]) =>
        log === undefined
          ? []
          : [...Array.from({ length: 5_000 }, (_, index) => ({ ...log, logIndex: toHex(index) })), ...more],
      );
      expect(await n.pool.logsIn(1, 2, FILTER)).to.have.lengthOf(3_000);
    });

    it("reads the answer about one block whole where it is longer than that about several may be (ATK-KPR-11)", async () => {
      const chain = new FakeChain(1);
      for (let block = 1; block <= 2; block++) chain.mine(block);
      n = await startNodes(1, chain);
      const lengths: number[] = [];
      (n.nodes[0] as FakeNode).answer = only("eth_getLogs", (logs: object[]) => {
        lengths.push(logs.length);
        return logs.map((log) => ({ ...log, data: `0x${"00".repeat(2_500_000)}` }));
      });
      await n.pool.head();
      expect(await n.pool.logsIn(1, 2, FILTER)).to.have.lengthOf(2);
      expect(lengths).to.deep.equal([2, 1, 1, 1, 1]); // the blocks twice, since nobody else tells
    });

    it("does not count a node that turns out to lag when it has answered (ATK-KPR-2)", async () => {
      const chain = new FakeChain(10);
      n = await startNodes(3, chain, { views: [() => chain.blocks.slice(0, -1)] });
      await n.pool.head();
      await sleep(20);
      chain.mine(1);
      (n.nodes[0] as FakeNode).delayMs = 600; // its head is still asked for when the logs are
      const { number } = await n.pool.head();
      expect(await n.pool.logsIn(number - 3, number, FILTER)).to.have.lengthOf(1);
      await sleep(1_300);
      expect(n.asked()[0]).to.include("eth_getLogs");
      expect(n.oddities).to.deep.equal([]);
    });

    it("halves a range until its answer is short enough to be read (ATK-KPR-11)", async () => {
      const chain = new FakeChain(1);
      for (let block = 1; block <= 8; block++) chain.mine(block);
      n = await startNodes(1, chain);
      const long = `0x${"ab".repeat(500_000)}`;
      (n.nodes[0] as FakeNode).answer = only("eth_getLogs", (logs: object[]) =>
        logs.map((log) => ({ ...log, data: long })),
      );
      await n.pool.head();
      expect(await n.pool.logsIn(1, 8, FILTER)).to.have.lengthOf(8);
      expect(n.asked().flat()).to.have.lengthOf(1 + 3 + 2); // the head; 8 blocks, 4, 4: each log is 1 MB; 4, 4 again
    });

    it("does not ask a node that lags for logs that it cannot have (ATK-KPR-2)", async () => {
      const chain = new FakeChain(10);
      for (let block = 0; block < 5; block++) chain.mine(block);
      n = await startNodes(3, chain, { views: [() => chain.blocks.slice(0, 11)] });
      await n.pool.head();
      await sleep(10);
      n.asked();
      expect(await n.pool.logsIn(5, 14, FILTER)).to.have.lengthOf(5);
      expect(n.asked()[0]).to.deep.equal([]);
    });
  });

  describe("agreeing on blocks", () => {
    it("tells that there is none, and does not take another one for it (ATK-KPR-2)", async () => {
      n = await startNodes(3);
      const { hash } = n.chain.blocks[4] as FakeBlock;
      (n.nodes[0] as FakeNode).answer = only("eth_getBlockByHash", (block: object) => ({ ...block, hash: HASH }));
      expect((await n.pool.block(hash))?.number).to.equal(4);
      expect(await n.pool.block(HASH)).to.equal(undefined);
      expect(n.oddities.map(({ kind }) => kind)).to.include("void");
    });

    it("reads many in one request, and one by one where a node takes no batches", async () => {
      n = await startNodes(2);
      const hashes = n.chain.blocks.map(({ hash }) => hash);
      (n.nodes[1] as FakeNode).http = (response, requests) => {
        if (requests.length === 1) return false;
        response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32_600, message: "no batches" } }));
        return true;
      };
      const blocks = await n.pool.blocks([...hashes, HASH], 9);
      expect(blocks.map((block) => block?.number)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, undefined]);
      expect(n.stats.filter(({ endpoint }) => endpoint === "node 0")).to.have.lengthOf(1);
    });
  });

  describe("agreeing on an account", () => {
    it("does not take the nonce of one that lies or lags (ATK-KPR-2)", async () => {
      n = await startNodes(3);
      answering(n.nodes, "eth_getTransactionCount", ["0x5", "0x9", "0x5"]);
      expect(await n.pool.transactionCount(ACCOUNT, "latest")).to.equal(5);
      answering(n.nodes, "eth_getTransactionCount", ["0x5", "0x5", "0x4"]);
      expect(await n.pool.transactionCount(ACCOUNT, "latest")).to.equal(5);
    });

    it("asks for the nonce and the balance at the newest block that was agreed on", async () => {
      n = await startNodes(1);
      const tags: unknown[] = [];
      for (const method of ["eth_getTransactionCount", "eth_getBalance"]) {
        (n.nodes[0] as FakeNode).others.set(method, (_, tag) => tags.push(tag) && "0x7");
      }
      await n.pool.head();
      n.chain.mine();
      expect(await n.pool.transactionCount(ACCOUNT, "latest")).to.equal(7);
      expect(await n.pool.balance(ACCOUNT)).to.equal(7n);
      expect(tags).to.deep.equal(["0x9", "0x9"]);
    });

    it("waits where two nodes differ on the nonce (ATK-KPR-2)", async () => {
      n = await startNodes(2);
      answering(n.nodes, "eth_getTransactionCount", ["0x5", "0x4"]);
      expect(await rejection(n.pool.transactionCount(ACCOUNT, "latest"))).to.be.instanceOf(WaitError);
    });

    it("believes of pending transactions what enough nodes know (ATK-KPR-2)", async () => {
      n = await startNodes(3);
      answering(n.nodes, "eth_getTransactionCount", ["0x7", "0xffff", "0x6"]);
      expect(await n.pool.transactionCount(ACCOUNT, "pending")).to.equal(7);
    });

    it("takes the middle fee of those that are suggested (ATK-KPR-2)", async () => {
      n = await startNodes(3);
      answering(n.nodes, "eth_maxPriorityFeePerGas", ["0x2", "0xffffffffff", "0x1"]);
      expect(await n.pool.maxPriorityFeePerGas()).to.equal(2n);
      answering(n.nodes, "eth_gasPrice", ["0x9", "0x5", new Refusal(-32_601, "no such method")]);
      expect(await n.pool.gasPrice()).to.equal(5n);
    });
  });

  describe("agreeing on receipts", () => {
    const receipt = (chain: FakeChain, choices: object = {}): unknown => ({
      transactionHash: HASH,
      blockNumber: "0x3",
      blockHash: chain.blocks[3]?.hash,
      status: "0x1",
      gasUsed: "0x64",
      effectiveGasPrice: "0x2",
      l1Fee: "0x5",
      logs: [],
      ...choices,
    });

    it("tells of a transaction what enough nodes say", async () => {
      n = await startNodes(3);
      const mined = receipt(n.chain);
      answering(n.nodes, "eth_getTransactionReceipt", [mined, receipt(n.chain, { status: "0x0" }), mined]);
      expect(await n.pool.receipt(HASH)).to.deep.equal({
        hash: HASH,
        blockNumber: 3,
        blockHash: n.chain.blocks[3]?.hash,
        reverted: false,
        gasUsed: 100n,
        feePaid: 205n,
        logs: [],
      });
    });

    it("does not believe one of three that it is mined, nor one that it is not (ATK-KPR-2)", async () => {
      n = await startNodes(3);
      answering(n.nodes, "eth_getTransactionReceipt", [null, receipt(n.chain), null]);
      expect(await n.pool.receipt(HASH)).to.equal(undefined);
      answering(n.nodes, "eth_getTransactionReceipt", [receipt(n.chain), null, receipt(n.chain)]);
      expect(await n.pool.receipt(HASH)).to.have.property("blockNumber", 3);
    });

    it("believes one of two where the other has not come to its block yet (ATK-KPR-20)", async () => {
      const chain = new FakeChain(10);
      n = await startNodes(2, chain, { views: [() => chain.blocks, () => chain.blocks.slice(0, -1)] });
      await n.pool.head();
      answering(n.nodes, "eth_getTransactionReceipt", [receipt(n.chain, { blockNumber: "0x9" }), null]);
      expect(await n.pool.receipt(HASH)).to.have.property("blockNumber", 9);
      answering(n.nodes, "eth_getTransactionReceipt", [receipt(n.chain, { blockNumber: "0x8" }), null]);
      expect(await n.pool.receipt(HASH)).to.equal("disputed");
    });

    it("leaves it open where a receipt lost its logs: nothing would look done by it (ATK-KPR-25)", async () => {
      n = await startNodes(1);
      answering(n.nodes, "eth_getTransactionReceipt", [receipt(n.chain, { logsBloom: `0x${"00".repeat(256)}` })]);
      expect(await n.pool.receipt(HASH)).to.have.property("blockNumber", 3);
      answering(n.nodes, "eth_getTransactionReceipt", [receipt(n.chain, { logsBloom: `0x01${"00".repeat(255)}` })]);
      expect(await n.pool.receipt(HASH)).to.equal("disputed");
    });

    it("leaves it open where nodes refuse to tell of this one (ATK-KPR-20)", async () => {
      n = await startNodes(1);
      answering(n.nodes, "eth_getTransactionReceipt", [new Refusal(-32_000, "transaction indexing is in progress")]);
      expect(await n.pool.receipt(HASH)).to.equal("disputed");
    });

    it("leaves it open where two differ, and where a node tells of another transaction (ATK-KPR-2)", async () => {
      n = await startNodes(2);
      answering(n.nodes, "eth_getTransactionReceipt", [null, receipt(n.chain)]);
      expect(await n.pool.receipt(HASH)).to.equal("disputed");
      const other = receipt(n.chain, { transactionHash: `0x${"cd".repeat(32)}` });
      answering(n.nodes, "eth_getTransactionReceipt", [other, other]);
      expect(await n.pool.receipt(HASH)).to.equal("disputed");
      const foreign = [logJson({ ...n.chain.mine(1).logs[0]!, blockHash: HASH })];
      answering(
        n.nodes,
        "eth_getTransactionReceipt",
        [1, 2].map(() => receipt(n.chain, { logs: foreign })),
      );
      expect(await n.pool.receipt(HASH)).to.equal("disputed");
    });
  });

  describe("trying calls", () => {
    const reverts = new Refusal(3, "execution reverted", "0xdeadbeef");

    it("returns what the call does at the newest block that was agreed on", async () => {
      n = await startNodes(1);
      const asked: unknown[] = [];
      (n.nodes[0] as FakeNode).others.set("eth_call", (...params) => asked.push(params) && "0x01");
      expect(await n.pool.call({ ...CALL, gas: 255n })).to.equal("0x01");
      expect(asked).to.deep.equal([[{ ...CALL, gas: "0xff" }, toHex(n.chain.head.number)]]);
    });

    it("believes neither one of three that it reverts, nor one that it works (ATK-KPR-2)", async () => {
      n = await startNodes(3);
      answering(n.nodes, "eth_call", ["0x01", reverts, "0x01"]);
      expect(await n.pool.call(CALL)).to.equal("0x01");
      answering(n.nodes, "eth_call", [reverts, "0x01", reverts]);
      const error = await rejection(n.pool.call(CALL));
      expect(error).to.be.instanceOf(RevertError).and.include({ data: "0xdeadbeef", code: "CALL_EXCEPTION" });
    });

    it("waits where two disagree on whether it reverts, and where nodes refuse for reasons of their own (ATK-KPR-2)", async () => {
      n = await startNodes(2);
      answering(n.nodes, "eth_call", ["0x01", reverts]);
      expect(await rejection(n.pool.call(CALL))).to.be.instanceOf(WaitError);
      const refusal = new Refusal(-32_000, "missing trie node");
      answering(n.nodes, "eth_call", [refusal, refusal]);
      expect(await rejection(n.pool.call(CALL))).to.be.instanceOf(WaitError);
    });

    it("finds the reason of a revert where nodes put it", async () => {
      n = await startNodes(1);
      for (const [refusal, data] of [
        [new Refusal(-32_603, "VM Exception", { message: "x", data: "0xdeadbeef" }), "0xdeadbeef"],
        [new Refusal(-32_015, "VM execution error", "Reverted 0xdeadbeef"), "0xdeadbeef"],
        [new Refusal(3, "execution reverted"), "0x"],
        [new Refusal(-32_000, "out of gas"), "0x"],
      ] as const) {
        answering(n.nodes, "eth_call", [refusal]);
        expect(await rejection(n.pool.call(CALL)))
          .to.be.instanceOf(RevertError)
          .with.property("data", data);
      }
    });
  });
});
