import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { concat, keccak256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { impersonated } from "../helpers/actors";
import { formatSignedQuote, parseSignedQuote, quoteDigest, type SignedQuote } from "../../sdk/quotes";
import { leasehold, type Run } from "../helpers/commandLine";
import { type OpenMarket, openMarketFixture, whole } from "../helpers/fixture";
import { LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { lockOf, perHourUp } from "../helpers/money";
import { DAY, HOUR } from "../helpers/parameters";
import { now, pass } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

/** Thirty cents of a 6-decimal token an hour, rounded up as the command line does. */
const QUOTED = perHourUp(300_000n);

describe("leasehold quote", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "leasehold-quote-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const fileOf = (text: string, name = "quote.json"): string => {
    const file = path.join(directory, name);
    writeFileSync(file, text);
    return file;
  };

  /** Signs, and keeps what was printed in a file. */
  async function signed(
    fixture: OpenMarket,
    options: string,
    signer: HardhatEthersSigner = fixture.providerA,
  ): Promise<{ file: string; quote: SignedQuote; run: Run }> {
    const run = await leasehold(fixture, signer, `quote sign ${options}`);
    expect(run.code, run.err).to.equal(0);
    const file = fileOf(run.out);
    return { file, quote: parseSignedQuote(run.out, file), run };
  }

  describe("sign", () => {
    it("prints a quote on an offer, and says what it means where people read", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { quotes, providerA, offerA, tenantA } = fixture;
      const { quote, run } = await signed(
        fixture,
        `--offer ${offerA} --price 0.30/h --units 4 --expires 2h --tenant ${tenantA.address}`,
      );
      expect(quote).to.deep.include({ chainId: 31_337, contract: await quotes.getAddress() });
      const { salt, ...said } = quote.quote;
      expect(said).to.deep.include({
        provider: providerA.address,
        offer: offerA,
        pricePerSecondX32: QUOTED,
        units: 4,
        expiry: (await now()) + 2 * HOUR,
        tenant: tenantA.address,
        epoch: 0n,
      });
      expect(salt).not.to.equal(0n);
      expect(run.err)
        .to.include(quoteDigest(quote, quote.quote))
        .and.to.include("0.30 USD6/h a unit")
        .and.to.include("Renewals and units that are added later cost what the offer does, 0.42 USD6/h now.");
    });

    it("prints one with terms of its own, for a day and for anyone unless told", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { usd6, stranger } = fixture;
      const description = fileOf("eight cores, a promise", "terms.txt");
      const { quote, run } = await signed(
        fixture,
        `--cpu 8 --memory 32GiB --token USD6 --price 0.30/h --max-duration 2d --slasher ${stranger.address} --description ${description}`,
      );
      expect(quote.quote).to.deep.include({ offer: 0n, units: 1, expiry: (await now()) + DAY, tenant: ZeroAddress });
      expect(quote.quote.terms).to.deep.equal({
        resources: 8_000n + (32_768n << 32n),
        minDuration: HOUR,
        maxDuration: 2 * DAY,
        token: await usd6.getAddress(),
        slasher: stranger.address,
        contentHash: keccak256(Buffer.from("eight cores, a promise")),
      });
      expect(run.err).to.include("creates an offer of yours that takes signed quotes alone").and.to.include("anyone");
    });

    it("prints the same with --json, and nothing else", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const line = `quote sign --offer ${fixture.offerA} --price 0.30/h --json`;
      const { out, err } = await leasehold(fixture, fixture.providerA, line);
      expect(parseSignedQuote(out, "stdout").quote.pricePerSecondX32).to.equal(QUOTED);
      expect(err).to.equal("");
    });

    it("leaves the signature to the owners of a contract account, without a key", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { usd6, market, liveness, staking, hold, admin, stranger, tenantA, offerC } = fixture;
      const wallet = await ethers.deployContract("ScriptedWallet");
      const account = await impersonated(wallet);
      await hold.connect(admin).transfer(account, whole(1_000n, 18));
      await hold.connect(account).approve(staking, whole(1_000n, 18));
      await staking.connect(account).bond(market, whole(1_000n, 18));
      await liveness.connect(account).setOperator(stranger);
      await liveness.connect(stranger).heartbeat(account);
      const line = `quote sign --from ${account.address} --unsigned --cpu 8 --token USD6 --price 0.30/h`;
      const { code, out, err } = await leasehold(fixture, undefined, line);
      expect(code, err).to.equal(0);
      const file = fileOf(out);
      expect(parseSignedQuote(out, file)).to.have.property("signature", "0x");
      expect((await leasehold(fixture, undefined, `quote show ${file}`)).out).to.include("did not sign it");
      await wallet.script(concat(["0x1626ba7e", `0x${"00".repeat(28)}`]), false);
      expect((await leasehold(fixture, tenantA, `quote open ${file} --duration 1h`)).code).to.equal(0);
      expect((await market.offerById(offerC + 1n)).quotedOnly).to.equal(true);
      expect((await fixture.escrow.moduleAccount(market, usd6, tenantA)).locked).to.equal(350_001n);
    });

    it("signs for the provider's present epoch", async () => {
      const fixture = await loadFixture(openMarketFixture);
      expect((await leasehold(fixture, fixture.providerA, "quote cancel-all")).code).to.equal(0);
      const { quote } = await signed(fixture, `--offer ${fixture.offerA} --price 0.30/h`);
      expect(quote.quote.epoch).to.equal(1n);
    });

    const refused: [string, (fixture: OpenMarket) => string, number, string][] = [
      ["another provider's offer", ({ offerB }) => `--offer ${offerB} --price 1/h`, 1, "quote on your own offers"],
      ["an offer that does not exist", () => "--offer 99 --price 1/h", 1, "offer 99 does not exist"],
      [
        "terms beside an offer",
        ({ offerA }) => `--offer ${offerA} --cpu 8 --max-duration 1d --price 1/h`,
        2,
        "--cpu, --max-duration: the offer has them already",
      ],
      ["nothing", () => "--token USD6 --price 1/h", 2, "say what is quoted: --offer <number>, or --cpu"],
      ["no price", ({ offerA }) => `--offer ${offerA}`, 2, "--price is missing"],
    ];
    for (const [title, options, code, message] of refused) {
      it(`refuses to sign ${title}`, async () => {
        const fixture = await loadFixture(openMarketFixture);
        const run = await leasehold(fixture, fixture.providerA, `quote sign ${options(fixture)}`);
        expect(run.code).to.equal(code);
        expect(run.err).to.include(message);
        expect(run.out).to.equal("");
      });
    }
  });

  describe("show", () => {
    it("says what a good quote offers, to anybody without a key", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { file, quote } = await signed(fixture, `--offer ${fixture.offerA} --price 0.30/h --units 4`);
      const { code, out } = await leasehold(fixture, undefined, `quote show ${file}`);
      expect(code).to.equal(0);
      expect(out)
        .to.include(quoteDigest(quote, quote.quote))
        .and.to.include("0.30 USD6/h a unit")
        .and.to.include("0.42 USD6/h a unit")
        .and.to.include("4 of 4 units left")
        .and.to.match(/good until +\S+ \S+ UTC, 1d left/)
        .and.to.match(/for +anyone/)
        .and.to.match(/state +good/);
    });

    it("tells the offer of a quote with terms, once there is one", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { file, quote } = await signed(fixture, "--cpu 8 --memory 32GiB --token USD6 --price 0.30/h --units 2");
      expect(quote.quote.terms.slasher).to.equal(await fixture.disputes.getAddress());
      const before = await leasehold(fixture, undefined, `quote show ${file}`);
      expect(before.out).to.include("none yet: the first lease creates it").and.to.include("8 CPU, 32 GiB");
      await leasehold(fixture, fixture.tenantA, `quote open ${file} --duration 2h`);
      const { out } = await leasehold(fixture, undefined, `quote show ${file}`);
      expect(out)
        .to.match(new RegExp(`offer +${fixture.offerC + 1n}`))
        .and.to.include("1 of 2 units left");
    });

    it("names everything that is wrong with one, and exits with 1", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, quotes, providerA, tenantA, offerA } = fixture;
      const { file, quote } = await signed(fixture, `--offer ${offerA} --price 0.30/h --expires 1h`);
      await leasehold(fixture, tenantA, `quote open ${file} --duration 2h`);
      await market.connect(providerA).retireOffer(offerA);
      await quotes.connect(providerA).cancel(quoteDigest(quote, quote.quote));
      await quotes.connect(providerA).cancelAll();
      await pass(HOUR);
      const { code, out } = await leasehold(fixture, undefined, `quote show ${file}`);
      expect(code).to.equal(1);
      expect(out)
        .to.include("it expired at")
        .and.to.include("its provider cancelled it")
        .and.to.include("it is of epoch 0, its provider is in epoch 1")
        .and.to.include("all its units are opened")
        .and.to.include(`offer ${offerA} is retired`);
    });

    it("finds a quote that was changed after it was signed, or is on another's offer", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { quote } = await signed(fixture, `--offer ${fixture.offerA} --price 0.30/h`);
      const changed = { ...quote, quote: { ...quote.quote, offer: fixture.offerB } };
      const file = fileOf(formatSignedQuote(changed));
      const { code, out } = await leasehold(fixture, undefined, `quote show ${file} --json`);
      expect(code).to.equal(1);
      const { faults, good } = JSON.parse(out) as { faults: string[]; good: boolean };
      expect(good).to.equal(false);
      expect(faults).to.deep.equal([
        "its provider did not sign it as it is",
        `offer ${fixture.offerB} is another provider's`,
      ]);
    });

    it("refuses files that are no quotes, and quotes of other networks", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { quote } = await signed(fixture, `--offer ${fixture.offerA} --price 0.30/h`);
      for (const [file, message] of [
        [path.join(directory, "none.json"), "cannot be read"],
        [fileOf("{}"), "is no signed quote"],
        [fileOf(formatSignedQuote({ ...quote, chainId: 1 }), "one.json"), "on chain 1; this network has"],
        [fileOf(formatSignedQuote({ ...quote, contract: ZeroAddress }), "two.json"), `for the contract ${ZeroAddress}`],
      ] as const) {
        const { code, err } = await leasehold(fixture, undefined, `quote show ${file}`);
        expect(code).to.equal(2);
        expect(err).to.include(message);
      }
    });
  });

  describe("open", () => {
    it("opens at the quoted price, and says what it locked", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, tenantA, offerA } = fixture;
      const { file } = await signed(fixture, `--offer ${offerA} --price 0.30/h --units 4`);
      const { code, out, err } = await leasehold(fixture, tenantA, `quote open ${file} --units 3 --duration 24h`);
      expect(code, err).to.equal(0);
      const locked = lockOf(QUOTED * 3n, DAY, 50_000n);
      expect(locked).to.equal(21_650_001n);
      expect(err).to.include("21.650001 USD6, 0.05 USD6 of it a bounty");
      expect(out).to.include(`lease           ${offerA}-1, pending`).and.to.include("locked          21.650001 USD6");
      expect(await storedLease(market, leaseIdOf(offerA, 1))).to.include({
        rate: QUOTED * 3n,
        status: LeaseStatus.Pending,
      });
    });

    it("deposits and approves what is missing in the same transaction, where it is told to", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { escrow, market, usd6, stranger, offerA } = fixture;
      await usd6.mint(stranger, whole(10n, 6));
      const { file } = await signed(fixture, `--offer ${offerA} --price 0.30/h`);
      const broke = await leasehold(fixture, stranger, `quote open ${file} --duration 1h`);
      expect(broke.code).to.equal(1);
      expect(broke.err)
        .to.include("0.350001 USD6 are missing in your escrow account: leasehold tenant deposit 0.350001 --token USD6")
        .and.to.include("or add --fund");
      const { code, out, err } = await leasehold(fixture, stranger, `quote open ${file} --duration 1h --fund`);
      expect(code, err).to.equal(0);
      expect(out)
        .to.include("Deposit 0.350001 USD6, approve and open a lease with a quote")
        .and.to.include(`${offerA}-1, pending`);
      expect(await escrow.freeOf(usd6, stranger)).to.equal(0n);
      expect((await escrow.moduleAccount(market, usd6, stranger)).locked).to.equal(350_001n);
    });

    it("opens nothing under a slashing module that the address book does not know, unless asked", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { tenantA, stranger } = fixture;
      const { file } = await signed(fixture, `--cpu 4 --token USD6 --price 0.30/h --slasher ${stranger.address}`);
      const line = `quote open ${file} --duration 2h`;
      const refused = await leasehold(fixture, tenantA, line);
      expect(refused.err).to.equal(
        `error: the quote's offer names slashing module ${stranger.address}, which the address book does not know: it can ` +
          "give most of the collateral away while the lease runs\nadd --any-slasher to take the risk\n",
      );
      const { code, out, err } = await leasehold(fixture, tenantA, `${line} --any-slasher`);
      expect(code, err).to.equal(0);
      expect(out).to.include("pending");
    });

    it("sends nothing in a dry run", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { market, tenantA, offerA } = fixture;
      const { file } = await signed(fixture, `--offer ${offerA} --price 0.30/h`);
      const { code, out } = await leasehold(fixture, tenantA, `quote open ${file} --duration 1h --dry-run`);
      expect(code).to.equal(0);
      expect(out).to.include("Dry run: nothing was sent.").and.to.include("Open a lease with a quote");
      expect((await storedOffer(market, offerA)).leaseCount).to.equal(0n);
    });

    it("says why a quote opens nothing, before anything is sent", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { file } = await signed(fixture, `--offer ${fixture.offerA} --price 0.30/h --expires 1h`);
      await pass(HOUR);
      const { code, err } = await leasehold(fixture, fixture.tenantA, `quote open ${file} --duration 1h`);
      expect(code).to.equal(1);
      expect(err).to.match(/^error: the quote opens nothing: it expired at .* UTC\n$/);
    });

    it("says what the chain refuses in sentences", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { tenantA, tenantB, offerA } = fixture;
      const { file } = await signed(fixture, `--offer ${offerA} --price 0.30/h --units 2 --tenant ${tenantA.address}`);
      for (const [tenant, options, message] of [
        [tenantB, "--duration 1h", `the quote is for tenant ${tenantA.address}, not for ${tenantB.address} (you)`],
        [tenantA, "--duration 1h --units 3", "the quote has 2 units left, 3 asked"],
        [tenantA, "--duration 1h --max-lock 0.3", "would lock 0.350001 USD6, the order allows 0.30 USD6"],
      ] as const) {
        const { code, err } = await leasehold(fixture, tenant, `quote open ${file} ${options}`);
        expect(code).to.equal(1);
        expect(err).to.include(message);
      }
    });
  });

  describe("cancel", () => {
    it("takes back one quote, by its file", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { quotes, providerA, tenantA, offerA } = fixture;
      const { file, quote } = await signed(fixture, `--offer ${offerA} --price 0.30/h --units 2`);
      await leasehold(fixture, tenantA, `quote open ${file} --duration 1h`);
      const { code, out } = await leasehold(fixture, providerA, `quote cancel ${file}`);
      expect(code).to.equal(0);
      expect(out).to.include("No lease is opened with it any more; it opened 1 unit before.");
      expect((await quotes.quoteStateOf(providerA, quoteDigest(quote, quote.quote))).cancelled).to.equal(true);
    });

    it("takes back one quote, by its digest", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { quotes, providerA, offerA } = fixture;
      const { quote } = await signed(fixture, `--offer ${offerA} --price 0.30/h`);
      const digest = quoteDigest(quote, quote.quote);
      expect((await leasehold(fixture, providerA, `quote cancel ${digest}`)).code).to.equal(0);
      expect((await quotes.quoteStateOf(providerA, digest)).cancelled).to.equal(true);
    });

    it("refuses a quote of another provider", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { file } = await signed(fixture, `--offer ${fixture.offerA} --price 0.30/h`);
      const { code, err } = await leasehold(fixture, fixture.providerB, `quote cancel ${file}`);
      expect(code).to.equal(1);
      expect(err).to.include(`the quote is of provider ${fixture.providerA.address}, not of`);
    });

    it("takes back all", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { file } = await signed(fixture, `--offer ${fixture.offerA} --price 0.30/h`);
      const { code, out } = await leasehold(fixture, fixture.providerA, "quote cancel-all");
      expect(code).to.equal(0);
      expect(out).to.include("Only quotes that you sign from now on count, in epoch 1.");
      const shown = await leasehold(fixture, undefined, `quote show ${file}`);
      expect(shown.out).to.match(/state +it is of epoch 0, its provider is in epoch 1/);
    });
  });
});
