import { expect } from "chai";
import { Wallet, ZeroAddress } from "ethers";
import { pino } from "pino";

import type { Simulation } from "../../../keeper/chain/executor";
import { FeeReader } from "../../../keeper/chain/feeReader";
import { TransactionQueue } from "../../../keeper/chain/queue";
import { WaitError } from "../../../keeper/chain/rpcErrors";
import { WalletSigner } from "../../../keeper/chain/signer";
import type { Duty } from "../../../keeper/core/duties";
import { Keeper } from "../../../keeper/ops/keeper";
import { NO_METER } from "../../../keeper/ops/meter";
import { BackoffStore } from "../../../keeper/store/backoffStore";
import type { Database } from "../../../keeper/store/database";
import { Journal } from "../../../keeper/store/journal";
import { WorkStore } from "../../../keeper/store/workStore";
import { GWEI, SenderChain } from "../chain/senderChain";
import { withStore } from "../stores";
import { stateOf } from "./fakeState";

const LEASES = 10;
/** Eight times the blocks after which a fee is raised, and what is left of a claim of 120 seconds by then. */
const GIVEN_UP = 24 + 10;

interface Member {
  readonly keeper: Keeper;
  /** The chain as its account sees it. */
  readonly chain: SenderChain;
  /** What its nodes say about a call, and what time it is by them. */
  readonly nodes: { simulate: (ids: readonly bigint[]) => Promise<Simulation>; ahead: number };
}

const works = (ids: readonly bigint[]): Promise<Simulation> => Promise.resolve({ type: "works", done: ids.length });

/** What every transaction of a chain does, with repetitions. */
const doneIn = ({ chain }: Member): string[] =>
  chain
    .mined()
    .flatMap(({ data }) => Buffer.from(data.slice(2), "hex").toString().split(","))
    .filter((key) => key !== "");

function member(name: string, digit: string, store: Database, due: () => readonly Duty[]): Member {
  const wallet = new Wallet(`0x${digit.repeat(64)}`);
  const chain = new SenderChain(wallet.address);
  const nodes: Member["nodes"] = { simulate: works, ahead: 0 };
  const fees = new FeeReader(chain);
  const queue = new TransactionQueue(
    chain,
    fees,
    new WalletSigner(wallet, 31_337n),
    new Journal(store, wallet.address),
    { maxFeePerGas: 60n * GWEI, bumpBlocks: 3, confirmations: 3 },
    {
      encode: (_kind, keys) => ({ to: ZeroAddress, data: `0x${Buffer.from(keys.join()).toString("hex")}` }),
      works: () => Promise.resolve(true),
      doneBy: () => [],
    },
  );
  const keeper = new Keeper(
    {
      sync: () => Promise.resolve({ ...chain.head, timestamp: chain.head.timestamp + nodes.ahead }),
      suspect: () => undefined,
      doubt: () => undefined,
      state: stateOf(due, { dueOf: (keys) => Promise.resolve(keys) }),
      fees,
      l1Fees: undefined,
      policy: { minProfit: 0n, patience: 0, prices: new Map(), disputes: true, maxFeePerGas: 60n * GWEI },
      nodeGasLimit: 50_000_000n,
      maxInFlight: 4,
    },
    {
      queue,
      executor: { simulate: (_kind, ids) => nodes.simulate(ids) },
      work: new WorkStore(store),
      backoff: new BackoffStore(store),
      name,
      claimSeconds: 120,
      balance: () => chain.balance(),
      meter: NO_METER,
      log: pino({ enabled: false }),
      signal: new AbortController().signal,
    },
  );
  return { keeper, chain, nodes };
}

/** A pass may fail with what nodes do, and with nothing else. */
function ofNodes(error: unknown): void {
  if (!(error instanceof WaitError)) throw error;
}

