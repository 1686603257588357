import { expect } from "chai";

import { FeeReader } from "../../../keeper/chain/feeReader";
import type { Eyes } from "../../../keeper/ops/means";
import { outlook } from "../../../keeper/ops/outlook";
import { describe as describeOutlook } from "../../../keeper/ops/report";
import type { StandingFacts } from "../../../keeper/ops/standing";
import { BackoffStore } from "../../../keeper/store/backoffStore";
import { Journal } from "../../../keeper/store/journal";
import { WorkStore } from "../../../keeper/store/workStore";
import { GWEI, SenderChain } from "../chain/senderChain";
import { duty, TENANT, TOKEN } from "../core/facts";
import { withStore } from "../stores";
import { never, stateOf } from "./fakeState";

const ACCOUNT = "0x00000000000000000000000000000000000000D1";
const COIN = 10n ** 18n;
const GAS_LIMIT = 1_000_000n;

interface World {
  readonly eyes: Eyes;
  readonly self: StandingFacts;
  readonly journal: Journal;
  readonly work: WorkStore;
  readonly backoff: BackoffStore;
  readonly now: number;
  readonly block: number;
  balance: bigint;
}

async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  await withStore(async (newStore) => {
    const database = await newStore();
    const chain = new SenderChain(ACCOUNT);
    const { head } = chain;
    const duties = [1, 2, 3, 4].map((index) => duty(index, head.timestamp - 60));
    const eyes: Eyes = {
      sync: () => Promise.resolve(head),
      suspect: never,
      doubt: never,
      state: stateOf(() => duties, {
        backlog: () => Promise.resolve({ duties: duties.length, dueSince: head.timestamp - 60 }),
      }),
      fees: new FeeReader(chain),
      l1Fees: undefined,
      policy: { minProfit: 0n, patience: 0, prices: new Map(), disputes: true, maxFeePerGas: 60n * GWEI },
      nodeGasLimit: 50_000_000n,
      maxInFlight: 2,
    };
    const journal = new Journal(database, ACCOUNT);
    const work = new WorkStore(database);
    const backoff = new BackoffStore(database);
    const world: World = {
      eyes,
      self: {
        account: ACCOUNT,
        name: "east",
        confirmations: 12,
        journal,
        work,
        backoff,
        balance: () => Promise.resolve(world.balance),
      },
      journal,
      work,
      backoff,
      now: head.timestamp,
      block: head.number,
      balance: 10n * COIN,
    };
    await test(world);
  });
}

/** A signed transaction for the duties with these indexes. */
async function sign({ journal, block, now }: World, nonce: number, ...indexes: number[]): Promise<string> {
  const hash = `0x${nonce}`;
  await journal.record(
    {
      nonce,
      attempt: 0,
      hash,
      raw: "0x",
      kind: "expire",
      duties: indexes.map((index) => ({ key: `expire 1-${index}`, dueAt: now - 60, token: TOKEN, tenant: TENANT })),
      fees: { maxFeePerGas: 50n * GWEI, maxPriorityFeePerGas: GWEI },
      gasLimit: GAS_LIMIT,
      signedBlock: block - 2,
      sent: true,
    },
    now,
  );
  return hash;
}

const planned = ({ actions }: Awaited<ReturnType<typeof outlook>>): string[] =>
  actions.flatMap(({ duties }) => duties.map(({ key }) => key));
const left = ({ skipped }: Awaited<ReturnType<typeof outlook>>): Record<string, string> =>
  Object.fromEntries(skipped.map(({ duty: { key }, reason }) => [key, reason]));

