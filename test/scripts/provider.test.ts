import { expect } from "chai";
import { keccak256, parseEther, ZeroAddress } from "ethers";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { formatLeaseId } from "../../sdk/ids";
import { parseResources } from "../../sdk/resources";
import { parsePrice, priceToX32Up } from "../../sdk/units";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { BOND, deployFixture, openMarketFixture } from "../helpers/fixture";
import { activate, LeaseStatus, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, GRACE, HOUR, OUTAGE_ALLOWANCE, UNBONDING_DELAY } from "../helpers/parameters";
import { now, pass } from "../helpers/time";

describe("leasehold provider", () => {
  describe("bond", () => {
    it("bonds with the market, and says what is bonded", async () => {
      const fixture = await loadFixture(deployFixture);
      const { staking, market, providerA } = fixture;
      const { code, out } = await leasehold(fixture, providerA, "provider bond 5000");
      expect(code).to.equal(0);
      expect(out).to.include("Bond 5,000.00 HOLD").and.to.include("5,000.00 HOLD bonded and free for leases");
      expect((await staking.poolOf(market, providerA)).free).to.equal(parseEther("5000"));
    });

    it("lets staking take exactly the amount first, where it may take less", async () => {
      const fixture = await loadFixture(deployFixture);
      const { hold, staking, market, keeper } = fixture;
      const { transactions } = await leaseholdJson<{ transactions: { label: string; function: string }[] }>(
        fixture,
        keeper,
        "provider bond 12.5",
      );
      expect(transactions.map((item) => item.function)).to.deep.equal([
        "approve(address,uint256)",
        "bond(address,uint256)",
      ]);
      expect(await hold.allowance(keeper, staking)).to.equal(0n);
      expect((await staking.poolOf(market, keeper)).free).to.equal(parseEther("12.5"));
    });

    it("sends nothing in a dry run, and shows every call", async () => {
      const fixture = await loadFixture(deployFixture);
      const { staking, market, keeper, hold } = fixture;
      const { code, out } = await leasehold(fixture, keeper, "provider bond 7 --dry-run");
      expect(code).to.equal(0);
      expect(out)
        .to.include("Dry run: nothing was sent.")
        .and.to.include("would call  approve of")
        .and.to.include("amount    7000000000000000000")
        .and.to.include("not simulated: it builds on the step before")
        .and.not.to.include("bonded and free");
      expect(await hold.allowance(keeper, staking)).to.equal(0n);
      expect((await staking.poolOf(market, keeper)).free).to.equal(0n);
    });

    it("refuses before it sends anything where the wallet has too little", async () => {
      const fixture = await loadFixture(deployFixture);
      const { code, err } = await leasehold(fixture, fixture.keeper, "provider bond 100001");
      expect(code).to.equal(1);
      expect(err).to.equal("error: your wallet has 100,000.00 HOLD, 100,001.00 HOLD are needed\n");
    });

    it("adds to another provider's bond, once that provider opened it", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { staking, market, providerA, keeper, stranger } = fixture;
      expect((await leasehold(fixture, keeper, `provider bond 3 --for ${providerA.address}`)).code).to.equal(0);
      expect((await staking.poolOf(market, providerA)).free).to.equal(BOND + parseEther("3"));
      const refused = await leasehold(fixture, keeper, `provider bond 3 --for ${stranger.address}`);
      expect(refused.code).to.equal(1);
      expect(refused.err).to.include(`provider ${stranger.address} never bonded with the market itself`);
    });
  });

  describe("unbonding", () => {
    it("starts, waits, is cancelled in part, and frees the rest", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { staking, market, providerA, hold } = fixture;
      const started = await leasehold(fixture, providerA, "provider unbond 1000");
      expect(started.out).to.include("1,000.00 HOLD unbond until");

      const early = await leasehold(fixture, providerA, "provider finish-unbond");
      expect(early.code).to.equal(1);
      expect(early.err).to.match(/error: what is unbonding is free at .* UTC, in 13d 23h 59m \d+s\n$|in 14d\n$/);

      expect((await leasehold(fixture, providerA, "provider cancel-unbond 400")).code).to.equal(0);
      expect((await staking.poolOf(market, providerA)).free).to.equal(BOND - parseEther("600"));

      await pass(UNBONDING_DELAY);
      const locked = await hold.lockedOf(providerA);
      const finished = await leasehold(fixture, providerA, "provider finish-unbond");
      expect(finished.out).to.include("600.00 HOLD are free in your wallet.");
      expect(await hold.lockedOf(providerA)).to.equal(locked - parseEther("600"));
      expect((await leasehold(fixture, providerA, "provider finish-unbond")).err).to.include("nothing is unbonding");
    });

    it("takes all, and puts all back", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { staking, market, providerA } = fixture;
      await leasehold(fixture, providerA, "provider unbond all");
      expect((await staking.unbondingOf(providerA)).amount).to.equal(BOND);
      await leasehold(fixture, providerA, "provider cancel-unbond");
      expect((await staking.poolOf(market, providerA)).free).to.equal(BOND);
    });

    it("says how much is not reserved where more is asked", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { code, err } = await leasehold(fixture, fixture.providerA, "provider unbond 50001");
      expect(code).to.equal(1);
      expect(err).to.equal(
        "error: your bond with the market has 50,000.00 HOLD that are not reserved, 50,001.00 HOLD asked\n",
      );
    });
  });

  describe("offer", () => {
    it("creates what was described, for an hour at least unless told", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { lens, providerA, usd6, market, disputes } = fixture;
      const line =
        "provider offer --cpu 8 --memory 32GiB --gpu h100:1 --region eu-central --attributes ecc --price 0.42/h --capacity 4 --token USD6";
      const { code, out } = await leasehold(fixture, providerA, line);
      expect(code).to.equal(0);
      const [offer] = await lens.offerViews(await market.offerCount(), 1);
      expect(out).to.include(`offer       ${offer!.offerId}`).and.to.include("shortest    1h");
      expect(offer!.provider).to.equal(providerA.address);
      expect(offer!.token).to.equal(await usd6.getAddress());
      expect(offer!.pricePerSecondX32).to.equal(priceToX32Up(parsePrice("0.42/h"), 6));
      expect(offer!.minDuration).to.equal(HOUR);
      expect(offer!.maxDuration).to.equal(30 * DAY);
      expect(offer!.capacity).to.equal(4n);
      expect(offer!.slasher).to.equal(await disputes.getAddress());
      expect(out).to.match(/disputes +leases can be disputed/);
      expect(offer!.resources).to.equal(
        (1n << 168n) | (1n << 152n) | (1n << 144n) | (0xc019n << 128n) | (32_768n << 32n) | 8_000n,
      );
      expect(parseResources({ gpu: "h100:1" }).gpuClass).to.equal(0xc019);
    });

    it("names the slashing module that is asked for, or none", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { lens, providerA, stranger, market } = fixture;
      for (const [asked, named, told] of [
        ["none", ZeroAddress, "none: no slashing module was accepted"],
        [stranger.address, stranger.address, `by slashing module ${stranger.address}`],
      ] as const) {
        const line = `provider offer --cpu 8 --price 0.42/h --token USD6 --slasher ${asked}`;
        const { out } = await leasehold(fixture, providerA, line);
        expect(out).to.match(new RegExp(`disputes +${told}`));
        const [offer] = await lens.offerViews(await market.offerCount(), 1);
        expect(offer!.slasher).to.equal(named);
      }
    });

    it("hashes the description", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { lens, market, providerA } = fixture;
      const directory = mkdtempSync(path.join(tmpdir(), "leasehold-"));
      try {
        const file = path.join(directory, "terms.md");
        writeFileSync(file, "one machine\n");
        const { code } = await leasehold(
          fixture,
          providerA,
          `provider offer --cpu 1 --price 1/h --token USD6 --description ${file}`,
        );
        expect(code).to.equal(0);
        const [offer] = await lens.offerViews(await market.offerCount(), 1);
        expect(offer!.contentHash).to.equal(keccak256(Buffer.from("one machine\n")));
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    it("says that more must be bonded where no unit could be leased", async () => {
      const fixture = await loadFixture(deployFixture);
      const { out } = await leasehold(
        fixture,
        fixture.providerA,
        "provider offer --gpu h100:8 --price 20/h --token USD6",
      );
      expect(out).to.include("collateral  8,000.00 HOLD for each unit leased; you have 0.00 HOLD free");
      expect(out).to.include("No unit can be leased before you bond more");
    });

    for (const [line, says] of [
      ["--cpu 8", "error: --price is missing\n"],
      ["--price 1/month --capacity -1", '--price: "1/month" is no price'],
      ["--price 1/month --capacity -1", '--capacity: "-1" is no number of units: write a whole number, 0 to 16777215'],
      ["--cpu many --gpu h999 --price 1/h --token USD6", '"h999" is no GPU'],
      ["--price 1/h", "say which token with --token. Listed: USD6"],
      ["--price 1/h --token EUR", '"EUR": no listed token has this symbol'],
      ["--price 1/h --token 0x12", '"0x12" is no address of a token'],
      ["--price 1/h --token USD6 --content-hash 0x12", "content-hash: write 0x and 64 hexadecimal digits"],
      ["--price 1/h --token USD6 --description /nowhere/at/all", "the description /nowhere/at/all cannot be read"],
    ] as const) {
      it(`refuses ${line} as wrong usage`, async () => {
        const fixture = await loadFixture(openMarketFixture);
        const { code, err } = await leasehold(fixture, fixture.providerA, `provider offer ${line}`);
        expect(code).to.equal(2);
        expect(err).to.include(says);
      });
    }

    it("explains in its help why the minimum duration is an hour", async () => {
      const fixture = await loadFixture(deployFixture);
      const { code, out } = await leasehold(fixture, undefined, "provider offer --help");
      expect(code).to.equal(0);
      expect(out).to.include("The minimum duration is 1h unless told, because of what zero would mean");
    });

    it("changes price and capacity, and retires", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { lens, providerA, offerA } = fixture;
      const view = async () => (await lens.offerViews(offerA, 1))[0]!;
      expect((await leasehold(fixture, providerA, `provider price ${offerA} 0.5/h`)).out).to.include(
        "cost 0.50 USD6/h from now on",
      );
      expect((await view()).pricePerSecondX32).to.equal(priceToX32Up(parsePrice("0.5/h"), 6));
      expect((await leasehold(fixture, providerA, `provider capacity ${offerA} 3`)).out).to.include(
        `Offer ${offerA} has 3 units, 0 of them leased.`,
      );
      expect((await view()).capacity).to.equal(3n);
      expect((await leasehold(fixture, providerA, `provider retire ${offerA}`)).code).to.equal(0);
      expect((await view()).retired).to.equal(true);
      const again = await leasehold(fixture, providerA, `provider retire ${offerA}`);
      expect(again.err).to.equal(`error: offer ${offerA} is retired, for good: create another one\n`);
    });

    it("leaves other providers' offers alone", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { providerA, providerB, offerA } = fixture;
      const { code, err } = await leasehold(fixture, providerB, `provider capacity ${offerA} 3`);
      expect(code).to.equal(1);
      expect(err).to.equal(
        `error: offer ${offerA} belongs to provider ${providerA.address}, not to ${providerB.address} (you): ` +
          "use that provider's own key; an operator's reaches neither offers nor bond\n",
      );
      expect((await leasehold(fixture, providerB, "provider price 99 1/h")).err).to.equal(
        "error: offer 99 does not exist\n",
      );
    });
  });

  describe("operator", () => {
    it("is set, works for its provider, and is taken back", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { liveness, providerA, operatorA, keeper } = fixture;
      const beat = `provider heartbeat --provider ${providerA.address}`;
      const grace = `live until .* UTC, and open for new leases until .* UTC\\.\n$`;
      expect((await leasehold(fixture, operatorA, beat)).out).to.match(new RegExp(`${providerA.address} is ${grace}`));
      expect((await leasehold(fixture, keeper, beat)).err).to.equal(
        `error: only the operator ${operatorA.address} works for provider ${providerA.address}, not ${keeper.address} (you): ` +
          "use the operator's key, or let the provider name yours: leasehold provider set-operator <address>\n",
      );
      await leasehold(fixture, providerA, `provider set-operator ${keeper.address}`);
      expect(await liveness.operatorOf(providerA)).to.equal(keeper.address);
      expect((await leasehold(fixture, keeper, beat)).code).to.equal(0);
      await leasehold(fixture, providerA, "provider set-operator none");
      expect(await liveness.operatorOf(providerA)).to.equal(providerA.address);
    });

    it("says for whom it works: its key alone would act for nobody", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { liveness, providerA, operatorA, keeper } = fixture;
      const says = `error: ${operatorA.address} is an operator, and no provider itself: say for whom, with --provider ${providerA.address}\n`;
      const nonce = await operatorA.getNonce();
      for (const command of ["heartbeat", "activate", "collect"]) {
        const { code, err } = await leasehold(fixture, operatorA, `provider ${command}`);
        expect(err).to.equal(says);
        expect(code).to.equal(2);
      }
      expect(await operatorA.getNonce()).to.equal(nonce);
      await liveness.connect(providerA).setOperator(keeper);
      expect((await leasehold(fixture, operatorA, "provider activate")).err).to.equal(
        `error: no lease of ${operatorA.address} is pending\n`,
      );
    });

    it("hears of the outage that its heartbeat ended", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { liveness, providerA, operatorA } = fixture;
      await pass(GRACE + HOUR);
      const { out } = await leasehold(fixture, operatorA, `provider heartbeat --provider ${providerA.address}`);
      const { start, end } = await liveness.outageOf(providerA, 0);
      expect(end - start).to.be.greaterThan(HOUR - 60);
      expect(out).to.match(/An outage of (1h|59m|1h \d+s|59m \d+s) ended\./);
    });

    it("activates all pending leases, or those that are named, and says which were not pending", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, usd6, providerA, operatorA, tenantA, offerA } = fixture;
      const token = await usd6.getAddress();
      const leases = [1, 2, 3].map(() => ({ token, offers: [offerA] }));
      const ids: bigint[] = [];
      for (const lease of leases) ids.push(await openLease(market, tenantA, lease));
      const [first, second, third] = ids.map(formatLeaseId);

      const named = await leaseholdJson<{ activated: string[]; skipped: string[] }>(
        fixture,
        operatorA,
        `provider activate ${first}`,
      );
      expect(named.activated).to.deep.equal([first]);
      const mixed = await leasehold(fixture, operatorA, `provider activate ${first} ${second}`);
      expect(mixed.out).to.include(`1 lease started. Not pending any more, or too late: ${first}.`);
      const rest = await leaseholdJson<{ activated: string[] }>(
        fixture,
        operatorA,
        `provider activate --provider ${providerA.address}`,
      );
      expect(rest.activated).to.deep.equal([third]);
      const none = await leasehold(fixture, operatorA, `provider activate --provider ${providerA.address}`);
      expect(none.code).to.equal(1);
      expect(none.err).to.equal(`error: no lease of ${providerA.address} is pending\n`);
    });

    it("is told to send a heartbeat first where its provider is dark", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, usd6, providerA, operatorA, tenantA, offerA } = fixture;
      await openLease(market, tenantA, { token: await usd6.getAddress(), offers: [offerA] });
      await pass(GRACE);
      const { code, err } = await leasehold(fixture, operatorA, `provider activate --provider ${providerA.address}`);
      expect(code).to.equal(1);
      expect(err).to.equal(
        `error: provider ${providerA.address} is dark: run \`leasehold provider heartbeat\` first\n`,
      );
    });

    it("spells leases and resources in a dry run as people write them", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, usd6, providerA, operatorA, tenantA, offerA } = fixture;
      await openLease(market, tenantA, { token: await usd6.getAddress(), offers: [offerA] });
      const activated = await leasehold(fixture, operatorA, "provider activate 1-1 --dry-run");
      expect(activated.out).to.include("leaseIds  [1-1]").and.to.include("returns     1\n");
      const line = "provider offer --cpu 8 --gpu h100:1 --price 0.42/h --token USD6 --dry-run";
      const offered = await leasehold(fixture, providerA, line);
      expect(offered.out).to.include("{resources: 8 CPU, 1 x h100, minDuration: 3600,");
    });

    it("declines a lease, for a quarter of the no-show penalty, by the provider's own key (INV-OPR-1)", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, lens, usd6, providerA, operatorA, tenantA, offerA } = fixture;
      const id = await openLease(market, tenantA, { token: await usd6.getAddress(), offers: [offerA] });
      const { collateral } = await lens.leaseView(id);
      const line = `provider decline ${formatLeaseId(id)}`;
      expect((await leasehold(fixture, operatorA, line)).err).to.equal(
        `error: offer ${offerA} belongs to provider ${providerA.address}, not to ${operatorA.address} (you): ` +
          "use that provider's own key; an operator's reaches neither offers nor bond\n",
      );
      const { penalty } = await leaseholdJson<{ penalty: string }>(fixture, providerA, line);
      expect(BigInt(penalty)).to.equal(collateral / 40n);
      expect((await lens.leaseView(id)).status).to.equal(LeaseStatus.Cancelled);
    });
  });

  describe("collect", () => {
    it("is paid for running leases, and gets collateral back when the claim tail is over", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, lens, escrow, staking, usd6, providerA, operatorA, tenantA, offerA } = fixture;
      const token = await usd6.getAddress();
      const id = await openLease(market, tenantA, { token, offers: [offerA], duration: 2 * HOUR });
      await activate(fixture, operatorA, providerA, id);
      await pass(GRACE / 2);

      const paid = await leaseholdJson<{ paid: { token: string; amount: string }[] }>(
        fixture,
        providerA,
        "provider collect",
      );
      expect(paid.paid).to.deep.equal([{ token, amount: (await escrow.freeOf(usd6, providerA)).toString() }]);
      expect(await escrow.freeOf(usd6, providerA)).to.be.greaterThan(0n);

      await market.connect(tenantA).close(id);
      const { collateral } = await lens.leaseView(id);
      const { out } = await leasehold(fixture, providerA, `provider collect ${formatLeaseId(id)}`);
      expect(out)
        .to.match(/paid, in escrow {2}\d+\.\d+ USD6/)
        .and.not.to.include("collateral back");
      expect((await leasehold(fixture, providerA, "provider collect")).err).to.include(
        "can be collected or released now",
      );

      await pass(HOUR + 1);
      const released = await leaseholdJson<{ collateralReleased: string }>(fixture, providerA, "provider collect");
      expect(BigInt(released.collateralReleased)).to.equal(collateral);
      expect((await staking.poolOf(market, providerA)).free).to.equal(BOND);
    });

    it("sends earnings out of escrow", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { escrow, usd6, tenantA, providerA } = fixture;
      await escrow.connect(tenantA).deposit(usd6, providerA, 1_500_000n);
      const { out } = await leasehold(fixture, providerA, "provider withdraw 0.5 --token USD6");
      expect(out).to.include("1.00 USD6 of yours are free in escrow.");
      await leasehold(fixture, providerA, `provider withdraw all --token USD6 --to ${tenantA.address}`);
      expect(await escrow.freeOf(usd6, providerA)).to.equal(0n);
      expect(await usd6.balanceOf(providerA)).to.equal(500_000n);
      const empty = await leasehold(fixture, providerA, "provider withdraw all --token USD6");
      expect(empty.err).to.equal(`error: there is no free USD6 of ${providerA.address} in escrow\n`);
    });
  });

  describe("show", () => {
    it("shows bond, liveness, offers and leases of any provider, without a key", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, usd6, providerA, operatorA, tenantA, offerA } = fixture;
      const id = await openLease(market, tenantA, { token: await usd6.getAddress(), offers: [offerA] });
      await leasehold(fixture, providerA, "provider unbond 10");
      const { code, out } = await leasehold(fixture, undefined, `provider show ${providerA.address}`);
      expect(code).to.equal(0);
      expect(out)
        .to.include(`operator   ${operatorA.address}`)
        .and.to.include("backing leases")
        .and.to.include("10.00 HOLD, free at")
        .and.to.include("liveness   live for")
        .and.to.match(new RegExp(`${formatLeaseId(id)} +pending`));
    });

    it("hands everything to machines, with numbers of the chain as text", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { providerA, offerA } = fixture;
      const shown = await leaseholdJson<{
        bond: { free: string };
        offers: { id: string; live: boolean }[];
        leases: unknown[];
      }>(fixture, providerA, "provider show");
      expect(shown.bond.free).to.equal(BOND.toString());
      expect(shown.offers).to.have.length(1);
      expect(shown.offers[0]).to.include({ id: offerA.toString(), live: true });
      expect(shown.leases).to.deep.equal([]);
    });
  });

  it("has late leases among its pending ones until the cutoff only", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { market, liveness, usd6, providerA, operatorA, tenantA, offerA, lens } = fixture;
    const id = await openLease(market, tenantA, { token: await usd6.getAddress(), offers: [offerA] });
    const { cutoff, deadline } = await lens.leaseView(id);
    expect(cutoff - deadline).to.equal(OUTAGE_ALLOWANCE);
    await pass(Number(cutoff) - (await now()));
    await liveness.connect(operatorA).heartbeat(providerA);
    const { err } = await leasehold(fixture, operatorA, `provider activate --provider ${providerA.address}`);
    expect(err).to.equal(`error: no lease of ${providerA.address} is pending\n`);
  });
});
