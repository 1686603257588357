import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { keccak256, parseEther } from "ethers";

import { instant } from "../../scripts/cli/inputs";
import { formatLeaseId } from "../../sdk/ids";
import { formatInstant } from "../../sdk/units";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { filedFixture, runningFixture } from "../helpers/disputeCommands";
import { EVIDENCE, FILING_FEE, concede } from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { partOf, penaltyParts } from "../helpers/money";
import { DAY, DEFAULT_RULES } from "../helpers/parameters";
import { activeLease, offerOf, pendingLease } from "../helpers/scene";
import { moveTo, now } from "../helpers/time";

interface Failed {
  readonly error: { readonly name?: string; readonly message: string };
}

const raise = (lease: string, since: string, fault = "unserved"): string =>
  `dispute raise ${lease} --class ${fault} --since ${since} --evidence ${EVIDENCE}`;

describe("leasehold dispute raise", () => {
  it("takes the hash of a file, whatever is in it", async () => {
    const fixture = await loadFixture(runningFixture);
    const { disputes, tenantA, leaseName, id } = fixture;
    const directory = mkdtempSync(path.join(tmpdir(), "leasehold-"));
    try {
      const file = path.join(directory, "probes.bin");
      const bytes = Uint8Array.from([0, 255, 10, 13, 128]);
      writeFileSync(file, bytes);
      const line = `dispute raise ${leaseName} --class data-lost --since 1h --evidence`;
      const { err } = await leasehold(fixture, tenantA, `${line} ${file}`);
      expect(err).to.match(new RegExp(`evidence +${keccak256(bytes)}, keccak256 of ${file}`));
      const [filed] = await disputes.queryFilter(disputes.filters.DisputeFiled(id));
      expect(filed!.args.evidence).to.equal(keccak256(bytes));
      expect(filed!.args.faultClass).to.equal(2n);
      const lost = await leasehold(fixture, tenantA, `${line} ${file}.gone`);
      expect(lost.code).to.equal(2);
      expect(lost.err).to.match(/the evidence .*\.gone cannot be read .*: name a file, or write its keccak256/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("approves nothing where the allowance suffices, and sends nothing in a dry run", async () => {
    const fixture = await loadFixture(runningFixture);
    const { disputes, hold, tenantA, leaseName, id, bond } = fixture;
    const line = `dispute raise ${leaseName} --class unserved --since 30m --evidence ${EVIDENCE}`;
    const dry = await leasehold(fixture, tenantA, `${line} --dry-run`);
    expect(dry.out)
      .to.include("Dry run")
      .and.to.match(/would call +file of/)
      .and.to.include("not simulated");
    expect((await disputes.disputeView(id)).filedAt).to.equal(0n);
    await hold.connect(tenantA).approve(disputes, bond + FILING_FEE);
    const { transactions } = await leaseholdJson<{ transactions: object[] }>(fixture, tenantA, line);
    expect(transactions).to.have.length(1);
    expect(await hold.allowance(tenantA, disputes)).to.equal(0n);
  });

  it("lets anyone challenge, for the collateral alone", async () => {
    const fixture = await loadFixture(runningFixture);
    const { stranger, tenantA, leaseName, lease, penalty } = fixture;
    const line = `dispute raise ${leaseName} --class unserved --since 30m --evidence ${EVIDENCE}`;
    const { err } = await leasehold(fixture, stranger, `${line} --dry-run`);
    expect(err)
      .to.match(new RegExp(`as +a challenger; the tenant is ${tenantA.address}\n`))
      .and.to.match(/holds back +nothing: you are not its tenant/);
    const raised = await leaseholdJson<object>(fixture, stranger, line);
    expect(raised).to.deep.include({
      dispute: `${leaseName}/${stranger.address}`,
      byTenant: false,
      held: "0",
      penalty: penalty.toString(),
      part: penaltyParts(penalty, true).challenger.toString(),
      collateral: lease.collateral.toString(),
      fractionBps: 2500,
    });
    const shown = await leasehold(fixture, undefined, `dispute show ${leaseName}`);
    expect(shown.out)
      .to.match(new RegExp(`claimant +${stranger.address}, a challenger`))
      .and.to.match(new RegExp(`tenant +${tenantA.address}`));
  });

  it("warns of claims that are open on the lease, too: they take the same", async () => {
    const fixture = await loadFixture(filedFixture);
    const { stranger, leaseName } = fixture;
    const beside = await leasehold(fixture, stranger, `${raise(leaseName, "30m")} --dry-run`);
    expect(beside.err).to.match(
      /warning +7?[-\d]+\/0x\w{40}: open on this lease, too; where faults overlap, what one claim takes is taken off the others/,
    );
  });

  it("tells a claimant what is left to take where a fault was punished before (INV-DSP-2)", async () => {
    const fixture = await loadFixture(filedFixture);
    const { disputes, providerA, stranger, keeper, lease, leaseName, id, penalty } = fixture;
    await concede(disputes, providerA, id);
    await disputes.connect(keeper).execute(id);
    const same = await leasehold(fixture, stranger, `${raise(leaseName, "30m")} --dry-run`);
    expect(same.err).to.match(
      /penalty then +0\.00 HOLD, 25 % of 29\.8384 HOLD, less what was taken before; 0\.00 HOLD/,
    );
    expect(same.err).to.match(
      /warning +the penalty would be nothing, as things are: a claim on the same time was upheld, and took as much or more/,
    );
    const worse = await leaseholdJson<object>(fixture, stranger, raise(leaseName, "30m", "data-lost"));
    const whole = partOf(lease.collateral, DEFAULT_RULES.dataLostBps);
    expect(worse).to.deep.include({
      penalty: (whole - penalty).toString(),
      part: penaltyParts(whole - penalty, true).challenger.toString(),
    });
    const { dispute } = worse as { dispute: string };
    await leasehold(fixture, providerA, `dispute concede ${dispute}`);
    const executed = await leaseholdJson<object>(fixture, keeper, `dispute execute ${dispute}`);
    expect(executed).to.deep.include({ penalty: (whole - penalty).toString() });
  });
});

describe("leasehold dispute raise, refused before anything is sent", () => {
  it("refuses leases whose offer names no slashing module, or another one", async () => {
    const fixture = await loadFixture(runningFixture);
    const { market, tenantA, keeper } = fixture;
    const other = await offerOf(fixture, { slasher: keeper.address });
    for (const [offer, accepted] of [
      [fixture.offerA, "no slashing module"],
      [other, `slashing module ${keeper.address}`],
    ] as const) {
      const { id, startedAt } = await activeLease(fixture, { offer });
      const lease = formatLeaseId(id);
      const refused = await leasehold(fixture, tenantA, raise(lease, "1s"));
      expect(refused.code).to.equal(1);
      expect(refused.err).to.equal(
        `error: lease ${lease} cannot be disputed here: its offer accepted ${accepted}; choose offers whose leases can be disputed, see leasehold offers\n`,
      );
      if (offer === other) await market.connect(keeper).openClaim(id, keeper, startedAt);
      const { out } = await leasehold(fixture, undefined, `lease show ${lease}`);
      expect(out).to.match(offer === other ? /disputes +by slashing module/ : /disputes +none/);
      expect(/open claims +1, filed with its slashing module/.test(out)).to.equal(offer === other);
    }
  });

  it("refuses leases that did not start, are long over, or do not exist", async () => {
    const fixture = await loadFixture(runningFixture);
    const { tenantA, market, lease, leaseName } = fixture;
    const missing = await leasehold(fixture, tenantA, raise("99-1", "1h"));
    expect(missing.err).to.equal("error: lease 99-1 does not exist\n");
    const pending = formatLeaseId((await pendingLease(fixture, { offer: fixture.offerD })).id);
    expect((await leasehold(fixture, tenantA, raise(pending, "1s"))).err).to.equal(
      `error: lease ${pending} has not started: a running lease can be disputed, or one that just ended\n`,
    );
    await market.connect(tenantA).close(lease.id);
    const { releasableAt } = await fixture.lens.leaseView(lease.id);
    await moveTo(releasableAt);
    const late = await leasehold(fixture, tenantA, raise(leaseName, "1h"));
    expect(late.err).to.equal(`error: lease ${leaseName} could be disputed until ${formatInstant(releasableAt)}\n`);
  });

  it("takes claims on a lease that nobody ended for its claim tail, and no longer", async () => {
    const fixture = await loadFixture(runningFixture);
    const { tenantA, stranger, lease, leaseName } = fixture;
    const until = lease.end + DAY; // as long again as it lasted
    await moveTo(until - 10);
    const shown = await leasehold(fixture, undefined, `lease show ${leaseName}`);
    expect(shown.out).to.match(
      new RegExp(`disputes +leasehold dispute raise ${leaseName}, until ${formatInstant(until)}`),
    );
    await leaseholdJson(fixture, stranger, raise(leaseName, "26h"));
    await moveTo(until);
    const late = await leasehold(fixture, tenantA, raise(leaseName, "26h"));
    expect(late.err).to.equal(`error: lease ${leaseName} could be disputed until ${formatInstant(until)}\n`);
    const after = await leasehold(fixture, undefined, `lease show ${leaseName}`);
    expect(after.out).to.match(new RegExp(`disputes +were possible until ${formatInstant(until)}`));
  });

  it("refuses times at which the lease was not running, and times long ago", async () => {
    const fixture = await loadFixture(runningFixture);
    const { tenantA, lease, leaseName, market } = fixture;
    const before = await leasehold(fixture, tenantA, raise(leaseName, "2h"));
    expect(before.err).to.include(
      `the lease began at ${formatInstant(lease.startedAt)}; say --since ${lease.startedAt}`,
    );
    const future = await leasehold(fixture, tenantA, raise(leaseName, String((await now()) + 1)));
    expect(future.err).to.include(`it is ${formatInstant(await now())}, say when it began`);
    await market.connect(tenantA).close(lease.id);
    const { end } = await fixture.lens.leaseView(lease.id);
    await moveTo(Number(end) + 60);
    const after = await leasehold(fixture, tenantA, raise(leaseName, String(end)));
    expect(after.err).to.include(`the lease ended at ${formatInstant(end)}`);
    const inside = await leaseholdJson<{ faultStart: number }>(
      fixture,
      tenantA,
      raise(leaseName, String(Number(end) - 1)),
    );
    expect(inside.faultStart).to.equal(Number(end) - 1);
  });

  it("refuses faults of more than 7 days ago", async () => {
    const fixture = await loadFixture(runningFixture);
    const { tenantA, offerD } = fixture;
    const lease = await activeLease(fixture, { offer: offerD, duration: 10 * DAY });
    await moveTo(lease.startedAt + 8 * DAY);
    const old = await leasehold(fixture, tenantA, raise(formatLeaseId(lease.id), "7d1s"));
    expect(old.err).to.include("it is possible for 7 days after it began; say --since 6d23h if it lasted until then");
  });

  it("refuses a second claim of the same claimant, and says what to do with the first", async () => {
    const fixture = await loadFixture(filedFixture);
    const { tenantA, leaseName, name } = fixture;
    const again = await leasehold(fixture, tenantA, raise(leaseName, "10m"));
    expect(again.err).to.match(
      new RegExp(
        `^error: you have a claim on lease ${leaseName} already, ${name}: the provider must answer within .*\nwhat can be done: .*claimant: leasehold dispute withdraw\n$`,
      ),
    );
  });

  it("refuses without the HOLD for bond and fee", async () => {
    const fixture = await loadFixture(runningFixture);
    const { hold, tenantA, stranger, leaseName } = fixture;
    await hold.connect(tenantA).transfer(stranger, (await hold.balanceOf(tenantA)) - parseEther("3.98"));
    const poor = await leasehold(fixture, tenantA, raise(leaseName, "10m"));
    expect(poor.err).to.match(
      /error: your wallet has 3\.98 HOLD that are free, 3\.98384 HOLD are needed as claim bond and filing fee\n$/,
    );
  });

  it("takes four classes, times of the calendar in UTC, and dispute ids with a checksum", async () => {
    const fixture = await loadFixture(runningFixture);
    const { tenantA, leaseName, lease } = fixture;
    const wrong = await leasehold(fixture, tenantA, raise(leaseName, "yesterday", "late"));
    expect(wrong.code).to.equal(2);
    expect(wrong.err)
      .to.include("--class: write one of unserved, short-of-terms, data-lost, data-exposed")
      .and.to.include("--since");
    const impossible = await leasehold(fixture, tenantA, raise(leaseName, "2026-02-30T10:00"));
    expect(impossible.err).to.include('"2026-02-30T10:00" is no time of the calendar');
    const second = lease.startedAt + 600;
    const written = new Date(second * 1_000).toISOString().slice(0, 19);
    const line = `${raise(leaseName, written, "data-exposed")} --dry-run`;
    const { faultStart } = await leaseholdJson<{ faultStart: number }>(fixture, tenantA, line);
    expect(faultStart).to.equal(second);
    const none = await leasehold(fixture, tenantA, `dispute show ${leaseName}`);
    expect(none.err).to.equal(`error: nobody disputed lease ${leaseName}: see leasehold dispute raise\n`);
    const typo = await leasehold(fixture, tenantA, `dispute show ${leaseName}/0x12`);
    expect(typo.code).to.equal(2);
    expect(
      (
        JSON.parse(
          (await leasehold(fixture, tenantA, `dispute show ${leaseName}/${tenantA.address} --json`)).err,
        ) as Failed
      ).error.message,
    ).to.equal(`there is no dispute ${leaseName}/${tenantA.address}: see leasehold dispute list --lease ${leaseName}`);
  });
});

describe("a time on the command line", () => {
  for (const [text, meant] of [
    ["2h", { ago: 7_200 }],
    ["1h30m ago", { ago: 5_400 }],
    ["2026-11-21T03:00", { at: 1_795_230_000 }],
    ["2026-11-21 03:00:07 UTC", { at: 1_795_230_007 }],
    ["2026-11-21T03:00:07.000Z", { at: 1_795_230_007 }],
    ["1795230007", { at: 1_795_230_007 }],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(instant.parse(text)).to.deep.equal(meant);
    });
  }

  for (const nonsense of [
    "",
    "now",
    "7",
    "2026-11-21",
    "2026-13-01T00:00",
    "2026-11-21T24:01",
    "2026-11-21T03:00+01:00",
  ]) {
    it(`refuses "${nonsense}"`, () => {
      expect(instant.safeParse(nonsense).success).to.equal(false);
    });
  }
});
