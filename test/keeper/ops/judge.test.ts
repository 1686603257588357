import { expect } from "chai";
import pino from "pino";

import type { Settled } from "../../../keeper/chain/queueApi";
import type { Setbacks } from "../../../keeper/core/backoff";
import { judge } from "../../../keeper/ops/judge";

const log = pino({ level: "silent" });
const KEY = "renew 1-1";

/** A transaction that was signed at block 100, mined in this one, and did nothing. */
function vain(blockNumber: number, reverted = false): Settled & { readonly type: "mined" } {
  const hash = "0xaa";
  const gas = { gasUsed: 50_000n, feePaid: 1n };
  const fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
  const duties = [{ key: KEY, dueAt: 900, tenant: "0xA" }];
  const about = { nonce: 0, attempt: 0, hash, raw: "0x", gasLimit: 90_000n, signedBlock: 100, sent: true };
  return {
    type: "mined",
    attempt: { ...about, kind: "renew", duties, fees },
    receipt: { hash, blockNumber, blockHash: "0xbb", reverted, ...gas, logs: [] },
    done: [],
    earned: {},
  };
}

/** What it comes to, and what is remembered of it. */
async function judgedAt(block: number, reverted = false): Promise<readonly unknown[]> {
  const struck: string[] = [];
  const backoff = {
    all: (): Promise<Setbacks> => Promise.resolve(new Map()),
    clear: () => Promise.resolve(),
    strike: (scopes: readonly string[]): Promise<Setbacks> => {
      struck.push(...scopes);
      return Promise.resolve(new Map());
    },
  };
  const judgement = await judge(vain(block, reverted), { due: new Set([KEY]), now: 1_000, backoff, log });
  return [judgement?.outcome, judgement?.cause, judgement?.failed, struck];
}

describe("judge", () => {
  it("remembers what a transaction in vain says about its kind and its tenant", async () => {
    expect(await judgedAt(101)).to.deep.equal(["empty", "empty", [KEY], ["empty renew", "empty renew of 0xa"]]);
    expect(await judgedAt(101, true)).to.deep.equal([
      "reverted",
      "reverted",
      [KEY],
      ["reverted renew", "reverted renew of 0xa"],
    ]);
  });

  it("blames nobody for one that a fork put before its time (ATK-KPR-3, ATK-KPR-17)", async () => {
    expect(await judgedAt(100)).to.deep.equal(["empty", undefined, [], []]);
    expect(await judgedAt(60, true)).to.deep.equal(["reverted", undefined, [], []]);
  });
});
