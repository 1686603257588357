import { expect } from "chai";

import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { createOffer } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { perHour } from "../helpers/money";
import { anOffer } from "../helpers/orders";

interface Opened {
  leases: string[];
  quotes: { offer: string; taken: boolean }[];
  transactions: { label: string }[];
}

interface Proposed {
  proposal: { chosen: string[]; spares: string[]; locked: string; mostLocked: string };
}

/** An open market with an offer of a third provider in another region, and a tenant who has never been here. */
async function replicasFixture() {
  const fixture = await loadFixture(openMarketFixture);
  const { market, usd6, providerC, others } = fixture;
  const [newcomer] = others;
  await usd6.mint(newcomer!, 1_000_000_000n);
  const draft = anOffer({ token: await usd6.getAddress(), resources: { region: 2n }, price: perHour(500_000n) });
  return { ...fixture, newcomer: newcomer!, offerD: await createOffer(market, providerC, draft) };
}

describe("leasehold tenant, with replicas", () => {
  it("opens replicas on providers of their own, and says which were taken and which are spare", async () => {
    const fixture = await loadFixture(replicasFixture);
    const { escrow, market, usd6, tenantA, offerA, offerB, offerD } = fixture;
    const line = "tenant open --cpu 4 --duration 24h --token USD6 --replicas 2 --candidates 3";
    const { code, out, err } = await leasehold(fixture, tenantA, line);
    expect(code).to.equal(0);
    expect(err)
      .to.match(new RegExp(`1 +${offerA} .* taken`))
      .and.to.match(new RegExp(`2 +${offerD} .* taken`))
      .and.to.match(new RegExp(`3 +${offerB} .* spare`))
      .and.to.include("will lock     22.18 USD6, 0.10 USD6 of it a bounty")
      .and.to.include("for           2 replicas of 1 unit over 1d");
    expect(out)
      .to.include("Open 2 leases")
      .and.to.include(`lease           ${offerA}-1, pending`)
      .and.to.include(`lease           ${offerD}-1, pending`);
    expect((await escrow.moduleAccount(market, usd6, tenantA)).locked).to.equal(22_180_000n);
  });

  it("funds replicas in one transaction, and hands machines every lease", async () => {
    const fixture = await loadFixture(replicasFixture);
    const { newcomer, offerA, offerB, offerD } = fixture;
    const line = "tenant open --cpu 4 --duration 1h --token USD6 --replicas 3 --fund";
    const { leases, quotes, transactions } = await leaseholdJson<Opened>(fixture, newcomer, line);
    expect(leases).to.deep.equal([`${offerA}-1`, `${offerD}-1`, `${offerB}-1`]);
    expect(quotes.map(({ taken }) => taken)).to.deep.equal([true, true, true]);
    expect(transactions.map(({ label }) => label)).to.deep.equal(["Deposit 1.62 USD6, approve and open 3 leases"]);
  });

  it("proposes replicas in regions of their own, or says why it cannot", async () => {
    const fixture = await loadFixture(replicasFixture);
    const { tenantA, offerA, offerB, offerD } = fixture;
    const find = (more: string): string => `tenant find --cpu 4 --token USD6 --duration 24h ${more}`;
    const apart = await leaseholdJson<Proposed>(fixture, undefined, find("--replicas 2 --distinct-regions"));
    expect(apart.proposal).to.deep.equal({
      chosen: [String(offerA), String(offerD)],
      spares: [String(offerB)],
      locked: "22180000",
      mostLocked: "25300000",
    });
    const text = await leasehold(fixture, undefined, find("--replicas 2"));
    expect(text.out)
      .to.include(`proposed  ${offerA}, ${offerD}: 22.18 USD6 to lock, bounties included`)
      .and.to.include(`spare     ${offerB}`);
    const few = await leasehold(fixture, undefined, find("--replicas 3 --distinct-regions"));
    expect(few.out).to.include(
      "Nothing to propose: of the offers that fit, 2 are on providers and in regions of their own, 3 replicas are asked",
    );
    const refused = await leasehold(fixture, tenantA, "tenant open --token USD6 --duration 24h --replicas 4");
    expect(refused.code).to.equal(1);
    expect(refused.err).to.equal(
      "error: of the offers that fit, 3 are on providers of their own, 4 replicas are asked. " +
        "Of 4 offers: 1 paid in another token.\n",
    );
    const dear = await leasehold(
      fixture,
      tenantA,
      "tenant open --token USD6 --duration 24h --replicas 2 --max-lock 22.17",
    );
    expect(dear.err).to.include(
      "the cheapest would lock 22.18 USD6, and at most 22.17 USD6 may be locked. Of 4 offers",
    );
    const vague = await leasehold(fixture, undefined, "tenant find --token USD6 --replicas 2");
    expect([vague.code, vague.err]).to.deep.equal([
      2,
      "error: --replicas needs --duration: what replicas lock together depends on it\n",
    ]);
  });

  it("refuses replicas that named offers cannot serve, and says why for each", async () => {
    const fixture = await loadFixture(replicasFixture);
    const { tenantA, offerA, offerB } = fixture;
    const line = `tenant open --duration 24h --token USD6 --replicas 2 --distinct-regions --offer ${offerA} ${offerB}`;
    const { code, err } = await leasehold(fixture, tenantA, line);
    expect(code).to.equal(1);
    expect(err).to.equal(
      "error: 1 of 2 replicas find a place, so that none is opened: " +
        `offer ${offerB} is in the region of another replica, us-central\n`,
    );
    const twice = line.replace(` --distinct-regions --offer ${offerA} ${offerB}`, ` --offer ${offerA} ${offerA}`);
    expect((await leasehold(fixture, tenantA, twice)).err).to.equal(
      "error: 1 of 2 replicas find a place, so that none is opened: " +
        `the provider of offer ${offerA} serves another replica of the order\n`,
    );
  });
});
