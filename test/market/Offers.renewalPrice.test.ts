import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { anOrder } from "../helpers/orders";
import { DAY, HOUR } from "../helpers/parameters";
import { activeLease, marketAs, offerOf, serve } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

const [LOW, OLD, HIGH, HIGHEST] = [10n ** 6n, 10n ** 9n, 2n * 10n ** 9n, 3n * 10n ** 9n];

/** An offer of providerA at the old price, and how its price is set and read. */
async function offerFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { price: OLD });
  const start = (await now()) + 100;
  const set = (after: number, price: bigint) =>
    at(start + after, () => f.market.connect(f.providerA).setPrice(offer, price));
  /** What a renewal would pay, in each of these seconds. */
  const expectPaid = async (...expected: (readonly [after: number, price: bigint])[]) => {
    for (const [after, price] of expected) {
      if ((await now()) < start + after) await moveTo(start + after);
      expect(await f.market.renewalPriceOf(offer), `after ${after} s`).to.equal(price);
    }
  };
  return { f, offer, start, set, expectPaid };
}

describe("Offers: what renewals pay", () => {
  it("is the price where it was never raised, and nothing for an unknown offer", async () => {
    const { f, expectPaid } = await loadFixture(offerFixture);
    await expectPaid([0, OLD], [DAY, OLD]);
    expect(await f.market.renewalPriceOf(99n)).to.equal(0n);
  });

  it("is the old price until 24 hours after a raise, to the second (ATK-LSE-10)", async () => {
    const { f, offer, start, set, expectPaid } = await loadFixture(offerFixture);
    await set(0, HIGH);
    expect(await storedOffer(f.market, offer)).to.include({
      pricePerSecondX32: HIGH,
      priceBeforeX32: OLD,
      raisedAt: BigInt(start),
    });
    await expectPaid([0, OLD], [1, OLD], [DAY - 1, OLD], [DAY, HIGH], [DAY + 1, HIGH]);
  });

  it("is a cut price at once, which is remembered as no raise", async () => {
    const { f, offer, set, expectPaid } = await loadFixture(offerFixture);
    await set(0, LOW);
    expect(await storedOffer(f.market, offer)).to.include({ pricePerSecondX32: LOW, raisedAt: 0n });
    await expectPaid([0, LOW], [DAY, LOW]);
  });

  it("waits for the last of several raises", async () => {
    const { set, expectPaid } = await loadFixture(offerFixture);
    await set(0, HIGH);
    await set(DAY - 1, HIGHEST);
    await expectPaid([DAY - 1, OLD], [DAY, OLD], [2 * DAY - 2, OLD], [2 * DAY - 1, HIGHEST]);
  });

  it("steps up where a raise counts already when the next is made", async () => {
    const { set, expectPaid } = await loadFixture(offerFixture);
    await set(0, HIGH);
    await set(DAY, HIGHEST);
    await expectPaid([DAY, HIGH], [2 * DAY - 1, HIGH], [2 * DAY, HIGHEST]);
  });

  it("waits anew where a raise is cut to a price that is still above the old one", async () => {
    const { set, expectPaid } = await loadFixture(offerFixture);
    await set(0, HIGHEST);
    await set(HOUR, HIGH);
    await expectPaid([HOUR, OLD], [DAY, OLD], [DAY + HOUR - 1, OLD], [DAY + HOUR, HIGH]);
  });

  for (const [what, price] of [
    ["the old one", OLD],
    ["one below it", LOW],
  ] as const) {
    it(`is the price of the cut at once where a raise is cut to ${what}`, async () => {
      const { f, offer, set, expectPaid } = await loadFixture(offerFixture);
      await set(0, HIGH);
      await set(HOUR, price);
      expect(await storedOffer(f.market, offer)).to.include({ pricePerSecondX32: price, raisedAt: 0n });
      await expectPaid([HOUR, price], [DAY, price], [DAY + HOUR, price]);
    });
  }

  it("is what was paid before where a cut is raised again", async () => {
    const { set, expectPaid } = await loadFixture(offerFixture);
    await set(0, LOW);
    await set(1, OLD);
    await expectPaid([1, LOW], [DAY, LOW], [DAY + 1, OLD]);
  });

  it("is not what new leases pay: they pay the raise at once", async () => {
    const { f, offer, set } = await loadFixture(offerFixture);
    await f.market.connect(f.admin).listToken(f.usd6, 0n, 0n);
    await set(0, HIGH);
    const order = await anOrder(f.market, { token: await f.usd6.getAddress(), offers: [offer], duration: HOUR });
    const [quote] = await f.lens.quote(order);
    expect(quote!.ratePerSecondX32).to.equal(HIGH);
  });

  it("cannot be sniped: raise, renew and cut in one block renew at the old price (ATK-LSE-10)", async () => {
    const { f } = await loadFixture(offerFixture);
    const offer = await offerOf(f, { price: OLD * 100n });
    const lease = await activeLease(f, { offer, duration: 2 * HOUR });
    await serve(f, lease, lease.end - 10);
    const provider = f.market.connect(f.providerA);
    const orders = await marketAs(f, "ORDERS");
    const caps = { maxPricePerSecondX32: HIGHEST * 100n, maxBounty: lease.bounty };
    const renewals = [{ leaseId: lease.id, period: HOUR, transfers: 0n, ...caps }];
    const outcome = await together(
      lease.end - 10,
      () => provider.setPrice(offer, HIGHEST * 100n, ROOM),
      () => orders.renew(renewals, f.keeper, ROOM),
      () => provider.setPrice(offer, OLD * 100n, ROOM),
    );
    expect(outcome).to.deep.equal(["done", "done", "done"]);
    expect(await storedLease(f.market, lease.id)).to.include({ duration: BigInt(3 * HOUR), rate: OLD * 100n });
  });
});
