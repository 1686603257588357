import { expect } from "chai";

import { CLAIM_LIFE } from "../../sdk/disputes";
import { formatLeaseId } from "../../sdk/ids";
import { formatInstant } from "../../sdk/units";
import { claimableFixture, openClaim } from "../helpers/claims";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { activate, LeaseStatus, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { ACTIVATION_WINDOW, HOUR, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { serve } from "../helpers/scene";
import { moveTo, pass } from "../helpers/time";

/** One lease that runs an hour, and one that is never activated. */
async function twoLeasesFixture() {
  const fixture = await loadFixture(openMarketFixture);
  const { market, usd6, tenantA, providerA, operatorA, offerA, offerB } = fixture;
  const token = await usd6.getAddress();
  const running = await openLease(market, tenantA, { token, offers: [offerA], duration: HOUR });
  const pending = await openLease(market, tenantA, { token, offers: [offerB] });
  await activate(fixture, operatorA, providerA, running);
  return { ...fixture, running, pending };
}

describe("leasehold lease", () => {
  it("shows a lease, and says of a missing one that it does not exist", async () => {
    const fixture = await loadFixture(twoLeasesFixture);
    const { running, tenantA } = fixture;
    const { code, out } = await leasehold(fixture, undefined, `lease show ${formatLeaseId(running)}`);
    expect(code).to.equal(0);
    expect(out)
      .to.match(/status +active/)
      .and.to.match(/next +ends in 59m|next +ends in 1h/)
      .and.to.include(tenantA.address)
      .and.to.match(/rate +0\.42 USD6\/h/)
      .and.not.to.match(/activation due|reason/);
    const missing = await leasehold(fixture, undefined, `lease show ${formatLeaseId(running)} 7-12`);
    expect(missing.code).to.equal(1);
    expect(missing.err).to.equal("error: lease 7-12 does not exist\n");
    expect((await leasehold(fixture, undefined, "lease show 7")).code).to.equal(2);
  });

  it("ends for anyone what is due, and pays the bounties", async () => {
    const fixture = await loadFixture(twoLeasesFixture);
    const { lens, escrow, usd6, stranger, running, pending } = fixture;
    expect((await leasehold(fixture, undefined, "lease due")).out).to.equal("Nothing is due.\n");
    expect((await leasehold(fixture, stranger, "lease end")).err).to.equal("error: no lease is due\n");
    const early = await leasehold(fixture, stranger, `lease end ${formatLeaseId(running)}`);
    expect(early.err).to.equal(`error: lease ${formatLeaseId(running)} is not due\n`);

    await pass(Math.max(HOUR, ACTIVATION_WINDOW + OUTAGE_ALLOWANCE));
    const { out } = await leasehold(fixture, undefined, "lease due");
    expect(out)
      .to.match(/1-1 +expire +\d+s +0\.05 USD6/)
      .and.to.match(/2-1 +cancel as a no-show +1[45]m.* +0\.05 USD6/);

    const dry = await leasehold(fixture, stranger, `lease end --dry-run ${formatLeaseId(running)}`);
    expect(dry.out).to.include("would call  expire of").and.to.include("returns     1");
    const { ended } = await leaseholdJson<{ ended: { lease: string; bounty: string }[] }>(
      fixture,
      stranger,
      "lease end",
    );
    expect(ended).to.deep.equal([
      { lease: formatLeaseId(running), bounty: "50000" },
      { lease: formatLeaseId(pending), bounty: "50000" },
    ]);
    expect(await escrow.freeOf(usd6, stranger)).to.equal(100_000n);
    expect((await lens.leaseView(running)).status).to.equal(LeaseStatus.Closed);
    expect((await lens.leaseView(pending)).status).to.equal(LeaseStatus.Cancelled);
  });

  it("ends claims that their module left open for 60 days, for anyone, and says before when that is (INV-LSE-11)", async () => {
    const { f, lease } = await loadFixture(claimableFixture);
    const name = formatLeaseId(lease.id);
    const none = await leasehold(f, f.stranger, `lease lapse-claims ${name}`);
    expect(none.err).to.equal(`error: no claim on lease ${name} can be lapsed now\n`);
    await serve(f, lease, lease.startedAt + HOUR);
    const { held, filedAt } = await openClaim(f, lease, { filedAt: lease.startedAt + HOUR });
    await moveTo(filedAt + CLAIM_LIFE - 1);
    const early = await leasehold(f, f.stranger, `lease lapse-claims ${name}`);
    expect(early.err).to.equal(
      `error: no claim on lease ${name} can be lapsed now\n` +
        `the claim of ${f.tenantA.address} may be, from ${formatInstant(filedAt + CLAIM_LIFE)} on\n`,
    );
    const other = await leasehold(f, f.stranger, `lease lapse-claims ${name} ${f.tenantB.address}`);
    expect(other.err).to.equal(`error: ${f.tenantB.address} has no open claim on lease ${name}\n`);
    await moveTo(filedAt + CLAIM_LIFE);
    const before = await f.escrow.freeOf(lease.token, f.providerA);
    const done = await leaseholdJson<object>(f, f.stranger, `lease lapse-claims ${name}`);
    expect(done).to.deep.include({ lease: name, claimants: [f.tenantA.address], held: held.toString() });
    expect((await f.escrow.freeOf(lease.token, f.providerA)) - before).to.equal(held - (held * 250n) / 10_000n);
  });
});

describe("leasehold offers", () => {
  it("lists offers, and retired ones if asked", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { market, providerB, offerB } = fixture;
    await market.connect(providerB).retireOffer(offerB);
    const ids = async (line: string) =>
      (await leaseholdJson<{ id: string }[]>(fixture, undefined, line)).map(({ id }) => id);
    expect(await ids("offers")).to.deep.equal(["1", "3"]);
    expect(await ids("offers --all")).to.deep.equal(["1", "2", "3"]);
    expect((await leasehold(fixture, undefined, "offers --all")).out).to.match(/ 2 +0\.55 USD6\/h .* retired/);
  });

  it("shows one in full", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { providerC, usd18 } = fixture;
    const { out } = await leasehold(fixture, undefined, "offers 3");
    expect(out)
      .to.match(new RegExp(`provider +${providerC.address}, live`))
      .and.to.match(new RegExp(`price +3 USD18/h a unit, in USD18 \\(${await usd18.getAddress()}\\)`))
      .and.to.match(/term +1h to 30d/)
      .and.to.match(/disputes +none: no slashing module was accepted/);
    expect((await leasehold(fixture, undefined, "offers 3 9")).err).to.equal("error: offer 9 does not exist\n");
  });
});
