import { expect } from "chai";

import { formatLeaseId } from "../../sdk/ids";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, perHour } from "../helpers/money";
import { DAY, HOUR, MINUTE } from "../helpers/parameters";
import { activeLease, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";

interface Failed {
  readonly error: { readonly name?: string; readonly message: string; readonly args?: object };
  readonly exitCode: number;
}

/** A lease of tenantA on an offer of two days at most, three units at 0.42/h, that runs for three hours. */
async function runningFixture() {
  const fixture = await loadFixture(openMarketFixture);
  const offer = await offerOf(fixture, { maxDuration: 2 * DAY, minDuration: HOUR });
  const lease = await activeLease(fixture, { offer, units: 3, duration: 3 * HOUR });
  return { ...fixture, offer, lease, name: formatLeaseId(lease.id) };
}

describe("leasehold lease, changes", () => {
  describe("extend", () => {
    it("locks of anybody's money what the time costs, to the base unit, and says until when the lease lasts", async () => {
      const fixture = await loadFixture(runningFixture);
      const { escrow, lens, usd6, tenantA, tenantB, lease, name } = fixture;
      const before = await escrow.freeOf(usd6, tenantB);
      const cost = costOf(lease.rate, 5 * HOUR) - costOf(lease.rate, 3 * HOUR);
      const { code, out, err } = await leasehold(fixture, tenantB, `lease extend ${name} 2h`);
      expect(code).to.equal(0);
      expect(err)
        .to.include(`tenant  ${tenantA.address}, who gets all refunds`)
        .and.to.include("locks   2.52 USD6 of your escrow account, 2.52 USD6 at most")
        .and.to.include(" instead of ");
      expect(out).to.match(new RegExp(`Lease ${name} ends at .* UTC; 2.52 USD6 are locked more\\.`));
      expect(before - (await escrow.freeOf(usd6, tenantB))).to.equal(cost);
      expect((await lens.leaseView(lease.id)).end).to.equal(lease.end + 2 * HOUR);
    });

    it("reports as JSON, and shows without sending", async () => {
      const fixture = await loadFixture(runningFixture);
      const { tenantA, tenantB, lens, lease, name } = fixture;
      const line = `lease extend ${name} 1h`;
      const dry = await leasehold(fixture, tenantB, `${line} --dry-run`);
      expect(dry.out)
        .to.include(`Extend lease ${name} by 1h`)
        .and.to.match(/would call +extend of/)
        .and.to.match(new RegExp(`tenant +${tenantA.address}\n`))
        .and.to.match(/addedSeconds +3600/);
      expect((await lens.leaseView(lease.id)).end).to.equal(lease.end);
      const cost = (costOf(lease.rate, 4 * HOUR) - costOf(lease.rate, 3 * HOUR)).toString();
      const done = await leaseholdJson<Record<string, unknown>>(fixture, tenantB, line);
      const tenant = tenantA.address;
      expect(done).to.deep.include({ lease: name, tenant, cost, maxCost: cost, locked: cost, end: lease.end + HOUR });
    });

    it("says to its tenant that it pays for itself", async () => {
      const fixture = await loadFixture(runningFixture);
      const { tenantA, name } = fixture;
      const { code, err } = await leasehold(fixture, tenantA, `lease extend ${name} 1h`);
      expect(code).to.equal(0);
      expect(err).to.match(new RegExp(`^tenant  ${tenantA.address} \\(you\\)\n`));
    });

    for (const [what, line, name, says] of [
      ["beyond the offer's longest duration", "46h", "MarketExtensionOutOfBounds", "its offer allows 2d: extend it by"],
      ["for more than is allowed", "1h --max-cost 1", "MarketCostTooHigh", "1.00 USD6 are allowed: see --max-cost"],
    ] as const) {
      it(`says why it is refused ${what}`, async () => {
        const fixture = await loadFixture(runningFixture);
        const run = await leasehold(fixture, fixture.tenantB, `lease extend ${fixture.name} ${line} --json`);
        const { error, exitCode } = JSON.parse(run.err) as Failed;
        expect(error.name).to.equal(name);
        expect(error.message).to.include(says);
        expect([run.code, exitCode]).to.deep.equal([1, 1]);
      });
    }

    it("refuses a lease that does not run, without asking the chain to", async () => {
      const fixture = await loadFixture(runningFixture);
      const { tenantA, lease, name } = fixture;
      const pending = await pendingLease(fixture);
      const { err } = await leasehold(fixture, tenantA, `lease extend ${formatLeaseId(pending.id)} 1h`);
      expect(err).to.equal(`error: lease ${formatLeaseId(pending.id)} is pending: only a running lease changes\n`);
      await moveTo(lease.end);
      const late = await leasehold(fixture, tenantA, `lease extend ${name} 1h`);
      expect(late.err).to.equal(`error: lease ${name} has come to its end: only a running lease changes\n`);
      expect((await leasehold(fixture, tenantA, "lease extend 9-9 1h")).err).to.equal(
        "error: lease 9-9 does not exist\n",
      );
      expect((await leasehold(fixture, tenantA, `lease extend ${name}`)).code).to.equal(2);
    });
  });

  describe("resize", () => {
    it("adds units at the present price, within caps that are the present price and its cost", async () => {
      const fixture = await loadFixture(runningFixture);
      const { market, escrow, providerA, tenantA, offer, lease, name } = fixture;
      await market.connect(providerA).setPrice(offer, perHour(500_000n));
      const { locked: before } = await escrow.moduleAccount(market, lease.token, tenantA);
      const done = await leaseholdJson<Record<string, string | number>>(fixture, tenantA, `lease resize ${name} 5`);
      const rate = lease.rate + 2n * perHour(500_000n);
      expect(done).to.deep.include({ lease: name, units: 5, rateX32: rate.toString(), refund: "0" });
      expect(BigInt(done["maxPriceX32"]!)).to.equal(perHour(500_000n));
      expect(BigInt(done["locked"]!)).to.be.at.most(BigInt(done["maxCost"]!));
      const { locked: after } = await escrow.moduleAccount(market, lease.token, tenantA);
      const [locked, paid, fee] = ["locked", "paid", "fee"].map((name) => BigInt(done[name]!));
      expect(after - before).to.equal(locked! - paid! - fee!);
      const { feeBps } = await fixture.lens.leaseView(lease.id);
      expect(fee).to.equal(((paid! + fee!) * feeBps) / 10_000n);
    });

    it("gives units back once the minimum has passed, and says before when that is", async () => {
      const fixture = await loadFixture(runningFixture);
      const { tenantA, lease, name } = fixture;
      const early = await leasehold(fixture, tenantA, `lease resize ${name} 1`);
      expect(early.code).to.equal(1);
      expect(early.err).to.include(`lease ${name} can shrink from `);
      await serve(fixture, lease, lease.startedAt + HOUR);
      await moveTo(lease.startedAt + HOUR);
      const { out, err } = await leasehold(fixture, tenantA, `lease resize ${name} 1`);
      expect(err).not.to.include("locks");
      expect(out)
        .to.include(`${name}, 1 unit at 0.42 USD6/h in all`)
        .and.to.match(/free again +1\.67\d+ USD6/)
        .and.not.to.include("locked more");
      const closed = await leasehold(fixture, tenantA, `tenant close ${name}`);
      expect(closed.out).to.match(/\d+s are billed at its last rate, /);
    });

    for (const [what, line, actor, name] of [
      ["above the highest price", "4 --max-price 0.40/h", "tenantA", "MarketPriceTooHigh"],
      ["above the highest cost", "4 --max-cost 0.01", "tenantA", "MarketCostTooHigh"],
      ["beyond the offer's capacity", "11", "tenantA", "MarketCapacityShort"],
      ["to what it has", "3", "tenantA", "MarketUnitsUnchanged"],
      ["to somebody else", "4", "tenantB", "MarketNotTenant"],
    ] as const) {
      it(`says why it is refused: ${what}`, async () => {
        const fixture = await loadFixture(runningFixture);
        const run = await leasehold(fixture, fixture[actor], `lease resize ${fixture.name} ${line} --json`);
        expect((JSON.parse(run.err) as Failed).error.name).to.equal(name);
        expect(run.code).to.equal(1);
      });
    }
  });

  describe("notice", () => {
    async function longFixture() {
      const fixture = await loadFixture(openMarketFixture);
      const lease = await activeLease(fixture, { duration: 3 * DAY });
      return { ...fixture, lease, name: formatLeaseId(lease.id) };
    }

    it("moves the end to a little more than the notice period away, unless it is told when", async () => {
      const fixture = await loadFixture(longFixture);
      const { lens, providerA, lease, name } = fixture;
      const second = await now();
      const done = await leaseholdJson<{ end: number; refund: string }>(fixture, providerA, `lease notice ${name}`);
      expect(done.end).to.equal(second + DAY + 10 * MINUTE);
      const lasted = done.end - lease.startedAt;
      expect(done.refund).to.equal((costOf(lease.rate, 3 * DAY) - costOf(lease.rate, lasted)).toString());
      const view = await lens.leaseView(lease.id);
      expect([view.end, view.noticed]).to.deep.equal([BigInt(done.end), true]);
      const shown = await leasehold(fixture, undefined, `lease show ${name}`);
      expect(shown.out).to.match(/notice +the provider gave notice: neither extended nor renewed any more/);
      const extend = await leasehold(fixture, fixture.tenantA, `lease extend ${name} 1h`);
      expect(extend.err).to.include(`the provider gave notice for lease ${name}`);
    });

    it("takes another time, and says the bounds where that is too near", async () => {
      const fixture = await loadFixture(longFixture);
      const { providerA, tenantA, name } = fixture;
      const near = await leasehold(fixture, providerA, `lease notice ${name} --in 23h`);
      expect(near.code).to.equal(1);
      expect(near.err).to.include(`a notice can end lease ${name} from `);
      const other = await leasehold(fixture, tenantA, `lease notice ${name} --json`);
      expect((JSON.parse(other.err) as Failed).error.name).to.equal("MarketNotProvider");
      const { out } = await leasehold(fixture, providerA, `lease notice ${name} --in 36h`);
      expect(out).to.match(new RegExp(`Lease ${name} ends at .*; its tenant has 15\\.\\d+ USD6 back\\.`));
    });

    it("leaves the end where it is nearer than the notice period", async () => {
      const fixture = await loadFixture(runningFixture);
      const { providerA, lease, name } = fixture;
      const done = await leaseholdJson<{ end: number; refund: string }>(fixture, providerA, `lease notice ${name}`);
      expect(done).to.deep.include({ end: lease.end, refund: "0" });
    });
  });

  describe("offer-transfer and accept-transfer", () => {
    it("hand a lease over with its lock, when its recipient accepts", async () => {
      const fixture = await loadFixture(runningFixture);
      const { lens, tenantA, tenantB, stranger, lease, name } = fixture;
      const offered = await leasehold(fixture, tenantA, `lease offer-transfer ${name} ${tenantB.address}`);
      expect(offered.out).to.include(
        `${tenantB.address} may take lease ${name} over: leasehold lease accept-transfer ${name}`,
      );
      expect((await leasehold(fixture, undefined, `lease show ${name}`)).out).to.include(tenantB.address);
      const other = await leasehold(fixture, stranger, `lease accept-transfer ${name}`);
      expect(other.err).to.include(`lease ${name} is offered to ${tenantB.address}, not to ${stranger.address} (you)`);
      const done = await leaseholdJson<object>(fixture, tenantB, `lease accept-transfer ${name}`);
      expect(done).to.deep.include({ lease: name, from: tenantA.address, locked: lease.locked.toString() });
      expect((await lens.leaseView(lease.id)).tenant).to.equal(tenantB.address);
      expect((await leasehold(fixture, undefined, `lease show ${name}`)).out).to.include("changed hands 1 time");
    });

    it("take nothing over for which less is locked than the recipient was shown, or asks for", async () => {
      const fixture = await loadFixture(runningFixture);
      const { market, tenantA, tenantB, lease, name } = fixture;
      await serve(fixture, lease, lease.startedAt + HOUR);
      await moveTo(lease.startedAt + HOUR);
      await leasehold(fixture, tenantA, `lease offer-transfer ${name} ${tenantB.address}`);
      // Three units of 0.42/h over three hours, and the bounty.
      const dry = await leasehold(fixture, tenantB, `lease accept-transfer ${name} --dry-run`);
      expect(dry.err)
        .to.match(/locked for it +3\.83 USD6 now, 1\.3\d+ USD6 at least/)
        .and.to.match(/units +3 at 1\.26 USD6\/h in all/);
      // What one hour more costs after the next one, and the bounty.
      const minLocked = Number(/minLocked +(\d+)/.exec(dry.out)?.[1]);
      expect(minLocked).to.be.within(1_300_000, 1_310_000);
      await market.connect(tenantA).resize(lease.id, 1, 0n, 0n);
      const least = await leasehold(fixture, tenantB, `lease accept-transfer ${name} --min-locked 3.83 --json`);
      const { error } = JSON.parse(least.err) as Failed;
      expect(error.name).to.equal("MarketLockedTooLow");
      expect(error.message).to.match(
        /^0\.8\d+ USD6 are locked for lease 4-1, you ask for 3\.83 USD6 at least: .* --min-locked$/,
      );
      const taken = await leaseholdJson<object>(fixture, tenantB, `lease accept-transfer ${name} --min-locked 0.8`);
      expect(taken).to.deep.include({ lease: name, from: tenantA.address, minLocked: "800000" });
    });

    it("take over what its provider collected for meanwhile: that pays for the time before", async () => {
      const fixture = await loadFixture(runningFixture);
      const { market, tenantA, tenantB, stranger, lease, name } = fixture;
      await leasehold(fixture, tenantA, `lease offer-transfer ${name} ${tenantB.address}`);
      const dry = await leasehold(fixture, tenantB, `lease accept-transfer ${name} --dry-run`);
      const minLocked = /minLocked +(\d+)/.exec(dry.out)?.[1] ?? "";
      await serve(fixture, lease, lease.startedAt + HOUR / 2);
      await moveTo(lease.startedAt + HOUR / 2);
      await market.connect(stranger).collect([lease.id]);
      const taken = await leaseholdJson<object>(
        fixture,
        tenantB,
        `lease accept-transfer ${name} --min-locked ${Number(minLocked) / 1e6}`,
      );
      expect(taken).to.deep.include({ lease: name, from: tenantA.address, minLocked });
    });

    it("approve the market with the escrow first where the recipient never did, for nothing of its own", async () => {
      const fixture = await loadFixture(runningFixture);
      const { market, escrow, lens, tenantA, stranger, lease, name } = fixture;
      await leasehold(fixture, tenantA, `lease offer-transfer ${name} ${stranger.address}`);
      const dry = await leasehold(fixture, stranger, `lease accept-transfer ${name} --dry-run`);
      expect(dry.err).to.match(/approval +first, of the market, for 0\.00 USD6 of yours: you have none\n/);
      expect(dry.out)
        .to.match(/would call +approveModule of .*\n +token +0x.*\n +module +0x.*\n +ceiling +0\n/)
        .and.to.match(/would call +acceptTransfer of [^]*gas +not simulated: it builds on the step before/);
      const done = await leaseholdJson<{ transactions: { function: string }[] }>(
        fixture,
        stranger,
        `lease accept-transfer ${name}`,
      );
      expect(done).to.deep.include({ lease: name, from: tenantA.address, locked: lease.locked.toString() });
      expect(done.transactions.map((transaction) => transaction.function)).to.deep.equal([
        "approveModule(address,address,uint120)",
        "acceptTransfer(uint96,uint256)",
      ]);
      expect((await lens.leaseView(lease.id)).tenant).to.equal(stranger.address);
      const { locked, ceiling, nonce } = await escrow.moduleAccount(market, lease.token, stranger);
      expect([locked, ceiling, nonce]).to.deep.equal([lease.locked, lease.locked, 1n]);
    });

    it("approve nothing where the transfer is refused anyway, or there is an approval already", async () => {
      const fixture = await loadFixture(runningFixture);
      const { market, escrow, tenantA, stranger, lease, name } = fixture;
      const other = await leasehold(fixture, stranger, `lease accept-transfer ${name} --json`);
      expect((JSON.parse(other.err) as Failed).error.name).to.equal("MarketNotRecipient");
      await leasehold(fixture, tenantA, `lease offer-transfer ${name} ${stranger.address}`);
      const most = await leasehold(fixture, stranger, `lease accept-transfer ${name} --min-locked 1000 --json`);
      expect((JSON.parse(most.err) as Failed).error.name).to.equal("MarketLockedTooLow");
      expect((await escrow.moduleAccount(market, lease.token, stranger)).nonce).to.equal(0n);
      await leasehold(fixture, stranger, "tenant approve 5 --token USD6");
      const done = await leaseholdJson<{ transactions: object[] }>(fixture, stranger, `lease accept-transfer ${name}`);
      expect(done.transactions).to.have.length(1);
      const { ceiling, nonce } = await escrow.moduleAccount(market, lease.token, stranger);
      expect([ceiling, nonce]).to.deep.equal([lease.locked + 5_000_000n, 1n]);
    });

    it("take the offer back", async () => {
      const fixture = await loadFixture(runningFixture);
      const { tenantA, tenantB, name } = fixture;
      await leasehold(fixture, tenantA, `lease offer-transfer ${name} ${tenantB.address}`);
      const back = await leaseholdJson<object>(fixture, tenantA, `lease offer-transfer ${name} none`);
      expect(back).to.deep.include({ lease: name, recipient: null });
      const late = await leasehold(fixture, tenantB, `lease accept-transfer ${name}`);
      expect(late.err).to.equal(`error: lease ${name} is offered to nobody\n`);
      const other = await leasehold(fixture, tenantB, `lease offer-transfer ${name} none --json`);
      expect((JSON.parse(other.err) as Failed).error.name).to.equal("MarketNotTenant");
    });
  });

  it("shows a lease that changed: since when its rate counts, dark seconds, and the credit that is due", async () => {
    const fixture = await loadFixture(runningFixture);
    const { market, tenantA, lease, name } = fixture;
    await at(lease.startedAt + 60, () => market.connect(tenantA).resize(lease.id, 4, lease.rate, 10n ** 9n));
    const shown = async () => (await leasehold(fixture, undefined, `lease show ${name}`)).out;
    expect(await shown())
      .to.match(/rate since +2\d{3}-/)
      .and.to.match(/billed +0s at this rate/)
      .and.to.match(/dark +0s/)
      .and.to.match(/earned +0\.00 USD6 at this rate/)
      .and.to.match(/collateral grew +at .* UTC: faults before that count on 44\.7576 HOLD at most/)
      .and.not.to.include("credit due");
    await at(lease.end, () => market.expire([lease.id]));
    expect(await shown())
      .to.match(/dark +2h 50m/)
      .and.to.match(/credit due +[\d.]+ HOLD for the darkness, taken at the first collect/);
  });
});
