import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";

import { formatDisputeId, formatLeaseId } from "../../sdk/ids";
import { formatDuration, formatInstant } from "../../sdk/units";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { answeredFixture, filedFixture, runningFixture } from "../helpers/disputeCommands";
import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  EVIDENCE,
  fileClaim,
  FILING_FEE,
  Outcome,
  RULING_WINDOW,
  concede,
} from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { earnedOf } from "../helpers/money";
import { DAY } from "../helpers/parameters";
import { activeLease } from "../helpers/scene";
import { moveTo, now } from "../helpers/time";

/** "within 1d, by ..." of a deadline, seen from the latest block. */
async function within(deadline: number): Promise<string> {
  return `within ${formatDuration(deadline - (await now()))}, by ${formatInstant(deadline)}`;
}

describe("leasehold dispute", () => {
  it("goes from a tenant's claim over answer and ruling to penalty, bonds and fees (INV-DSP-1, INV-DSP-2, INV-DSP-3)", async () => {
    const fixture = await loadFixture(runningFixture);
    const { disputes, hold, escrow, lens, usd6, tenantA, providerA, stranger, lease, id, name, bond } = fixture;
    const { memberA, memberB, memberC, memberD, treasury } = fixture;
    const wallet = (who: { address: string }): Promise<bigint> => hold.balanceOf(who.address);
    const [tenantBefore, providerBefore, treasuryBefore] = await Promise.all(
      [tenantA, providerA, treasury].map((who) => wallet(who)),
    );

    const line = `dispute raise ${fixture.leaseName} --class unserved --since 30m --evidence ${EVIDENCE}`;
    const raised = await leasehold(fixture, tenantA, line);
    expect(raised.code, raised.err).to.equal(0);
    const { faultStart, filedAt, held } = await disputes.disputeView(id);
    const opened = await now();
    expect(raised.err)
      .to.match(/claims +not reachable or did not work, while heartbeats said that it was served, since /)
      .and.to.match(/as +the tenant/)
      .and.to.match(/claim bond +2\.98384 HOLD, which you get back unless the claim is rejected/)
      .and.to.match(/filing fee +1\.00 HOLD, which nobody gives back/)
      .and.to.match(/holds back +0\.\d+ USD6 of the provider's earnings, by now/)
      .and.to.match(/penalty then +7\.4596 HOLD, 25 % of 29\.8384 HOLD; 5\.96768 HOLD of it are yours/)
      .and.to.include("hand it to the council");
    expect(raised.out)
      .to.include("Let the contract of disputes take 3.98384 HOLD out of the wallet")
      .and.to.match(new RegExp(`dispute +${name}`))
      .and.to.include(`the provider must answer ${await within(opened + ANSWER_WINDOW)}; silence upholds the claim`)
      .and.to.include(`by ${formatInstant(opened + 29 * DAY)} at the latest, whoever goes silent`);
    expect(filedAt).to.equal(BigInt(opened));
    const lived = Number(filedAt) - lease.startedAt;
    const before = Number(faultStart) - lease.startedAt;
    expect(lived - before).to.be.within(1_800, 1_810);
    expect(held).to.equal(earnedOf(lease.rate, lived - before));
    expect(await hold.allowance(tenantA, disputes)).to.equal(0n);

    const answered = await leasehold(fixture, providerA, `dispute answer ${fixture.leaseName}`);
    expect(answered.err)
      .to.match(/counter-bond +2\.98384 HOLD, which you get back unless the claim is upheld/)
      .and.to.include("a penalty of 7.4596 HOLD, and ")
      .and.to.include("5 members may vote; more than half decide");
    const answeredAt = await now();
    expect(answered.out).to.include(
      `the council must rule ${await within(answeredAt + RULING_WINDOW)}; silence fails the claim`,
    );

    const first = await leasehold(fixture, memberA, `dispute rule ${name} --uphold`);
    expect(first.out).to.include("1 uphold, 0 reject, of 5 who may vote").and.to.include("the council must rule");
    await leasehold(fixture, memberB, `dispute rule ${name} --reject`);
    await leasehold(fixture, memberC, `dispute rule ${name} --uphold`);
    const last = await leaseholdJson<object>(fixture, memberD, `dispute rule ${name} --uphold`);
    const decidedAt = await now();
    expect(last).to.deep.include({
      dispute: name,
      vote: "uphold",
      outcome: "Upheld",
      upholds: 3,
      rejects: 1,
      eligible: 5,
      deadline: decidedAt + APPEAL_WINDOW,
    });

    const shown = await leasehold(fixture, undefined, `dispute show ${name}`);
    expect(shown.out)
      .to.match(/outcome +upheld\n/)
      .and.to.include(`the provider may appeal ${await within(decidedAt + APPEAL_WINDOW)}; then anyone executes it`)
      .and.to.match(new RegExp(`evidence +${EVIDENCE}`))
      .and.to.match(new RegExp(`${memberB.address} +reject`))
      .and.to.match(/bonds +2\.98384 HOLD each: the claimant, the provider\n/);

    const early = await leasehold(fixture, stranger, `dispute execute ${name}`);
    expect(early.code).to.equal(1);
    expect(early.err).to.match(
      /cannot be executed now: upheld; the provider may appeal within .*\nwhat can be done: the/,
    );
    await moveTo(decidedAt + APPEAL_WINDOW);
    const executed = await leaseholdJson<object>(fixture, stranger, `dispute execute ${name}`);
    const share = FILING_FEE / 4n;
    expect(executed).to.deep.include({
      dispute: name,
      outcome: "Upheld",
      penalty: fixture.penalty.toString(),
      toClaimant: (2n * bond).toString(),
      toProvider: "0",
      toTreasury: "0",
      share: share.toString(),
    });
    const free = await escrow.freeOf(usd6, tenantA);
    expect(await wallet(tenantA)).to.equal(tenantBefore! + bond - FILING_FEE);
    expect((await lens.leaseView(lease.id)).penalised).to.equal(fixture.penalty);
    expect(free).to.be.greaterThan(0n);

    const fee = await leaseholdJson<{ amount: string }>(
      fixture,
      memberB,
      `dispute fee ${name} --to ${treasury.address}`,
    );
    expect(fee.amount).to.equal(share.toString());
    expect(await wallet(treasury)).to.equal(treasuryBefore! + share);
    const all = await leasehold(fixture, memberA, "dispute fee");
    expect(all.out).to.include(`0.25 HOLD went to ${memberA.address}.`);
    expect(await wallet(memberA)).to.equal(share);
    const again = await leasehold(fixture, memberA, "dispute fee");
    expect(again.err).to.include(`no filing fee of dispute ${name} waits for ${memberA.address}`);
    expect(await wallet(providerA)).to.equal(providerBefore! - bond - fixture.penalty);
    const over = await leasehold(fixture, undefined, `dispute show ${fixture.leaseName}`);
    expect(over.out).to.match(/next +over, and paid out/);
  });

  it("tells what a silence brings, and lets anyone carry it out, after it was executed, too", async () => {
    const fixture = await loadFixture(filedFixture);
    const { disputes, providerA, tenantA, stranger, keeper, filedAt, id, name, bond } = fixture;
    await moveTo(filedAt + ANSWER_WINDOW);
    const late = await leasehold(fixture, providerA, `dispute answer ${name}`);
    const deadline = filedAt + ANSWER_WINDOW + APPEAL_WINDOW;
    expect(late.err).to.equal(
      `error: dispute ${name} cannot be answered now: upheld, since the provider did not answer; ` +
        `the provider may appeal ${await within(deadline)}; then anyone executes it\n` +
        "what can be done: the provider: leasehold dispute appeal\n",
    );
    const best = await leasehold(fixture, tenantA, `dispute appeal ${name}`);
    expect(best.err).to.equal(
      `error: dispute ${name} is upheld, since the provider did not answer: that is the best for you, nothing to appeal\n`,
    );
    await moveTo(deadline);
    const ripe = await leasehold(fixture, undefined, `dispute list --open`);
    expect(ripe.out).to.include("upheld, since the provider did not answer; anyone may execute it now");
    await disputes.connect(keeper).execute(id);
    const held = await leasehold(fixture, undefined, `dispute show ${name}`);
    expect(held.out).to.match(/next +executed; the bonds are not paid out yet/);
    const settled = await leaseholdJson<object>(fixture, stranger, `dispute execute ${name}`);
    expect(settled).to.deep.include({
      penalty: null,
      toClaimant: bond.toString(),
      toProvider: "0",
      toTreasury: FILING_FEE.toString(),
      share: "0",
    });
    const again = await leasehold(fixture, stranger, `dispute execute ${name}`);
    expect(again.err).to.equal(`error: dispute ${name} cannot be executed now: upheld; over, and paid out\n`);
  });

  it("tells that a silent council fails a claim, which either side may appeal", async () => {
    const fixture = await loadFixture(answeredFixture);
    const { answeredAt, memberA, stranger, name, bond } = fixture;
    const until = answeredAt + RULING_WINDOW;
    await moveTo(until);
    const late = await leasehold(fixture, memberA, `dispute rule ${name} --uphold`);
    expect(late.err).to.equal(
      `error: dispute ${name} cannot be ruled on now: failed, since the council did not rule; ` +
        `either side may appeal ${await within(until + APPEAL_WINDOW)}; then anyone executes it\n` +
        "what can be done: either side: leasehold dispute appeal\n",
    );
    await moveTo(until + APPEAL_WINDOW);
    const executed = await leaseholdJson<object>(fixture, stranger, `dispute execute ${name}`);
    expect(executed).to.deep.include({
      outcome: "Failed",
      toClaimant: bond.toString(),
      toProvider: bond.toString(),
      toTreasury: FILING_FEE.toString(),
    });
  });

  it("keeps the votes and fees of an earlier claim apart from those of a later one with the same name", async () => {
    const fixture = await loadFixture(answeredFixture);
    const { disputes, providerA, tenantA, memberA, memberB, keeper, id, name, leaseName, filedAt } = fixture;
    await disputes.connect(memberA).rule(id, filedAt, true);
    await disputes.connect(memberB).rule(id, filedAt, true);
    await concede(disputes, providerA, id);
    await leasehold(fixture, keeper, `dispute execute ${name}`);
    const raised = await leasehold(
      fixture,
      tenantA,
      `dispute raise ${leaseName} --class data-lost --since 30m --evidence ${EVIDENCE}`,
    );
    expect(raised.code, raised.err).to.equal(0);
    const shown = await leaseholdJson<object>(fixture, undefined, `dispute show ${name}`);
    expect(shown).to.deep.include({ phase: "Filed", faultClass: "DataLost", ballots: [], outcome: "None" });
    const fee = await leaseholdJson<{ shares: object[] }>(fixture, memberA, `dispute fee ${name}`);
    expect(fee.shares).to.deep.equal([
      { dispute: name, filedAt: fixture.filedAt, amount: (FILING_FEE / 2n).toString() },
    ]);
    const again = await leasehold(fixture, memberA, `dispute fee ${name}`);
    expect(again.code).to.equal(1);
  });

  it("appeals to the authority, whose decision is final", async () => {
    const fixture = await loadFixture(answeredFixture);
    const { hold, disputes, tenantA, providerA, appeals, stranger, name, bond } = fixture;
    await hold.connect(tenantA).approve(disputes, 0n);
    for (const member of [fixture.memberA, fixture.memberB, fixture.memberC]) {
      await disputes.connect(member).rule(fixture.id, fixture.filedAt, false);
    }
    expect((await leasehold(fixture, stranger, `dispute appeal ${name}`)).err).to.equal(
      `error: only the two sides appeal: the claimant ${tenantA.address} and the provider ${providerA.address}; you are ${stranger.address}\n`,
    );
    const appealed = await leasehold(fixture, tenantA, `dispute appeal ${name}`);
    expect(appealed.err)
      .to.match(/outcome now +rejected; the claimant may appeal within/)
      .and.to.match(/appeal bond +2\.98384 HOLD/)
      .and.to.include(appeals.address);
    const until = (await now()) + 21 * DAY;
    expect(appealed.out)
      .to.include("Let the contract of disputes take 2.98384 HOLD out of the wallet")
      .and.to.include(`the appeal authority may decide ${await within(until)}; silence leaves it rejected`);

    const shown = await leasehold(fixture, undefined, `dispute show ${name}`);
    expect(shown.out).to.match(/bonds +2\.98384 HOLD each: the claimant, the provider, the appeal\n/);

    expect((await leasehold(fixture, stranger, `dispute decide ${name} --outcome failed`)).err).to.include(
      `only the appeal authority that it was filed under, ${appeals.address}, decides dispute ${name}`,
    );
    expect((await leasehold(fixture, appeals, `dispute decide ${name} --outcome none`)).err).to.equal(
      "error: --outcome: write one of upheld, failed, rejected\n",
    );
    const decided = await leasehold(fixture, appeals, `dispute decide ${name} --outcome failed`);
    expect(decided.out).to.include(`Dispute ${name} is decided for good, failed: leasehold dispute execute ${name}`);
    const executed = await leaseholdJson<object>(fixture, stranger, `dispute execute ${name}`);
    expect(executed).to.deep.include({
      outcome: "Failed",
      penalty: "0",
      toClaimant: (2n * bond).toString(),
      toProvider: bond.toString(),
    });
  });

  it("posts bonds out of what its poster bonded with the contract of disputes (INV-DSP-1)", async () => {
    const fixture = await loadFixture(filedFixture);
    const { hold, staking, disputes, admin, tenantA, providerA, appeals, stranger, name, bond, filedAt, id } = fixture;
    // All HOLD of the provider is bonded: its wallet has none that is free.
    const spare = (await hold.balanceOf(providerA)) - (await hold.lockedOf(providerA));
    await hold.connect(providerA).transfer(admin, spare);
    const broke = await leasehold(fixture, providerA, `dispute answer ${name}`);
    expect(broke.err).to.include("your wallet has 0.00 HOLD that are free, 2.98384 HOLD are needed as counter-bond, ");
    expect(broke.err).to.include("or post it out of your bond: --from-bond");
    const unmoved = await leasehold(fixture, providerA, `dispute answer ${name} --from-bond`);
    expect(unmoved.err).to.include(
      "error: you have 0.00 HOLD of free bond with the contract of disputes, 2.98384 HOLD are needed as counter-bond: " +
        "leasehold provider move-bond 2.98384\n",
    );
    const moved = await leasehold(fixture, providerA, "provider move-bond 4");
    expect(moved.out).to.include("; 4.00 HOLD free for disputes, 0.00 HOLD posted in some.");
    const answered = await leasehold(fixture, providerA, `dispute answer ${name} --from-bond`);
    expect(answered.code, answered.err).to.equal(0);
    expect(answered.out).not.to.include("out of the wallet");
    const pool = async () => {
      const { free, reserved } = await staking.poolOf(disputes, providerA);
      return [free, reserved];
    };
    expect(await pool()).to.deep.equal([parseEther("4") - bond, bond]);
    const shown = await leasehold(fixture, undefined, `dispute show ${name}`);
    expect(shown.out).to.match(/bonds +2\.98384 HOLD each: the claimant, the provider \(reserved of its bond\)\n/);
    const own = await leasehold(fixture, providerA, "provider show");
    expect(own.out).to.match(/for disputes +1\.01616 HOLD free for disputes, 2\.98384 HOLD posted in some/);

    for (const member of [fixture.memberA, fixture.memberB, fixture.memberC]) {
      await disputes.connect(member).rule(id, filedAt, true);
    }
    const short = await leasehold(fixture, providerA, `dispute appeal ${name} --from-bond`);
    expect(short.err).to.include("2.98384 HOLD are needed as appeal bond: leasehold provider move-bond 1.96768\n");
    await leasehold(fixture, providerA, "provider move-bond 2");
    const appealed = await leaseholdJson<object>(fixture, providerA, `dispute appeal ${name} --from-bond`);
    expect(appealed).to.deep.include({ answeredFromBond: true, appealedFromBond: true });
    await leasehold(fixture, appeals, `dispute decide ${name} --outcome failed`);
    const settled = await leaseholdJson<object>(fixture, stranger, `dispute execute ${name}`);
    expect(settled).to.deep.include({
      toClaimant: bond.toString(),
      toProvider: "0",
      taken: [],
      released: [
        { account: providerA.address, amount: bond.toString() },
        { account: providerA.address, amount: bond.toString() },
      ],
    });
    expect(await pool()).to.deep.equal([parseEther("6"), 0n]);
    const back = await leaseholdJson<object>(fixture, providerA, "provider move-bond all --back");
    expect(back).to.deep.include({ disputes: { free: "0", reserved: "0" } });
    expect(tenantA.address).not.to.equal(providerA.address);
  });

  it("tells what the other side gets of a bond that was reserved, and from when on", async () => {
    const fixture = await loadFixture(filedFixture);
    const { providerA, tenantA, stranger, name, bond } = fixture;
    await leasehold(fixture, providerA, "provider move-bond 4");
    await leasehold(fixture, providerA, `dispute answer ${name} --from-bond`);
    await leasehold(fixture, providerA, `dispute concede ${name}`);
    const { out } = await leasehold(fixture, stranger, `dispute execute ${name}`);
    expect(out)
      .to.match(/bonds +2\.98384 HOLD to the claimant, 0\.00 HOLD to the provider/)
      .and.to.match(
        new RegExp(`taken of the bond +2\\.98384 HOLD of ${providerA.address}, for the other side from .* UTC on`),
      );
    const waiting = await leasehold(fixture, tenantA, "tenant claim");
    expect(waiting.err).to.match(/penalty 2: 2\.98384 HOLD from .* UTC on/);
    expect(bond).to.equal(parseEther("2.98384"));
  });

  it("sends no share of a fee to a contract of the deployment", async () => {
    const fixture = await loadFixture(answeredFixture);
    const { disputes, memberA, name } = fixture;
    const run = await leasehold(fixture, memberA, `dispute fee ${name} --to ${await disputes.getAddress()}`);
    expect(run.err).to.equal(
      "error: the contract of disputes is a contract of this deployment and cannot receive a share of a fee: it could " +
        "never leave again\n",
    );
  });

  it("lets a provider who claims against itself appeal as the claimant that it is", async () => {
    const fixture = await loadFixture(runningFixture);
    const { disputes, providerA, lease } = fixture;
    const { id, filedAt } = await fileClaim(fixture, lease, { claimant: providerA });
    const name = formatDisputeId(id);
    await moveTo(filedAt + ANSWER_WINDOW);
    await expect(disputes.connect(providerA).appeal(id, filedAt, false))
      .to.be.revertedWithCustomError(disputes, "DisputesNothingToAppeal")
      .withArgs(id, Outcome.Upheld, providerA.address);
    const run = await leasehold(fixture, providerA, `dispute appeal ${name}`);
    expect(run.err).to.equal(
      `error: dispute ${name} is upheld, since the provider did not answer: that is the best for you, nothing to appeal\n`,
    );
  });

  it("withdraws: with the bond before the answer, without it after", async () => {
    const fixture = await loadFixture(filedFixture);
    const { tenantA, providerA, name, bond } = fixture;
    const other = await leasehold(fixture, providerA, `dispute withdraw ${name}`);
    expect(other.err).to.equal(
      `error: only the claimant, ${tenantA.address}, can withdraw dispute ${name}; you are ${providerA.address}\n`,
    );
    const { err, out } = await leasehold(fixture, tenantA, `dispute withdraw ${name}`);
    expect(err).to.include("Your bond of 2.98384 HOLD returns to you; the filing fee of 1.00 HOLD does not return.");
    expect(out).to.match(/to you +2\.98384 HOLD/);
    const after = await loadFixture(answeredFixture);
    const lost = await leasehold(after, after.tenantA, `dispute withdraw ${after.name} --dry-run`);
    expect(lost.err).to.include(
      "Your bond of 2.98384 HOLD is the provider's then; the filing fee of 1.00 HOLD does not return.",
    );
    const data = await leaseholdJson<object>(after, after.tenantA, `dispute withdraw ${after.name}`);
    expect(data).to.deep.include({ toClaimant: "0", toProvider: (2n * bond).toString() });
  });

  it("concedes at once, and for good", async () => {
    const fixture = await loadFixture(answeredFixture);
    const { providerA, stranger, name, bond, penalty } = fixture;
    const { err, out } = await leasehold(fixture, providerA, `dispute concede ${name}`);
    expect(err).to.match(/costs you +a penalty of 7\.4596 HOLD, and .* USD6 of earnings, and your counter-bond/);
    expect(out).to.match(/next +upheld; anyone may execute it now/);
    const executed = await leaseholdJson<object>(fixture, stranger, `dispute execute ${name}`);
    expect(executed).to.deep.include({ penalty: penalty.toString(), toClaimant: (2n * bond).toString() });
  });

  it("tells the provider when too few members may vote (INV-DSP-3)", async () => {
    const fixture = await loadFixture(runningFixture);
    const { council, admin, hold, disputes, tenantA, providerA, name } = fixture;
    for (const member of [fixture.memberA, fixture.memberB, fixture.memberC]) {
      await council.connect(admin).unseat(member);
    }
    await hold.connect(tenantA).approve(disputes, parseEther("1000"));
    await fileClaim(fixture, fixture.lease);
    const { err, out } = await leasehold(fixture, providerA, `dispute answer ${name}`);
    expect(err).to.include("2 members may vote: too few, so the claim fails with your answer, and may be appealed");
    expect(out).to.include(
      "failed, since 2 members of the council may vote, of 3 that it takes; either side may appeal",
    );
  });

  it("lets members recuse themselves, and refuses who may not rule before it sends anything", async () => {
    const fixture = await loadFixture(answeredFixture);
    const { council, admin, memberA, memberB, memberC, stranger, keeper, name, filedAt } = fixture;
    const neither = await leasehold(fixture, memberA, `dispute rule ${name}`);
    expect(neither.code).to.equal(2);
    expect(neither.err).to.equal("error: say how you vote: --uphold or --reject\n");
    const recused = await leasehold(fixture, memberA, `dispute recuse ${name}`);
    expect(recused.out).to.include("0 uphold, 0 reject, of 5 who may vote");
    await leasehold(fixture, memberB, `dispute rule ${name} --reject`);
    await council.connect(admin).seat(keeper);
    const seated = await now();
    await council.connect(admin).unseat(memberC);
    for (const [actor, why] of [
      [memberA, "it recused itself"],
      [memberB, "it voted to reject"],
      [memberC, "it has no seat in the council"],
      [stranger, "it has no seat in the council"],
      [
        keeper,
        `it has been seated since ${formatInstant(seated)}, the claim was filed at ${formatInstant(filedAt)}, not after that second`,
      ],
    ] as const) {
      const run = await leasehold(fixture, actor, `dispute rule ${name} --uphold`);
      expect(run.code).to.equal(1);
      expect(run.err).to.equal(`error: ${actor.address} cannot rule on ${name}: ${why}\n`);
    }
  });

  it("refuses a member who is a party", async () => {
    const fixture = await loadFixture(runningFixture);
    const { council, admin, hold, disputes, tenantA, providerA, id, name } = fixture;
    await council.connect(admin).seat(tenantA);
    await hold.connect(tenantA).approve(disputes, parseEther("1000"));
    const { filedAt } = await fileClaim(fixture, fixture.lease);
    await disputes.connect(providerA).answer(id, filedAt, false);
    const run = await leasehold(fixture, tenantA, `dispute rule ${name} --uphold`);
    expect(run.err).to.equal(`error: ${tenantA.address} cannot rule on ${name}: it is a party of the case\n`);
  });

  it("lists disputes by lease, provider, claimant and state", async () => {
    const fixture = await loadFixture(filedFixture);
    const { offerD, tenantB, providerA, providerB, stranger, lease, leaseName, name } = fixture;
    const other = await activeLease(fixture, { offer: offerD, tenant: tenantB, duration: DAY });
    await moveTo((await now()) + 60);
    await fileClaim(fixture, other);
    await fileClaim(fixture, lease, { claimant: stranger });
    const names = async (options: string): Promise<string[]> => {
      const found = await leaseholdJson<{ dispute: string }[]>(fixture, undefined, `dispute list ${options}`);
      return found.map(({ dispute }) => dispute);
    };
    const [second, third] = [`${formatLeaseId(other.id)}/${tenantB.address}`, `${leaseName}/${stranger.address}`];
    expect(await names("")).to.deep.equal([name, second, third]);
    expect(await names(`--lease ${leaseName}`)).to.deep.equal([name, third]);
    expect(await names(`--provider ${providerA.address}`)).to.deep.equal([name, second, third]);
    expect(await names(`--provider ${providerB.address}`)).to.deep.equal([]);
    expect(await names(`--claimant ${tenantB.address}`)).to.deep.equal([second]);
    await leasehold(fixture, tenantB, `dispute withdraw ${second}`);
    expect(await names("--open")).to.deep.equal([name, third]);
    expect(await names("")).to.deep.equal([name, second, third]);
    const several = await leasehold(fixture, providerA, `dispute answer ${leaseName}`);
    expect(several.err).to.equal(`error: lease ${leaseName} has several disputes, say which:\n${name}\n${third}\n`);
    const { out } = await leasehold(fixture, undefined, "dispute list --open");
    expect(out)
      .to.include("DISPUTE")
      .and.to.match(new RegExp(`${name} +unserved +the provider must answer within`));
    const nobody = await leasehold(fixture, undefined, `dispute list --claimant ${ZeroAddress}`);
    expect(nobody.out).to.equal("No disputes.\n");
  });

  it("shows claims and penalties with the lease, and whether it can be disputed", async () => {
    const fixture = await loadFixture(filedFixture);
    const { providerA, stranger, offerA, leaseName, name, disputes, id } = fixture;
    const open = await leasehold(fixture, undefined, `lease show ${leaseName}`);
    expect(open.out)
      .to.match(new RegExp(`disputes +leasehold dispute raise ${leaseName}`))
      .and.to.match(new RegExp(`claim +${name}: the provider must answer within`));
    const [data] = await leaseholdJson<{ openClaims: number; disputes: object[]; slasher: string }[]>(
      fixture,
      undefined,
      `lease show ${leaseName}`,
    );
    expect([data!.openClaims, data!.disputes.length, data!.slasher]).to.deep.equal([1, 1, await disputes.getAddress()]);
    await concede(disputes, providerA, id);
    await leasehold(fixture, stranger, `dispute execute ${name}`);
    const punished = await leasehold(fixture, undefined, `lease show ${leaseName}`);
    expect(punished.out)
      .to.match(/penalised +7\.4596 HOLD of the collateral, by now/)
      .and.to.match(/at fault +a claim filed at .* was upheld, and punished/)
      .and.not.to.match(/claim +\d/);
    const plain = await leasehold(fixture, undefined, `offers ${offerA}`);
    expect(plain.out).to.match(/disputes +none: no slashing module was accepted/);
    const table = await leasehold(fixture, undefined, "offers");
    expect(table.out)
      .to.match(/ no +0x/)
      .and.to.match(/ yes +0x/);
  });
});
