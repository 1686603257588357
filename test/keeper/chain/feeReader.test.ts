import { expect } from "chai";

import { FeeReader } from "../../../keeper/chain/feeReader";
import { WaitError } from "../../../keeper/chain/rpcErrors";
import { costPerGas } from "../../../keeper/core/fees";
import { type FakeNode, Refusal, toHex } from "./fakeNode";
import { type Nodes, rejection, startNodes } from "./nodes";

const GWEI = 10n ** 9n;
const HEAD = {
  number: 10,
  hash: "0x01",
  parentHash: "0x00",
  timestamp: 1,
  gasLimit: 30_000_000n,
  baseFeePerGas: 10n * GWEI,
};
const LEGACY = { ...HEAD, baseFeePerGas: undefined };

/** What a node says of fees, wei; undefined: it does not know the method. */
interface Says {
  readonly tip?: bigint;
  readonly price?: bigint;
  /** What the median transaction of each recent block paid; undefined in the list: the block was empty. */
  readonly paid?: readonly (bigint | undefined)[];
}

const missing = (method: string): never => {
  throw new Refusal(-32_601, `the method ${method} does not exist`);
};

function tells(node: FakeNode, { tip, price, paid }: Says): void {
  node.others.set("eth_maxPriorityFeePerGas", () =>
    tip === undefined ? missing("eth_maxPriorityFeePerGas") : toHex(tip),
  );
  node.others.set("eth_gasPrice", () => (price === undefined ? missing("eth_gasPrice") : toHex(price)));
  node.others.set("eth_feeHistory", (count, newest, percentiles) => {
    expect([count, newest, percentiles]).to.deep.equal(["0x14", "latest", [50]]);
    if (paid === undefined) return missing("eth_feeHistory");
    return {
      oldestBlock: "0x1",
      baseFeePerGas: [...paid, 0n].map(() => "0x7"),
      gasUsedRatio: paid.map((each) => (each === undefined ? 0 : 0.4)),
      reward: paid.map((each) => [toHex(each ?? 0n)]),
    };
  });
}

