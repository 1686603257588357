import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";

import { DEPOSIT, NO_CEILING, type OpenMarket, openMarketFixture, whole } from "../helpers/fixture";
import { keepLive } from "../helpers/heartbeats";
import { createOffer, LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { feeOf } from "../helpers/money";
import { anOffer, anOrder } from "../helpers/orders";
import { DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR, MINUTE, UNBONDING_DELAY } from "../helpers/parameters";
import { holds } from "../helpers/property";
import { moveTo, now } from "../helpers/time";
import { storedLease } from "../helpers/words";

/**
 * One person who is everybody: provider and operator of its own offer, its only tenant, and the keeper; funded and
 * bonded. With a minimum of nothing and the highest bounty that governance can list.
 */
async function aloneFixture() {
  const f = await loadFixture(openMarketFixture);
  const alone = f.tenantB;
  await f.market.connect(f.admin).listToken(f.usd6, 10n ** 9n, 10n ** 9n);
  await f.hold.connect(alone).approve(f.staking, 2n ** 255n);
  await f.staking.connect(alone).bond(f.market, 10n ** 22n);
  const token = await f.usd6.getAddress();
  const offer = await createOffer(f.market, alone, anOffer({ token, price: 3n * 2n ** 31n }));
  return { f, alone, token, offer };
}

const NO_LIMIT = 2n ** 128n - 1n;

/** Everything that a person has: base units in wallet, free and locked; wei of HOLD in wallet and due. */
async function wealthOf(f: OpenMarket, person: HardhatEthersSigner) {
  const free = await f.escrow.freeOf(f.usd6, person);
  const { locked } = await f.escrow.moduleAccount(f.market, f.usd6, person);
  let due = 0n;
  const penalties = await f.staking.penaltyCount();
  for (let id = 1n; id <= penalties; ++id) {
    const { amount, tenant } = await f.staking.penaltyOf(id);
    if (tenant === person.address) due += amount - amount / 5n;
  }
  return {
    money: (await f.usd6.balanceOf(person)) + free + locked,
    hold: (await f.hold.balanceOf(person)) + due,
  };
}

const ACTIONS = [
  "open",
  "activate",
  "close",
  "cancel",
  "decline",
  "expire",
  "noShow",
  "collect",
  "extend",
  "grow",
  "shrink",
  "notice",
  "transfer",
] as const;

describe("ATK-LSE-4: a ring of own leases", () => {
  it("never ends with more than it began, whatever it does in which order (INV-LSE-8)", async function () {
    this.timeout(120_000);
    const step = fc.record({
      action: fc.constantFrom(...ACTIONS),
      lease: fc.integer({ min: 1, max: 3 }),
      wait: fc.constantFrom(1, 1, 60, 15 * MINUTE, 45 * MINUTE),
      beats: fc.boolean(),
    });
    let ended = 0;
    const came = new Set<string>();
    await holds(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
        const { f, alone, token, offer } = await loadFixture(aloneFixture);
        const [market, before] = [f.market.connect(alone), await wealthOf(f, alone)];
        const first = ["open", "open", "activate"] as const;
        const opening = first.map((action, i) => ({ action, lease: i, wait: 1, beats: true }));
        for (const { action, lease, wait, beats } of [...opening, ...steps]) {
          const id = leaseIdOf(offer, lease);
          await time.increase(wait);
          // Nothing grows on a provider that was not just seen.
          if (beats || action === "grow") await f.liveness.connect(alone).heartbeat(alone);
          const actions: Record<(typeof ACTIONS)[number], () => Promise<unknown>> = {
            open: async () => market.open(await anOrder(market, { token, offers: [offer], units: 2, duration: HOUR })),
            activate: () => market.activate([id]),
            close: () => market.close(id),
            cancel: () => market.cancel(id),
            decline: () => market.decline(id),
            expire: () => market.expire([id, id]),
            noShow: () => market.cancelNoShows([id, id]),
            collect: () => market.collect([id, id]),
            extend: () => market.extend(id, alone, HOUR, NO_LIMIT),
            grow: () => market.resize(id, 3, NO_LIMIT, NO_LIMIT),
            shrink: () => market.resize(id, 1, 0n, 0n),
            notice: async () => market.giveNotice(id, (await f.lens.leaseView(id)).end),
            transfer: async () => {
              await market.offerTransfer(id, alone);
              await market.acceptTransfer(id, 0n);
            },
          };
          // What is refused is refused; the ring tries the next.
          const done = await actions[action]().then(
            () => true,
            (error: unknown) => void expect(String(error)).to.match(/custom error/),
          );
          if (!done) continue;
          came.add(action);
          const { money, hold } = await wealthOf(f, alone);
          expect(money <= before.money && hold <= before.hold, `${action} made money`).to.equal(true);
        }
        for (const lease of [1, 2, 3]) {
          if ((await storedLease(f.market, leaseIdOf(offer, lease))).status > LeaseStatus.Active) ended += 1;
        }
      }),
      40,
    );
    expect(ended).to.be.greaterThan(40);
    expect(ACTIONS.filter((action) => !came.has(action))).to.deep.equal([]);
  });

  it("pays its own bounty out of its own lock: opening and expiring costs the fee, no more, no less", async () => {
    const { f, alone, token, offer } = await loadFixture(aloneFixture);
    const before = await wealthOf(f, alone);
    await f.liveness.connect(alone).heartbeat(alone);
    await f.market.connect(alone).open(await anOrder(f.market, { token, offers: [offer], duration: HOUR }));
    const id = leaseIdOf(offer, 1);
    await f.market.connect(alone).activate([id]);
    const { start, end } = { start: await now(), end: (await now()) + HOUR };
    await keepLive(f.liveness, alone, alone, start + GRACE - 1, end);
    await moveTo(end);
    await f.market.connect(alone).expire([id]);
    await f.market.connect(alone).collect([id]);
    const { rate, mark } = await storedLease(f.market, id);
    expect(await wealthOf(f, alone)).to.deep.equal({ ...before, money: before.money - feeOf(rate, mark, FEE_BPS) });
  });

  it("loses all of the penalty by its own no-show, and gains no time (INV-STK-2, INV-STK-3, ATK-STK-9)", async () => {
    const { f, alone, token, offer } = await loadFixture(aloneFixture);
    await f.liveness.connect(alone).heartbeat(alone);
    await f.market.connect(alone).open(await anOrder(f.market, { token, offers: [offer], duration: HOUR }));
    const before = await wealthOf(f, alone);
    const { cutoff } = await f.lens.leaseView(leaseIdOf(offer, 1));
    await moveTo(cutoff);
    await f.market.connect(alone).cancelNoShows([leaseIdOf(offer, 1)]);
    const { amount, maturesAt } = await f.staking.penaltyOf(1);
    expect(await wealthOf(f, alone)).to.deep.equal({ ...before, hold: before.hold - amount });
    expect(maturesAt).to.equal((await now()) + UNBONDING_DELAY);
  });

  it("is the treasury, too: everything returns to the one account, to the base unit (INV-ESC-2)", async () => {
    const { f, alone, token, offer } = await loadFixture(aloneFixture);
    await f.market.connect(f.admin).publishTerms({ ...DEFAULT_TERMS, treasury: alone.address }, DEFAULT_WEIGHTS);
    await f.escrow.connect(alone).approveModule(token, f.market, NO_CEILING);
    await f.liveness.connect(alone).heartbeat(alone);
    for (const index of [1, 2]) {
      await f.market.connect(alone).open(await anOrder(f.market, { token, offers: [offer], duration: HOUR }));
      await f.market.connect(alone).activate([leaseIdOf(offer, index)]);
    }
    await f.market.connect(alone).collect([leaseIdOf(offer, 1)]);
    await f.market.connect(alone).close(leaseIdOf(offer, 2));
    await moveTo((await now()) + 2 * HOUR);
    const ids = [leaseIdOf(offer, 1), leaseIdOf(offer, 2)];
    await f.market.connect(alone).expire(ids);
    await f.market.connect(alone).collect(ids);
    expect(await f.escrow.freeOf(token, alone)).to.equal(whole(DEPOSIT, 6));
    expect((await f.escrow.moduleAccount(f.market, token, alone)).locked).to.equal(0n);
  });
});