describe("Outlook of one keeper", () => {
  it("leaves what it has on its way, did, failed at, or another keeper claimed, and says which is why", () =>
    withWorld(async (world) => {
      await sign(world, 5, 1);
      const hash = await sign(world, 4, 2);
      const block = { number: world.block - 3, hash: "0xb" };
      await world.journal.mined(4, { hash, block, reverted: false, gasUsed: 1n, feePaid: 1n, earned: {} });
      await world.work.fail("expire 1-3", world.now);
      await world.work.claim(["expire 1-4"], "west", world.now, world.now + 100);
      const found = await outlook(world.eyes, world.self);
      expect(Object.keys(found.head)).to.deep.equal(["number", "hash", "timestamp", "baseFeePerGas"]);
      expect(planned(found)).to.deep.equal([]);
      expect(left(found)).to.deep.equal({
        "expire 1-1": "under way",
        "expire 1-2": "done, and not confirmed yet",
        "expire 1-3": "failed, left in peace for a while",
        "expire 1-4": "claimed by another keeper",
      });
      const text = describeOutlook(found);
      expect(text).to.match(/expire 1-4 +claimed by another keeper/);
      expect(text).to.match(/5 +expire 1-1 +2 blocks +50\.0\n +0x5/);
      expect(text).to.contain(`Keeper east, account ${ACCOUNT}: it has 10.0 native coins, and can spend 9.95 of them.`);
    }));

  it("plans what is its own claim, within its balance less what is on its way, and within its free places", () =>
    withWorld(async (world) => {
      await world.work.claim(["expire 1-4"], "east", world.now, world.now + 100);
      expect(planned(await outlook(world.eyes, world.self))).to.have.members([1, 2, 3, 4].map((i) => `expire 1-${i}`));
      await sign(world, 5, 1);
      world.balance = 50n * GWEI * GAS_LIMIT;
      const poor = await outlook(world.eyes, world.self);
      expect(poor.keeper).to.deep.include({ balance: world.balance, budget: 0n });
      expect(left(poor)).to.deep.include({ "expire 1-4": "account empty" });
      await sign(world, 6, 2);
      world.balance = 10n * COIN;
      expect(left(await outlook(world.eyes, world.self))).to.deep.include({
        "expire 1-4": "too many transactions under way",
      });
    }));

  it("leaves what was in vain before, as the keeper does, and says so (ATK-KPR-17)", () =>
    withWorld(async (world) => {
      const [first] = await world.eyes.state.due(world.now, 1);
      await world.backoff.strike([`empty expire of ${first?.tenant?.toLowerCase()}`], world.now);
      const found = await outlook(world.eyes, world.self);
      expect(new Set(Object.values(left(found)))).to.deep.equal(new Set(["in vain before, left in peace for a while"]));
      expect(planned(found)).to.deep.equal([]);
    }));

  it("tries one at a time of what was in vain before: none while another one is on its way", () =>
    withWorld(async (world) => {
      const { eyes, self, backoff, now } = world;
      await backoff.strike([`empty expire of ${TENANT.toLowerCase()}`], now - 1_000);
      expect(planned(await outlook(eyes, self))).to.have.lengthOf(1);
      await sign(world, 5, 1);
      expect(left(await outlook(eyes, self))).to.deep.equal({
        "expire 1-1": "under way",
        "expire 1-2": "another try comes first",
        "expire 1-3": "another try comes first",
        "expire 1-4": "another try comes first",
      });
    }));

  it("changes nothing of what the keeper knows", () =>
    withWorld(async (world) => {
      await sign(world, 5, 1);
      const before = await world.journal.open();
      await outlook(world.eyes, world.self);
      expect(await world.journal.open()).to.deep.equal(before);
      expect((await world.work.blocked(["expire 1-3"], "west", world.now)).size).to.equal(0);
    }));

  it("is of nobody in particular where the account is not known, and says so", () =>
    withWorld(async (world) => {
      await sign(world, 5, 1);
      const found = await outlook(world.eyes);
      expect(planned(found)).to.have.lengthOf(4);
      expect(describeOutlook(found)).to.contain("what anybody could do").and.to.contain("KEEPER_ACCOUNT");
    }));
});