/** Blocks after which all leases are ended, and by how many transactions each; undefined where some stay open. */
async function endings(
  spoil: (stuck: SenderChain, member: Member, block: number) => void,
): Promise<{ blocks: number | undefined; byStuck: string[]; byOther: string[] }> {
  return withStore(async (newStore) => {
    const store = await newStore();
    const members: Member[] = [];
    const due = (): Duty[] => {
      const done = new Set(members.flatMap(doneIn));
      const all = Array.from({ length: LEASES }, (_, index) => index + 1);
      return all
        .map((id): Duty => {
          const about = { token: "0xT", tenant: "0xA", bounty: 7n };
          return { key: `expire 1-${id}`, kind: "expire", id: BigInt(id), dueAt: 1_000_000, ...about };
        })
        .filter(({ key }) => !done.has(key));
    };
    const stuck = member("stuck", "4", store, due);
    const other = member("other", "5", store, due);
    members.push(stuck, other);
    let blocks: number | undefined;
    for (let block = 0; block < 120; block++) {
      spoil(stuck.chain, stuck, block);
      for (const { keeper } of members) await keeper.pass().catch(ofNodes);
      if (due().length === 0) blocks ??= block;
      spoil(stuck.chain, stuck, block);
      for (const { chain } of members) chain.mine();
    }
    return { blocks, byStuck: doneIn(stuck), byOther: doneIn(other) };
  });
}

const all = Array.from({ length: LEASES }, (_, index) => `expire 1-${index + 1}`);

describe("A fleet with a member that cannot get mined (ATK-KPR-13)", () => {
  it("ends what that one claimed, once its claims have ended: its nodes take transactions and pass none on", async () => {
    const { blocks, byStuck, byOther } = await endings((chain) => chain.pool.clear());
    expect(blocks, "blocks").to.be.within(GIVEN_UP - 10, GIVEN_UP + 1);
    expect([byStuck, [...byOther].sort()]).to.deep.equal([[], [...all].sort()]);
  });

  it("ends what that one claimed, once its claims have ended: its fee cap is below the base fee", async () => {
    const { blocks, byStuck, byOther } = await endings((chain) => {
      if (chain.pool.size > 0) chain.baseFee = 70n * GWEI;
    });
    expect(blocks, "blocks").to.be.within(GIVEN_UP - 10, GIVEN_UP + 1);
    expect([byStuck, [...byOther].sort()]).to.deep.equal([[], [...all].sort()]);
  });

  it("ends at once what the nodes of that one refuse, and lets no duty wait for it", async () => {
    const { blocks, byStuck, byOther } = await endings((chain) => {
      chain.refusesAll = "rejected";
    });
    expect(blocks, "blocks").to.be.at.most(2);
    expect([byStuck, [...byOther].sort()]).to.deep.equal([[], [...all].sort()]);
  });

  it("ends what that one claimed, once its claims have ended: its nodes take nothing for now", async () => {
    const { blocks, byStuck, byOther } = await endings((chain) => {
      chain.refusesAll = "notNow";
    });
    expect(blocks, "blocks").to.be.within(GIVEN_UP - 10, GIVEN_UP + 1);
    expect([byStuck, [...byOther].sort()]).to.deep.equal([[], [...all].sort()]);
  });
});

describe("A fleet with a member whose nodes are broken (ATK-KPR-25)", () => {
  it("does what that one claims, although no call of it is answered: a pass that fails keeps no claims", async () => {
    const { blocks, byOther } = await endings((_chain, { nodes }) => {
      nodes.simulate = () => Promise.reject(new WaitError("0 of 1 endpoints told what a call returns"));
    });
    expect(blocks, "blocks").to.be.at.most(2);
    expect([...byOther].sort()).to.deep.equal([...all].sort());
  });

  for (const type of ["reverts", "refused"] as const) {
    it(`does what that one holds because its calls are said to fail (${type})`, async () => {
      const { blocks, byOther } = await endings((_chain, { nodes }) => {
        nodes.simulate = () => Promise.resolve({ type, reason: "wibble" });
      });
      expect(blocks, "blocks").to.be.at.most(2);
      expect([...byOther].sort()).to.deep.equal([...all].sort());
    });
  }

  it("does what that one says is done already", async () => {
    const { blocks, byOther } = await endings((_chain, { nodes }) => {
      nodes.simulate = () => Promise.resolve({ type: "works", done: 0 });
    });
    expect(blocks, "blocks").to.be.at.most(2);
    expect([...byOther].sort()).to.deep.equal([...all].sort());
  });

  it("believes no claim that is longer than any can be: that one's nodes are a year ahead", async () => {
    const { blocks, byOther } = await endings((chain, { nodes }) => {
      nodes.ahead = 365 * 24 * 3_600;
      chain.pool.clear();
    });
    expect(blocks, "blocks").to.be.at.most(2);
    expect([...byOther].sort()).to.deep.equal([...all].sort());
  });
});
