import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { formatLeaseId } from "../../sdk/ids";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { createOffer } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, perHour } from "../helpers/money";
import { anOffer } from "../helpers/orders";
import { GRACE, HOUR, listingOf, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { activeLease, serve } from "../helpers/scene";
import { moveTo } from "../helpers/time";

interface Failed {
  readonly error: { readonly name?: string; readonly message: string };
}

const { bounty: BOUNTY } = listingOf(6);

/** A lease of two hours, and its name. */
async function runningFixture() {
  const fixture = await loadFixture(openMarketFixture);
  const lease = await activeLease(fixture, { duration: 2 * HOUR, units: 2 });
  return { ...fixture, lease, name: formatLeaseId(lease.id) };
}

describe("leasehold order", () => {
  it("sets an order capped at the present price and bounty, and says what a renewal takes", async () => {
    const fixture = await loadFixture(runningFixture);
    const { orders, tenantA, lease, name } = fixture;
    const { code, out, err } = await leasehold(fixture, tenantA, `order set ${name} --period 3h --count 2`);
    expect(code).to.equal(0);
    expect(err)
      .to.match(/renewals left +2, by 3h each/)
      .and.to.match(/price at most +0\.42 USD6\/h a unit/)
      .and.to.match(/bounty at most +0\.05 USD6 each time/)
      .and.to.match(/a renewal takes +up to 2\.57 USD6 of the tenant's free balance/);
    expect(out).to.include(`Lease ${name} is renewed 2 times, by 3h, as long as this order allows it.`);
    const { order } = await orders.orderOf(lease.id);
    expect([order.maxPricePerSecondX32, order.period, order.count, order.maxBounty]).to.deep.equal([
      perHour(420_000n),
      10_800n,
      2n,
      BOUNTY,
    ]);
  });

  it("shows an order, here and with the lease, and takes it back", async () => {
    const fixture = await loadFixture(runningFixture);
    const { market, providerA, tenantA, offerA, offerB, lease, name } = fixture;
    const none = await leaseholdJson<object>(fixture, undefined, `order show ${name}`);
    expect(none).to.deep.equal({ lease: name, order: null });
    const line = `order set ${name} --period 1h --max-price 0.60/h --max-bounty 0.06 --fallback ${offerB}`;
    const { notes } = await leaseholdJson<{ notes: string[] }>(fixture, tenantA, line);
    expect(notes).to.deep.equal([]);
    await market.connect(providerA).setPrice(offerA, perHour(700_000n));
    const shown = await leaseholdJson<Record<string, unknown>>(fixture, undefined, `order show ${name}`);
    expect(shown).to.deep.include({
      lease: name,
      renewalPriceX32: perHour(420_000n).toString(), // the raise counts tomorrow
      renewableFrom: lease.end - HOUR,
    });
    expect(shown["order"]).to.deep.include({
      period: 3_600,
      count: 1,
      maxBounty: "60000",
      fallbacks: [String(offerB)],
    });
    const { out } = await leasehold(fixture, undefined, `lease show ${name}`);
    expect(out).to.match(/renewals +1 renewal of 1h at 0\.60 USD6\/h a unit at most, else on offer 2/);
    const [listed] = await leaseholdJson<{ order: object }[]>(fixture, undefined, `lease show ${name}`);
    expect(listed?.order).to.deep.equal(shown["order"]);

    await leasehold(fixture, tenantA, `order cancel ${name}`);
    const gone = await leasehold(fixture, undefined, `order show ${name}`);
    expect(gone.out).to.equal(`Lease ${name} has no standing order.\n`);
    const again = await leasehold(fixture, tenantA, `order cancel ${name} --json`);
    expect((JSON.parse(again.err) as Failed).error.name).to.equal("OrdersNoOrder");
  });

  it("tells what its tenant lacks for a renewal, now", async () => {
    const fixture = await loadFixture(runningFixture);
    const { escrow, market, usd6, tenantA, name } = fixture;
    await escrow.connect(tenantA).withdraw(usd6, tenantA, (await escrow.freeOf(usd6, tenantA)) - 1_000_000n);
    await escrow.connect(tenantA).approveModule(usd6, market, 0n);
    const { notes } = await leaseholdJson<{ notes: string[] }>(fixture, tenantA, `order set ${name} --period 2h`);
    expect(notes).to.deep.equal([
      "1.00 USD6 are free in escrow now: see leasehold tenant deposit",
      "the market may lock 0.00 USD6 more now: see leasehold tenant approve",
    ]);
  });

  it("tells fallbacks that are too dear, and refuses those in another token", async () => {
    const fixture = await loadFixture(runningFixture);
    const { tenantA, offerB, offerC, name } = fixture;
    const dear = await leasehold(fixture, tenantA, `order set ${name} --period 1h --fallback ${offerB}`);
    expect(dear.err).to.include(`offer ${offerB} costs 0.55 USD6/h now: too dear for this order`);
    expect(dear.code).to.equal(0);
    const foreign = await leasehold(fixture, tenantA, `order set ${name} --period 1h --fallback ${offerB} ${offerC}`);
    expect(foreign.err).to.equal(`error: offer ${offerC} is paid in another token than lease ${name}\n`);
  });

  for (const [line, actor, name] of [
    ["--period 59m", "tenantA", "OrdersPeriodTooShort"],
    ["--period 1h --fallback 1 2 1 2 1", "tenantA", "OrdersTooManyFallbacks"],
    ["--period 1h", "tenantB", "OrdersNotTenant"],
  ] as const) {
    it(`says why ${actor} is refused: ${line}`, async () => {
      const fixture = await loadFixture(runningFixture);
      const run = await leasehold(fixture, fixture[actor], `order set ${fixture.name} ${line} --json`);
      expect((JSON.parse(run.err) as Failed).error.name).to.equal(name);
      expect(run.code).to.equal(1);
    });
  }

  it("refuses fallbacks that do not exist, or whose slashing module the address book does not know", async () => {
    const fixture = await loadFixture(runningFixture);
    const { market, orders, usd6, providerB, stranger, tenantA, lease, name } = fixture;
    const lost = await leasehold(fixture, tenantA, `order set ${name} --period 1h --fallback 9`);
    expect(lost.err).to.equal("error: offer 9 does not exist\n");
    const terms = { token: await usd6.getAddress(), slasher: stranger.address };
    const strange = await createOffer(market, providerB, anOffer(terms));
    const line = `order set ${name} --period 1h --fallback ${strange}`;
    const refused = await leasehold(fixture, tenantA, line);
    expect(refused.err).to.equal(
      `error: offer ${strange} names slashing module ${stranger.address}, which the address book does not know: it can ` +
        "give most of the collateral away while the lease runs\nadd --any-slasher to take the risk\n",
    );
    expect((await leasehold(fixture, tenantA, `${line} --any-slasher`)).code).to.equal(0);
    expect((await orders.orderOf(lease.id)).fallbacks).to.deep.equal([strange]);
  });

  it("asks for a period, and takes 1 to 255 renewals", async () => {
    const fixture = await loadFixture(runningFixture);
    const run = await leasehold(fixture, fixture.tenantA, `order set ${fixture.name} --count 256`);
    expect(run.code).to.equal(2);
    expect(run.err).to.include("--period is missing").and.to.include("--count");
  });

  it("renews for anyone what is named or due, and pays the bounties", async () => {
    const fixture = await loadFixture(runningFixture);
    const { escrow, lens, usd6, tenantA, stranger, lease, name } = fixture;
    const nothing = await leasehold(fixture, stranger, "order renew");
    expect(nothing.err).to.equal("error: no lease with a standing order is in the hour before its end\n");
    expect((await leasehold(fixture, stranger, `order renew ${name}`)).err).to.equal(
      `error: lease ${name} has no standing order that holds\n`,
    );
    await leasehold(fixture, tenantA, `order set ${name} --period 2h --count 2`);
    const early = await leasehold(fixture, stranger, `order renew ${name}`);
    expect(early.err).to.match(new RegExp(`error: lease ${name} can be renewed from .* UTC on, in 5\\dm`));

    await serve(fixture, lease, lease.end - HOUR);
    await moveTo(lease.end - HOUR);
    const dry = await leasehold(fixture, stranger, "order renew --dry-run");
    expect(dry.out).to.include("would call  renew of").and.to.include(`[${name}]`).and.to.include("returns     1");
    const { renewed, passedOver } = await leaseholdJson<{ renewed: object[]; passedOver: string[] }>(
      fixture,
      stranger,
      "order renew",
    );
    const locked = costOf(lease.rate, 4 * HOUR) - costOf(lease.rate, 2 * HOUR);
    expect(renewed).to.deep.equal([
      { leaseId: lease.id.toString(), lease: name, locked: locked.toString(), bounty: BOUNTY.toString() },
    ]);
    expect(passedOver).to.deep.equal([]);
    expect(await escrow.freeOf(usd6, stranger)).to.equal(BOUNTY);
    expect((await lens.leaseView(lease.id)).end).to.equal(lease.end + 2 * HOUR);
    expect((await leasehold(fixture, undefined, `order show ${name}`)).out).to.match(/renewals left +1, by 2h each/);
  });

  it("says which orders do not allow a renewal now, and renews the others", async () => {
    const fixture = await loadFixture(runningFixture);
    const { tenantA, stranger, lease, name } = fixture;
    const other = await activeLease(fixture, { duration: HOUR });
    const otherName = formatLeaseId(other.id);
    await leasehold(fixture, tenantA, `order set ${name} --period 2h`);
    await leasehold(fixture, tenantA, `order set ${otherName} --period 2h --max-price 0.10/h`);
    const refused = await leasehold(fixture, stranger, "order renew");
    expect(refused.code).to.equal(1);
    expect(refused.err).to.include(`no order allows a renewal now of ${otherName}: price cap, funds, bond`);
    await serve(fixture, lease, lease.end - HOUR);
    await moveTo(lease.end - HOUR);
    const { out } = await leasehold(fixture, stranger, "order renew");
    expect(out).to.include(name).and.to.include(`Passed over: ${otherName}.`);
  });

  it("fails a lease over to its order's fallback where the provider is dark, and says why not before", async () => {
    const fixture = await loadFixture(runningFixture);
    const { escrow, liveness, usd6, tenantA, providerB, operatorB, stranger, offerB, lease, name } = fixture;
    await leasehold(
      fixture,
      tenantA,
      `order set ${name} --period 3h --count 2 --max-price 0.60/h --fallback ${offerB}`,
    );
    const early = await leasehold(fixture, stranger, `order fail-over ${name}`);
    expect(early.code).to.equal(1);
    expect(early.err).to.match(
      new RegExp(
        `lease ${name} can fail over from .* UTC on, in .*: in the last quarter of its duration or of its order's period`,
      ),
    );
    const order = await leaseholdJson<object>(fixture, undefined, `order show ${name}`);
    expect(order).to.deep.include({ renewableFrom: lease.end - HOUR, failsOverFrom: lease.end - HOUR / 2 });
    await moveTo(lease.startedAt + GRACE + OUTAGE_ALLOWANCE + HOUR);
    await liveness.connect(operatorB).heartbeat(providerB);

    const done = await leaseholdJson<Record<string, unknown>>(fixture, stranger, `order fail-over ${name}`);
    const next = `${offerB}-1`;
    expect(done).to.deep.include({ lease: name, next, left: "1" });
    expect(await escrow.freeOf(usd6, stranger)).to.equal(BOUNTY);
    const [view] = await leaseholdJson<Record<string, unknown>[]>(fixture, undefined, `lease show ${next}`);
    expect(view).to.deep.include({ status: "Pending", units: 2, tenant: tenantA.address, recipient: ZeroAddress });
    expect(view?.["order"]).to.deep.include({ count: 1, period: 10_800 });
    const again = await leasehold(fixture, stranger, `order fail-over ${name} --json`);
    expect((JSON.parse(again.err) as Failed).error.name).to.equal("OrdersNoOrder");
  });

  it("says in prices why no fallback is taken, and warns of it before", async () => {
    const fixture = await loadFixture(runningFixture);
    const { liveness, tenantA, stranger, providerB, operatorB, offerB, lease, name } = fixture;
    await leasehold(fixture, tenantA, `order set ${name} --period 1h --max-price 0.50/h --fallback ${offerB}`);
    const shown = await leasehold(fixture, undefined, `order show ${name}`);
    expect(shown.out).to.include(`offer ${offerB} costs 0.55 USD6/h now: too dear for this order`);
    await moveTo(lease.end - HOUR / 4);
    await liveness.connect(operatorB).heartbeat(providerB);
    const { code, err } = await leasehold(fixture, stranger, `order fail-over ${name}`);
    expect(code).to.equal(1);
    expect(err).to.include(`offer ${offerB} costs 0.55 USD6/h, the order takes at most 0.50 USD6/h`);
    expect(err).not.to.include("2^32");
  });

  it("takes an order after a notice where it names a fallback, and fails the lease over by it", async () => {
    const fixture = await loadFixture(runningFixture);
    const { liveness, market, tenantA, providerA, providerB, operatorB, stranger, offerB, lease, name } = fixture;
    await market.connect(providerA).giveNotice(lease.id, lease.end);
    const refused = await leasehold(fixture, tenantA, `order set ${name} --period 1h --json`);
    expect((JSON.parse(refused.err) as Failed).error.name).to.equal("OrdersNotRenewable");
    expect((await leasehold(fixture, tenantA, `order set ${name} --period 1h`)).err).to.include("--fallback <numbers>");
    await leasehold(fixture, tenantA, `order set ${name} --period 1h --max-price 0.60/h --fallback ${offerB}`);
    const { out } = await leasehold(fixture, undefined, `order show ${name}`);
    expect(out)
      .to.match(/leases left +1, of 1h each, on the fallback offers alone/)
      .and.not.to.match(/renewals left|a renewal takes|price now/);
    expect(out)
      .to.match(/renewable from +never: its provider gave notice/)
      .and.to.match(/fails over from +20/);
    expect((await leasehold(fixture, undefined, `lease show ${name}`)).out).to.match(
      /fails over +to offer 2, for 1h at 0\.60 USD6\/h a unit at most/,
    );
    await moveTo(lease.end - HOUR);
    expect((await leasehold(fixture, stranger, "order renew")).err).to.equal(
      "error: no lease with a standing order is in the hour before its end\n",
    );
    expect((await leasehold(fixture, stranger, `order renew ${name}`)).err).to.equal(
      `error: lease ${name} is never renewed, since its provider gave notice: see leasehold order fail-over\n`,
    );
    await moveTo(lease.end - HOUR / 4);
    await liveness.connect(operatorB).heartbeat(providerB);
    const done = await leaseholdJson<Record<string, unknown>>(fixture, stranger, `order fail-over ${name}`);
    expect(done).to.deep.include({ lease: name, next: `${offerB}-1`, left: "0" });
  });
});