describe("ATK-LSE-5: leases of dust", () => {
  it("slow nobody: each action on another's lease costs the same after two hundred of them", async function () {
    this.timeout(120_000);
    const f = await loadFixture(openMarketFixture);
    await f.market.connect(f.admin).listToken(f.usd6, 0n, 0n);
    const token = await f.usd6.getAddress();
    const order = await anOrder(f.market, { token, offers: [f.offerA], duration: HOUR });
    await f.market.connect(f.providerA).setCapacity(f.offerA, 1_000);
    await f.market.connect(f.providerA).setPrice(f.offerA, 2n ** 32n);

    const used = async (sent: Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>) =>
      (await (await sent).wait())!.gasUsed;
    const costs = async (index: number) => {
      const id = leaseIdOf(f.offerA, index);
      await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
      const open = await used(f.market.connect(f.tenantA).open(order));
      const activate = await used(f.market.connect(f.operatorA).activate([id]));
      const collect = await used(f.market.collect([id]));
      await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
      await moveTo((await now()) + HOUR);
      const expire = await used(f.market.connect(f.keeper).expire([id]));
      const settle = await used(f.market.collect([id]));
      return { open, activate, collect, expire, settle };
    };
    // The first three warm every account up.
    await costs(1);
    await costs(2);
    const before = await costs(3);
    const dust = { ...order, duration: 1 };
    await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
    for (let i = 0; i < 200; ++i) await f.market.connect(f.tenantB).open(dust);
    await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
    await f.market.connect(f.operatorA).activate([leaseIdOf(f.offerA, 100)]);
    const after = await costs(204);
    for (const action of ["open", "activate", "collect", "expire", "settle"] as const) {
      const [one, other] = [before[action], after[action]];
      expect(other * 100n, `${action}: ${one}, then ${other}`).to.be.at.most(one * 102n);
    }
  });
});
