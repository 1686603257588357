import { expect } from "chai";
import { ethers } from "hardhat";

import { formatLeaseId } from "../../sdk/ids";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { deployFixture, NO_CEILING, openMarketFixture } from "../helpers/fixture";
import { activate, createOffer, LeaseStatus, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { perHour } from "../helpers/money";
import { anOffer } from "../helpers/orders";
import {
  ACTIVATION_WINDOW,
  GRACE,
  HOUR,
  listingOf,
  MINUTE,
  OUTAGE_ALLOWANCE,
  UNBONDING_DELAY,
} from "../helpers/parameters";
import { pass } from "../helpers/time";

interface Quoted {
  leases: string[];
  quotes: { offer: string; fits: boolean; taken: boolean; reason: string; locked: string }[];
  transactions: { label: string; function: string; hash: string | null }[];
}

/** An open market, and a tenant of it who has money in the wallet and has never been here. */
async function newTenantFixture() {
  const market = await loadFixture(openMarketFixture);
  const [newcomer] = market.others;
  await market.usd6.mint(newcomer!, 1_000_000_000n);
  return { ...market, newcomer: newcomer! };
}

describe("leasehold tenant", () => {
  describe("deposit", () => {
    it("takes a permit and a deposit in one transaction where the token takes permits", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { escrow, usd6, newcomer } = fixture;
      const { transactions } = await leaseholdJson<Quoted>(fixture, newcomer, "tenant deposit 12.34 --token USD6");
      expect(transactions.map((item) => item.function)).to.deep.equal([
        "depositWithPermit(address,address,uint256,(uint256,uint8,bytes32,bytes32))",
      ]);
      expect(await escrow.freeOf(usd6, newcomer)).to.equal(12_340_000n);
      expect(await usd6.allowance(newcomer, escrow)).to.equal(0n);
    });

    it("credits another account, and needs no approval where there is one", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { escrow, usd6, tenantA, newcomer } = fixture;
      const { code, out } = await leasehold(
        fixture,
        tenantA,
        `tenant deposit 5 --token USD6 --for ${newcomer.address}`,
      );
      expect(code).to.equal(0);
      expect(out)
        .to.include(`Deposit 5.00 USD6 for ${newcomer.address}`)
        .and.to.include("5.00 USD6 arrived; 5.00 USD6 are free in escrow.");
      expect(await escrow.freeOf(usd6, newcomer)).to.equal(5_000_000n);
    });

    it("approves first where the token takes no permits (ATK-TOK-3)", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { escrow, newcomer } = fixture;
      const tether = await ethers.deployContract("TetherLikeToken");
      await tether.mint(newcomer, 1_000_000_000n);
      await tether.connect(newcomer).approve(escrow, 1n);
      const { transactions } = await leaseholdJson<Quoted>(
        fixture,
        newcomer,
        `tenant deposit 9 --token ${await tether.getAddress()}`,
      );
      expect(transactions.map((item) => item.function)).to.deep.equal([
        "approve(address,uint256)",
        "approve(address,uint256)",
        "deposit(address,address,uint256)",
      ]);
      expect(await escrow.freeOf(tether, newcomer))
        .to.equal(await tether.balanceOf(escrow))
        .and.not.to.equal(0n);
    });

    it("credits no contract of the deployment, and sends nothing to one: it could never leave again", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { escrow, market, lens, tenantA } = fixture;
      for (const [contract, name] of [
        [market, "the market"],
        [escrow, "the escrow"],
        [lens, await lens.getAddress()],
      ] as const) {
        const deposit = await leasehold(
          fixture,
          tenantA,
          `tenant deposit 5 --token USD6 --for ${await contract.getAddress()}`,
        );
        expect(deposit.err).to.equal(
          `error: ${name} is a contract of this deployment and cannot have money in escrow: it could never leave again\n`,
        );
        const withdrawal = await leasehold(
          fixture,
          tenantA,
          `tenant withdraw 5 --token USD6 --to ${await contract.getAddress()}`,
        );
        expect(withdrawal.err).to.equal(
          `error: ${name} is a contract of this deployment and cannot be paid out of escrow: it could never leave again\n`,
        );
      }
    });

    for (const [line, says, code] of [
      ["1.0000001 --token USD6", "the token has 6 decimals", 2],
      ["1e3 --token USD6", "write a plain decimal number", 2],
      ["5", "say which token with --token. Listed: USD6 (0x", 2],
      ["1001 --token USD6", "your wallet has 1,000.00 USD6, 1,001.00 USD6 are needed", 1],
    ] as const) {
      it(`refuses ${line}`, async () => {
        const fixture = await loadFixture(newTenantFixture);
        const run = await leasehold(fixture, fixture.newcomer, `tenant deposit ${line}`);
        expect(run.err).to.include(says);
        expect(run.code).to.equal(code);
      });
    }
  });

  describe("approve", () => {
    it("sets the ceiling, raises it, and takes it away", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { escrow, market, usd6, newcomer } = fixture;
      const ceiling = async () => (await escrow.moduleAccount(market, usd6, newcomer)).ceiling;
      await leasehold(fixture, newcomer, "tenant approve 10 --token USD6");
      expect(await ceiling()).to.equal(10_000_000n);
      const more = await leasehold(fixture, newcomer, "tenant approve 2.5 --more --token USD6");
      expect(more.out).to.include("The market holds 0.00 USD6 of yours, and may lock up to 12.50 USD6 more.");
      expect(await ceiling()).to.equal(12_500_000n);
      await leasehold(fixture, newcomer, "tenant approve unlimited --token USD6");
      expect(await ceiling()).to.equal(NO_CEILING);
      await leasehold(fixture, newcomer, "tenant approve 1 --more --token USD6");
      expect(await ceiling()).to.equal(NO_CEILING);
      await leasehold(fixture, newcomer, "tenant approve 0 --token USD6");
      expect(await ceiling()).to.equal(0n);
    });
  });

  describe("find and quote", () => {
    it("ranks what fits by price, and counts why the rest does not", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, usd6, providerA, providerC, offerA, offerB } = fixture;
      const token = await usd6.getAddress();
      const dear = await createOffer(market, providerA, anOffer({ token, price: perHour(900_000n) }));
      const retired = await createOffer(market, providerC, anOffer({ token, price: perHour(1n) }));
      await market.connect(providerC).retireOffer(retired);
      const found = await leaseholdJson<{ offers: { id: string }[]; refused: object }>(
        fixture,
        undefined,
        "tenant find --cpu 4 --token USD6 --max-price 0.60/h",
      );
      expect(found.offers.map(({ id }) => id)).to.deep.equal([offerA.toString(), offerB.toString()]);
      expect(found.refused).to.deep.equal({ OtherToken: 1, PriceTooHigh: 1, Retired: 1 });
      const { out } = await leasehold(fixture, undefined, "tenant find --cpu 4 --token USD6 --limit 1");
      expect(out).to.include("2 more: see --limit.").and.to.include("Of 5 offers: 1 paid in another token, 1 retired.");
      expect(out).not.to.include(`${dear}  0.90`);
    });

    it("ranks the better record first at the same price, and passes over those that are dark", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, liveness, providerB, operatorA, operatorB, providerA, offerA, offerB } = fixture;
      await market.connect(providerB).setPrice(offerB, perHour(420_000n));
      await pass(HOUR);
      await liveness.connect(operatorA).heartbeat(providerA);
      const only = await leaseholdJson<{ offers: { id: string }[]; refused: object }>(
        fixture,
        undefined,
        "tenant find --token USD6",
      );
      expect(only.offers.map(({ id }) => id)).to.deep.equal([offerA.toString()]);
      expect(only.refused).to.deep.equal({ ProviderStale: 1, OtherToken: 1 });
      await liveness.connect(operatorB).heartbeat(providerB);
      await pass(GRACE - MINUTE);
      await liveness.connect(operatorB).heartbeat(providerB);
      await pass(2 * MINUTE);
      await liveness.connect(operatorA).heartbeat(providerA);
      const both = await leaseholdJson<{ offers: { id: string }[] }>(fixture, undefined, "tenant find --token USD6");
      // providerA was out twice, providerB once.
      expect(both.offers.map(({ id }) => id)).to.deep.equal([offerB.toString(), offerA.toString()]);
      const { out } = await leasehold(fixture, undefined, "tenant find --token USD6");
      expect(out)
        .to.match(/live +no lease yet, 1 outage .*\n.*live +no lease yet, 2 outages/)
        .and.to.include("Of 3 offers: 1 paid in another token.");
    });

    it("leaves out offers of slashing modules that the address book does not know, unless asked", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, disputes, usd6, providerA, providerB, stranger, tenantA, offerA, offerB } = fixture;
      const token = await usd6.getAddress();
      const price = perHour(100_000n);
      const strange = await createOffer(market, providerB, anOffer({ token, price, slasher: stranger.address }));
      const slasher = await disputes.getAddress();
      const known = await createOffer(market, providerA, anOffer({ token, price: perHour(800_000n), slasher }));
      const found = async (line: string) => {
        const { offers, refused } = await leaseholdJson<{ offers: { id: string }[]; refused: object }>(
          fixture,
          undefined,
          `tenant find --token USD6${line}`,
        );
        return [offers.map(({ id }) => BigInt(id)), refused];
      };
      // Offers whose leases cannot be disputed at all are found as before.
      expect(await found("")).to.deep.equal([[offerA, offerB, known], { UntrustedSlasher: 1, OtherToken: 1 }]);
      expect(await found(" --any-slasher")).to.deep.equal([[strange, offerA, offerB, known], { OtherToken: 1 }]);
      const { out } = await leasehold(fixture, undefined, "tenant find --token USD6");
      expect(out).to.include("1 judged by a slashing module that the address book does not know (see --any-slasher)");

      const open = "tenant open --duration 24h --token USD6";
      const best = await leaseholdJson<Quoted>(fixture, tenantA, `${open} --dry-run`);
      expect(best.quotes.map(({ offer }) => BigInt(offer))).to.deep.equal([offerA, offerB, known]);
      const named = await leasehold(fixture, tenantA, `${open} --offer ${offerA} ${strange}`);
      expect(named.err).to.equal(
        `error: offer ${strange} names slashing module ${stranger.address}, which the address book does not know: it can ` +
          "give most of the collateral away while the lease runs\nadd --any-slasher to take the risk\n",
      );
      const taken = await leaseholdJson<Quoted>(fixture, tenantA, `${open} --any-slasher`);
      expect(taken.leases).to.deep.equal([`${strange}-1`]);
    });

    it("passes over providers that are live and were not seen within half the grace, and says so", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { liveness, providerA, operatorA, tenantA, offerA, offerB } = fixture;
      await pass(GRACE / 2);
      await liveness.connect(operatorA).heartbeat(providerA);
      const { out } = await leasehold(fixture, undefined, "offers");
      expect(out)
        .to.match(new RegExp(`\\n +${offerA} .* live `))
        .and.to.match(new RegExp(`\\n +${offerB} .* stale `));
      const detail = await leasehold(fixture, undefined, `offers ${offerB}`);
      expect(detail.out).to.include(", live, but with a heartbeat too old for new leases");
      const run = await leasehold(fixture, tenantA, `tenant open --duration 24h --token USD6 --offer ${offerB}`);
      expect(run.err).to.equal(
        `error: the order is refused by every candidate: the provider of offer ${offerB} had no heartbeat for half of the ` +
          "grace, or longer\n",
      );
    });

    it("quotes every candidate, and says how many units are left", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { offerA, offerB } = fixture;
      const { code, out } = await leasehold(
        fixture,
        undefined,
        `tenant quote --cpu 4 --duration 24h --units 11 --token USD6 --offer ${offerA} ${offerB}`,
      );
      expect(code).to.equal(0);
      expect(out).to.include(`offer ${offerA} has 10 units left, 11 asked`);
      const quoted = await leaseholdJson<Quoted>(
        fixture,
        undefined,
        "tenant quote --cpu 4 --duration 24h --token USD6",
      );
      // 0.42 and 0.55 an hour over 24 h, and the bounty of 0.05.
      expect(quoted.quotes.map(({ offer, locked }) => [offer, locked])).to.deep.equal([
        [offerA.toString(), "10130000"],
        [offerB.toString(), "13250000"],
      ]);
    });
  });

  describe("open", () => {
    it("opens on the cheapest that fits, and shows what it locks", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { lens, escrow, usd6, market, tenantA, offerA } = fixture;
      const { code, out, err } = await leasehold(fixture, tenantA, "tenant open --cpu 4 --duration 24h --token USD6");
      expect(code).to.equal(0);
      expect(err).to.include("will lock     10.13 USD6, 0.05 USD6 of it a bounty");
      expect(out).to.include(`lease           ${offerA}-1, pending`).and.to.include("locked          10.13 USD6");
      expect((await lens.leaseView(offerA * 2n ** 32n + 1n)).tenant).to.equal(tenantA.address);
      expect((await escrow.moduleAccount(market, usd6, tenantA)).locked).to.equal(10_130_000n);
    });

    it("says what is missing, and how to get it", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { newcomer, market } = fixture;
      await leasehold(fixture, newcomer, "tenant deposit 10 --token USD6");
      await leasehold(fixture, newcomer, "tenant approve 5 --token USD6");
      const { code, err } = await leasehold(fixture, newcomer, "tenant open --cpu 4 --duration 24h --token USD6");
      expect(code).to.equal(1);
      expect(err).to.include(
        "error: 0.13 USD6 are missing in your escrow account: leasehold tenant deposit 0.13 --token USD6\n" +
          "the market may lock 5.13 USD6 too little: leasehold tenant approve --more 5.13 --token USD6\n" +
          "or add --fund to do it with the opening\n",
      );
      expect(await market.offerCount()).to.equal(3n);
      for (const hint of [
        "tenant deposit 0.13 --token USD6",
        "tenant approve --more 5.13 --token USD6",
        "tenant open --cpu 4 --duration 24h --token USD6",
      ]) {
        expect((await leasehold(fixture, newcomer, hint)).code, hint).to.equal(0);
      }
    });

    it("funds, approves and opens in one transaction by signatures", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { escrow, market, usd6, newcomer, offerA } = fixture;
      const line = "tenant open --cpu 4 --duration 24h --token USD6 --fund";
      const dry = await leasehold(fixture, newcomer, `${line} --dry-run`);
      expect(dry.code).to.equal(0);
      expect(dry.out).to.include("Dry run: nothing was sent.");
      expect(await usd6.balanceOf(newcomer)).to.equal(1_000_000_000n);

      const { leases, transactions } = await leaseholdJson<Quoted>(fixture, newcomer, line);
      expect(leases).to.deep.equal([`${offerA}-1`]);
      expect(transactions).to.have.length(1);
      const { locked, ceiling, nonce } = await escrow.moduleAccount(market, usd6, newcomer);
      expect([locked, ceiling, nonce]).to.deep.equal([10_130_000n, 10_130_000n, 1n]);
      expect(await escrow.freeOf(usd6, newcomer)).to.equal(0n);

      // A second time the ceiling rises on top of what is locked, and the nonce is the next one.
      const second = await leaseholdJson<Quoted>(fixture, newcomer, line);
      expect(second.leases).to.deep.equal([`${offerA}-2`]);
      expect((await escrow.moduleAccount(market, usd6, newcomer)).locked).to.equal(20_260_000n);
    });

    it("only approves where enough was deposited", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { escrow, usd6, newcomer } = fixture;
      await leasehold(fixture, newcomer, "tenant deposit 50 --token USD6");
      const { transactions } = await leaseholdJson<Quoted>(
        fixture,
        newcomer,
        "tenant open --cpu 4 --duration 24h --token USD6 --fund",
      );
      expect(transactions.map(({ label }) => label)).to.deep.equal(["Approve and open a lease"]);
      expect(await escrow.freeOf(usd6, newcomer)).to.equal(39_870_000n);
    });

    it("approves by a transaction before it where the token takes no permits", async () => {
      const fixture = await loadFixture(newTenantFixture);
      const { admin, market, escrow, newcomer, providerA } = fixture;
      const tether = await ethers.deployContract("TetherLikeToken");
      const token = await tether.getAddress();
      await tether.mint(newcomer, 1_000_000_000n);
      const { minimumLock, bounty } = listingOf(6);
      await market.connect(admin).listToken(tether, minimumLock, bounty);
      await createOffer(market, providerA, anOffer({ token }));
      const { transactions, leases } = await leaseholdJson<Quoted>(
        fixture,
        newcomer,
        `tenant open --cpu 4 --duration 24h --token ${token} --fund`,
      );
      expect(transactions.map((item) => item.function.split("(")[0])).to.deep.equal(["approve", "openFunded"]);
      expect(leases).to.deep.equal(["4-1"]);
      expect((await escrow.moduleAccount(market, tether, newcomer)).locked).to.equal(10_130_000n);
    });

    it("refuses without a transaction where no offer fits, and says why for each", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { tenantA, offerA, offerB } = fixture;
      const none = await leasehold(fixture, tenantA, "tenant open --cpu 64 --duration 24h --token USD6");
      expect(none.code).to.equal(1);
      expect(none.err).to.equal(
        "error: no offer fits. Of 3 offers: 2 without something that you require, 1 paid in another token.\n",
      );
      const named = await leasehold(
        fixture,
        tenantA,
        `tenant open --cpu 64 --duration 24h --token USD6 --offer ${offerB} ${offerA} --max-price 0.5/h`,
      );
      expect(named.err).to.equal(
        `error: the order is refused by every candidate: offer ${offerB} costs 0.55 USD6/h, the order takes at most ` +
          `0.50 USD6/h; offer ${offerA} has too little or other CPU than the order requires\n`,
      );
      expect((await leasehold(fixture, tenantA, "tenant open --duration 1h --token USD6 --offer 99")).err).to.equal(
        "error: none of these offers exists\n",
      );
    });

    it("takes no more than the lock that is allowed", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { tenantA, offerA } = fixture;
      const { code, err } = await leasehold(
        fixture,
        tenantA,
        `tenant open --duration 24h --token USD6 --max-lock 10 --offer ${offerA}`,
      );
      expect(code).to.equal(1);
      expect(err).to.include(`offer ${offerA} would lock 10.13 USD6, the order allows 10.00 USD6`);
    });
  });

  describe("lease", () => {
    async function pendingFixture() {
      const fixture = await loadFixture(openMarketFixture);
      const { market, usd6, tenantA, offerA } = fixture;
      const id = await openLease(market, tenantA, { token: await usd6.getAddress(), offers: [offerA] });
      return { ...fixture, id, name: formatLeaseId(id) };
    }

    it("is cancelled after the activation deadline, not before", async () => {
      const fixture = await loadFixture(pendingFixture);
      const { lens, tenantA, id, name } = fixture;
      const early = await leasehold(fixture, tenantA, `tenant cancel ${name}`);
      expect(early.code).to.equal(1);
      expect(early.err).to.match(
        new RegExp(`^error: the provider may activate lease ${name} until .*: it can be cancelled in 1[45]m`),
      );
      await pass(ACTIVATION_WINDOW);
      const { out } = await leasehold(fixture, tenantA, `tenant cancel ${name}`);
      expect(out).to.include(`Lease ${name} is cancelled, 10.13 USD6 are free again.`).and.not.to.include("penalty");
      expect((await lens.leaseView(id)).status).to.equal(LeaseStatus.Cancelled);
    });

    it("leaves the penalty to the treasury where the provider never showed up", async () => {
      const fixture = await loadFixture(pendingFixture);
      const { lens, hold, staking, tenantA, treasury, id, name } = fixture;
      const { collateral } = await lens.leaseView(id);
      await pass(ACTIVATION_WINDOW + OUTAGE_ALLOWANCE);
      const { out } = await leasehold(fixture, tenantA, `tenant cancel ${name}`);
      expect(out).to.match(/10\.13 USD6 are free again\. The provider's penalty, [\d.]+ HOLD, is the treasury's\./);

      const none = await leasehold(fixture, tenantA, "tenant claim");
      expect(none.err).to.equal("error: no penalty has matured with a part for you\n");
      const early = await leasehold(fixture, treasury, "tenant claim");
      expect(early.code).to.equal(1);
      expect(early.err).to.match(
        /^error: no penalty has matured with a part for you\npenalty 1: .* HOLD from .* UTC on\n$/,
      );
      expect((await leasehold(fixture, treasury, "tenant claim 1")).err).to.match(
        /^error: penalty 1 pays from .* on, in 13d|in 14d/,
      );

      await pass(UNBONDING_DELAY);
      const vault = await staking.getAddress();
      expect((await leasehold(fixture, treasury, `provider claim 1 --to ${vault}`)).err).to.equal(
        "error: the staking contract is a contract of this deployment and cannot receive a penalty: it could never leave " +
          "again\n",
      );
      const before = await hold.balanceOf(treasury);
      const { amount } = await leaseholdJson<{ amount: string }>(fixture, treasury, "provider claim 1");
      expect(BigInt(amount)).to.equal(collateral / 10n);
      expect(await hold.balanceOf(treasury)).to.equal(before + BigInt(amount));
      expect((await leasehold(fixture, tenantA, "tenant claim 1")).err).to.include(
        `nothing any more, for ${tenantA.address} (you)`,
      );
    });

    it("is closed by its tenant, who hears what is billed and what came back", async () => {
      const fixture = await loadFixture(pendingFixture);
      const { escrow, usd6, tenantA, tenantB, providerA, operatorA, id, name } = fixture;
      const waiting = await leasehold(fixture, tenantA, `tenant close ${name}`);
      expect(waiting.err).to.equal(`error: lease ${name} is pending; this needs a lease that is active\n`);
      await activate(fixture, operatorA, providerA, id);
      const other = await leasehold(fixture, tenantB, `tenant close ${name}`);
      expect(other.err).to.equal(
        `error: lease ${name} belongs to tenant ${tenantA.address}, not to ${tenantB.address} (you)\n`,
      );
      const before = await escrow.freeOf(usd6, tenantA);
      const { refund } = await leaseholdJson<{ refund: string }>(fixture, tenantA, `tenant close ${name}`);
      expect(await escrow.freeOf(usd6, tenantA)).to.equal(before + BigInt(refund));
      expect((await leasehold(fixture, tenantA, "tenant close 9-9")).err).to.equal("error: lease 9-9 does not exist\n");
    });

    it("is shown with the money of its tenant", async () => {
      const fixture = await loadFixture(pendingFixture);
      const { tenantA, tenantB, name } = fixture;
      const { out } = await leasehold(fixture, undefined, `tenant show ${tenantA.address}`);
      expect(out)
        .to.match(/USD6 +99,989\.87 USD6 +10\.13 USD6 +without limit/)
        .and.to.match(
          new RegExp(`${name} +pending +1 +0\\.42 USD6/h +10\\.13 USD6 +0\\.00 USD6 +activation due in 1[45]m`),
        );
      expect((await leasehold(fixture, tenantB, "tenant show")).out).to.include("No open leases.");
    });
  });

  it("prints nothing of a token's name that could move the cursor or hide other text", async () => {
    const fixture = await loadFixture(deployFixture);
    const { market, admin, keeper } = fixture;
    const evil = await ethers.deployContract("MockToken", ["x", "USD\u001b[2J\u202eC and much more text", 6]);
    await market.connect(admin).listToken(evil, 1n, 1n);
    await evil.mint(keeper, 5n);
    const { out } = await leasehold(fixture, keeper, "tenant show");
    expect(out).to.include("USD[2JCandmuchmo").and.not.to.include("\u001b").and.not.to.include("\u202e");
  });
});