describe("What gas costs (ATK-KPR-15)", () => {
  let n: Nodes;
  afterEach(() => n.stop());

  async function reading(...says: readonly Says[]): Promise<FeeReader> {
    n = await startNodes(says.length);
    says.forEach((each, index) => tells(n.nodes[index]!, each));
    return new FeeReader(n.pool);
  }
  const tipOf = async (...says: readonly Says[]): Promise<bigint> => (await (await reading(...says)).at(HEAD)).tip;
  const priceOf = async (...says: readonly Says[]): Promise<bigint> => (await (await reading(...says)).at(LEGACY)).tip;
  const busy = (each: bigint): bigint[] => new Array<bigint>(20).fill(each);

  it("is the smaller of two tips, so that one node that lies costs nothing", async () => {
    const honest = { tip: GWEI, paid: busy(GWEI) };
    expect(await tipOf(honest, { tip: 50_000n * GWEI, paid: busy(GWEI) })).to.equal(GWEI);
  });

  it("of two that lie about blocks, too, the smaller history counts", async () => {
    const honest = { tip: GWEI, paid: busy(GWEI) };
    const liar = { tip: 50_000n * GWEI, paid: busy(50_000n * GWEI) };
    const market = await (await reading(honest, liar)).at(HEAD);
    // 20 expiries, some 300,000 gas: 15 coins at the lie.
    expect(costPerGas(market, undefined) * 300_000n).to.equal(3_300_000n * GWEI);
  });

  it("is at most what the blocks paid, or a small one, whatever a node alone suggests", async () => {
    expect(await tipOf({ tip: 50_000n * GWEI, paid: busy(3n * GWEI) })).to.equal(3n * GWEI);
    await n.stop();
    expect(await tipOf({ tip: 50_000n * GWEI, paid: busy(GWEI) })).to.equal((3n * GWEI) / 2n);
  });

  it("is what the node suggests where blocks paid as much", async () => {
    expect(await tipOf({ tip: GWEI, paid: busy(3n * GWEI) })).to.equal(GWEI);
  });

  it("goes by the middle of the blocks that hold transactions, the smaller of two", async () => {
    const paid = [undefined, GWEI, 900n * GWEI, undefined, 3n * GWEI, 2n * GWEI];
    expect(await tipOf({ tip: 100n * GWEI, paid })).to.equal(2n * GWEI);
  });

  it("lets a small suggestion through where nobody paid a tip, or nothing was mined", async () => {
    for (const paid of [busy(0n), new Array<undefined>(20).fill(undefined), []]) {
      expect(await tipOf({ tip: GWEI, paid })).to.equal(GWEI);
      await n.stop();
      expect(await tipOf({ tip: 50_000n * GWEI, paid })).to.equal((3n * GWEI) / 2n);
      await n.stop();
    }
    n = await startNodes(0);
  });

  it("is bounded the same way where no node tells what blocks paid", async () => {
    expect(await tipOf({ tip: 50_000n * GWEI })).to.equal((3n * GWEI) / 2n);
  });

  it("is what blocks paid where no node suggests a tip; else the gas price's, else a small one", async () => {
    expect(await tipOf({ paid: busy(3n * GWEI) })).to.equal(3n * GWEI);
    await n.stop();
    expect(await tipOf({ price: 11n * GWEI, paid: [] })).to.equal(GWEI);
    await n.stop();
    expect(await tipOf({ price: 9n * GWEI })).to.equal(0n);
    await n.stop();
    expect(await tipOf({})).to.equal((3n * GWEI) / 2n);
  });

  it("counts those that know a method, where another does not", async () => {
    expect(await tipOf({}, { tip: GWEI, paid: busy(GWEI) }, {})).to.equal(GWEI);
  });

  it("without a base fee is the smaller of two prices, at most what blocks paid", async () => {
    expect(await priceOf({ price: 5n, paid: busy(5n) }, { price: 900n, paid: busy(900n) })).to.equal(5n);
    await n.stop();
    expect(await priceOf({ price: 900n, paid: busy(5n) })).to.equal(5n);
    await n.stop();
    expect(await priceOf({ price: 900n, paid: busy(0n) })).to.equal(900n); // the cap on the fee is all there is
    await n.stop();
    expect(await priceOf({ paid: busy(5n) })).to.equal(5n);
    await n.stop();
    expect(await rejection(priceOf({}))).to.be.instanceOf(WaitError);
  });

  it("waits where no node answers at all", async () => {
    const reader = await reading({ tip: GWEI, paid: busy(GWEI) });
    await n.nodes[0]!.stop();
    expect(await rejection(reader.at(HEAD))).to.be.instanceOf(WaitError);
    n = await startNodes(0);
  });

  it("does without what no node answers to, from the second time on, and asks for it less and less (ATK-KPR-25)", async () => {
    n = await startNodes(0);
    let asked = 0;
    const silent = (): Promise<never> => {
      asked += 1;
      return Promise.reject(new WaitError("no answer within 10 s"));
    };
    const reader = new FeeReader({
      maxPriorityFeePerGas: () => Promise.resolve(GWEI),
      gasPrice: silent,
      paidTip: silent,
    });
    const at = async (number: number): Promise<bigint> => (await reader.at({ ...HEAD, number, hash: `${number}` })).tip;
    expect(await rejection(at(1))).to.be.instanceOf(WaitError);
    for (let number = 2; number <= 300; number++) expect(await at(number)).to.equal(GWEI);
    expect(asked).to.be.at.most(12);
  });

  it("does not count an answer that makes no sense", async () => {
    const reader = await reading({ tip: GWEI, paid: busy(GWEI) }, { tip: GWEI, paid: busy(GWEI) });
    n.nodes[1]!.others.set("eth_feeHistory", () => ({ reward: "much", gasUsedRatio: [1] }));
    n.nodes[1]!.others.set("eth_maxPriorityFeePerGas", () => "ten");
    expect((await reader.at(HEAD)).tip).to.equal(GWEI);
    expect(n.endpoints.map(({ isUp }) => isUp)).to.deep.equal([true, true]); // it may be sound in all else
  });

  it("is asked for once at each block", async () => {
    const reader = await reading({ tip: GWEI, paid: busy(GWEI) });
    await reader.at(HEAD);
    await reader.at(HEAD);
    expect(n.asked()[0]?.sort()).to.deep.equal(["eth_feeHistory", "eth_maxPriorityFeePerGas"]);
    await reader.at({ ...HEAD, hash: "0x02" });
    expect(n.asked()[0]).to.have.length(2);
  });
});
