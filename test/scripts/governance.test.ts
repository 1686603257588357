import { expect } from "chai";
import { AbiCoder, parseEther, type Result } from "ethers";

import { formatDisputeId } from "../../sdk/ids";
import { formatInstant } from "../../sdk/units";
import { appealingFixture } from "../governance/appealing";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import {
  carry,
  governedFixture,
  PROPOSER_HOLD,
  QUORUM,
  TIMELOCK_DELAY,
  untilReady,
  untilVoted,
  untilVoting,
  VOTER_HOLD,
  VOTING_DELAY,
  VOTING_PERIOD,
} from "../helpers/governance";
import { proposedFixture, WORDS } from "../helpers/governanceCommands";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, DEFAULT_TERMS } from "../helpers/parameters";
import { now } from "../helpers/time";

/** Numbers of the chain that differ in kind from those of the fixture. */
const PUBLISHED = { feeBps: 200n, noticePeriod: 172_800n, activationWindow: 900n, creditPeriod: 345_600n };
describe("leasehold, for voters", () => {
  describe("delegate and power", () => {
    it("gives votes to oneself, bonded HOLD included, and says why there were none (INV-GOV-1)", async () => {
      const f = await loadFixture(proposedFixture);
      const { hold, providerA, stranger } = f;
      const before = await leasehold(f, providerA, "power");
      expect(before.out)
        .to.match(/in the wallet +950,000\.00 HOLD\nbonded +50,000\.00 HOLD\n/)
        .and.to.include(
          "votes now      0.00 HOLD: its 1,000,000.00 HOLD are delegated to nobody: run `leasehold delegate self`",
        );
      const delegated = await leasehold(f, providerA, "delegate self");
      expect(delegated.out).to.include(
        "You have 1,000,000.00 HOLD of votes, for proposals whose votes are counted from now on.",
      );
      expect(await hold.getVotes(providerA)).to.equal(parseEther("1000000"));
      const twice = await leasehold(f, providerA, "delegate self");
      expect([twice.code, twice.err]).to.deep.equal([1, "error: your HOLD is delegated to yourself already\n"]);

      const away = await leasehold(f, providerA, `delegate ${stranger.address}`);
      expect(away.out).to.include(`${stranger.address} has 1,000,000.00 HOLD of votes`);
      const after = await leaseholdJson<{ votes: string; why: string }>(f, providerA, "power");
      expect(after.votes).to.equal("0");
      expect(after.why).to.include(`its 1,000,000.00 HOLD vote through ${stranger.address}`);
    });

    it("tells votes for a proposal: as they will be counted, and why what came later does not count", async () => {
      const f = await loadFixture(proposedFixture);
      const { hold, providerA, stranger, voterA, voterB, timelock } = f;
      const snapshot = f.madeAt + VOTING_DELAY;
      const early = await leasehold(f, stranger, "power --proposal 1");
      expect(early.out)
        .to.match(/proposal +1, Lower the fee\n/)
        .and.to.include(`at ${formatInstant(snapshot)}, as they are by then; its 100,000.00 HOLD are delegated`);

      // It delegated in time, and has its HOLD only later.
      const other = f.others[5];
      if (other === undefined) throw new Error("There are too few signers");
      await hold.connect(other).delegate(other);
      await untilVoting(f, f.id);
      await hold.connect(providerA).delegate(providerA);
      const delegatedAt = await now();
      await hold.connect(voterA).transfer(voterB, 5n);
      const why = async (who: typeof stranger | undefined, line = "power"): Promise<string | null> =>
        (await leaseholdJson<{ whyAtSnapshot: string | null }>(f, who, `${line} --proposal 1`)).whyAtSnapshot;
      expect(await why(providerA)).to.equal(
        `it delegated to itself at ${formatInstant(delegatedAt)}, after the votes of this proposal were counted, at ` +
          `${formatInstant(snapshot)}: the next proposal counts it`,
      );
      expect(await why(voterA)).to.equal(null);
      expect(await why(undefined, `power ${await timelock.getAddress()}`)).to.equal(
        "it is the treasury, whose HOLD never votes",
      );

      await hold.connect(voterA).transfer(other, 7n);
      expect(await why(other)).to.equal(
        `its votes came at ${formatInstant(await now())}, after the votes of this proposal were counted, at ` +
          `${formatInstant(snapshot)}: the next proposal counts them`,
      );
      expect((await leasehold(f, other, "power")).out).to.include("they came in the latest second");
      const votes = await leaseholdJson<object>(f, voterA, "power --proposal 1");
      expect(votes).to.deep.include({
        snapshot,
        votesAtSnapshot: VOTER_HOLD.toString(),
        votes: (VOTER_HOLD - 12n).toString(),
      });
    });
  });

  describe("propose", () => {
    it("publishes the terms in force with what is said changed, signed by its proposer's name", async () => {
      const f = await loadFixture(governedFixture);
      const { code, out, err } = await leasehold(f, f.proposer, WORDS);
      expect(code, err).to.equal(0);
      expect(err)
        .to.match(/^set fee 2 %\nset notice 2d\n/)
        .and.to.include("What it would change is not known: the node cannot simulate (eth_simulateV1: ");
      const snapshot = (await now()) + VOTING_DELAY;
      expect(out)
        .to.match(/proposal +1, Lower the fee\n/)
        .and.to.include(`at ${formatInstant(snapshot)}, as they are by then`)
        .and.to.include(`leasehold vote 1 for, until ${formatInstant(snapshot + VOTING_PERIOD)}`);
      const [, targets, values, calldatas] = await f.governor.proposalDetailsAt(0);
      expect(targets).to.deep.equal([await f.market.getAddress()]);
      expect(values).to.deep.equal([0n]);
      const [terms] = f.market.interface.decodeFunctionData("publishTerms", calldatas[0] ?? "0x") as unknown as [
        Result,
      ];
      const treasury = await f.timelock.getAddress();
      expect(terms.toObject()).to.deep.equal({ treasury, ...DEFAULT_TERMS, ...PUBLISHED });
    });

    it("is named by its first sentence, and says nothing twice", async () => {
      const f = await loadFixture(governedFixture);
      const proposer = `#proposer=${f.proposer.address.toLowerCase()}`;
      for (const [words, description] of [
        [["set fee 2 %"], `# set fee 2 %\n\n${proposer}`],
        [
          ["set fee 2 %", "set notice 48h"],
          `# set fee 2 %, and 1 more\n\n- set fee 2 %\n- set notice 2d\n\n${proposer}`,
        ],
        [
          ["set fee 2 %", "set notice 48h", "--title", "set fee 2 %"],
          `# set fee 2 %\n\n- set fee 2 %\n- set notice 2d\n\n${proposer}`,
        ],
        [["set fee 2 %", "--title", "Cheaper"], `# Cheaper\n\n- set fee 2 %\n\n${proposer}`],
      ] as const) {
        const { out } = await leasehold(f, f.proposer, ["propose", ...words, "--dry-run", "--json"]);
        expect((JSON.parse(out) as { description: string }).description).to.equal(description);
      }
    });

    it("names every fault of every sentence at once, before anything is sent", async () => {
      const f = await loadFixture(governedFixture);
      const { code, err } = await leasehold(
        f,
        f.proposer,
        "propose set fee 12 % and set feed 3 % and set unbonding delay 9d",
      );
      expect(code).to.equal(2);
      expect(err)
        .to.include("fee is to be 0 % to 10 %, not 12 %")
        .and.to.include('"set feed 3 %" sets nothing that governance sets')
        .and.to.include("unbonding delay is to be 10d to 60d, not 9d");
      expect((await leasehold(f, f.proposer, "propose")).err).to.include("say what to propose");
      expect(await f.governor.proposalCount()).to.equal(0n);
    });

    it("says what is missing to the threshold, and exits with 4 where a dry run cannot tell what would change", async () => {
      const f = await loadFixture(governedFixture);
      const poor = await leasehold(f, f.stranger, "propose set fee 2 %");
      expect([poor.code, poor.err]).to.deep.equal([
        1,
        `error: proposing takes 1,000,000.00 HOLD of votes, ${f.stranger.address} has 0.00 HOLD: its 100,000.00 HOLD are ` +
          "delegated to nobody: run `leasehold delegate self`\n",
      ]);
      const dry = await leasehold(f, f.proposer, "propose set fee 2 % --dry-run");
      expect(dry.code).to.equal(4);
      expect(dry.out).to.include("Dry run: nothing was sent.");
      expect(PROPOSER_HOLD).to.equal(parseEther("1000000"));
    });
  });

  describe("a proposal's way", () => {
    it("is followed by vote, queue and execute, each of which says before when it can (INV-GOV-2)", async () => {
      const f = await loadFixture(proposedFixture);
      const { market, voterA, voterB, stranger, providerA, id } = f;
      const snapshot = f.madeAt + VOTING_DELAY;
      const deadline = snapshot + VOTING_PERIOD;
      const early = await leasehold(f, voterA, "vote 1 for");
      expect(early.code).to.equal(1);
      expect(early.err).to.include(`votes are taken from ${formatInstant(snapshot + 1)} on`);
      expect((await leasehold(f, voterA, "proposals list")).out).to.match(
        /1 +Lower the fee +0 +0 +0 +40,000,000 +waiting for its vote, which begins in 1d/,
      );

      await untilVoting(f, id);
      const powerless = await leasehold(f, providerA, "vote 1 for");
      expect(powerless.err).to.include("it has no votes for it: its 1,000,000.00 HOLD are delegated to nobody");
      const voted = await leasehold(f, voterA, ["vote", "1", "for", "--reason", "Cheaper leases"]);
      expect(voted.code, voted.err).to.equal(0);
      expect(voted.out)
        .to.match(/counted +50,000,000\.00 HOLD\n/)
        .and.to.match(/quorum +40,000,000\.00 HOLD for or abstaining: reached\n/);
      expect((await leasehold(f, voterA, "vote 1 against")).err).to.include("it has voted, and a vote is final");
      await leasehold(f, voterB, "vote 1 against");
      const tied = await leasehold(f, undefined, "proposals show 1 --skip-simulation");
      expect(tied.code).to.equal(0);
      expect(tied.out)
        .to.include(
          `until ${formatInstant(deadline)}; as it stands it is defeated: not more votes for it than against it`,
        )
        .and.to.match(/does +set fee 2 %\nand +set notice 2d\n/)
        .and.to.include("It is dear.")
        .and.not.include("#proposer=");
      await leasehold(f, f.proposer, "vote 1 for");
      const mine = await leasehold(f, f.proposer, "proposals show 1 --skip-simulation");
      expect(mine.out).to.match(/you +voted for with 1,000,000\.00 HOLD\n/);

      const cancelled = await leasehold(f, f.proposer, "proposals cancel 1");
      expect(cancelled.err).to.include(`it could be taken back until ${formatInstant(snapshot)}; it is being voted on`);
      expect((await leasehold(f, stranger, "proposals queue 1")).err).to.include(
        "cannot be queued now: being voted on for ",
      );
      await untilVoted(f, id);
      expect((await leasehold(f, stranger, "proposals execute 1")).err).to.include(
        `anyone may queue it until ${formatInstant(Number(await f.governor.proposalDeadline(id)) + 14 * 86_400)}: leasehold`,
      );
      const { eta } = await leaseholdJson<{ eta: number }>(f, stranger, "proposals queue 1");
      expect(eta).to.equal((await now()) + TIMELOCK_DELAY);
      const soon = await leasehold(f, stranger, "proposals execute 1");
      expect([soon.code, soon.err.split("\n")[0]]).to.deep.equal([
        1,
        `error: proposal 1 cannot be executed yet: its time in the timelock ends in 2d, at ${formatInstant(eta)}`,
      ]);
      await untilReady(f, id);
      const done = await leasehold(f, stranger, "proposals execute 1");
      expect(done.code, done.err).to.equal(0);
      expect(done.out).to.include("Proposal 1 is carried out: Lower the fee");
      expect((await market.termsOf(3)).feeBps).to.equal(200n);

      // By now the fee is 2 %: its words are still what it changed.
      const shown = await leaseholdJson<object>(f, undefined, `proposals show ${id}`);
      expect(shown).to.deep.include({
        state: "Executed",
        actions: ["set fee 2 %", "set notice 2d"],
        impact: null,
        eta,
      });
      expect((await leasehold(f, undefined, "proposals list --open")).out).to.equal("No proposals.\n");
      expect((await leasehold(f, undefined, "proposals show 2")).err).to.include(
        "proposal 2 does not exist: they are numbered 1 to 1",
      );
    });

    it("ends where its proposer takes it back in time, and nobody else can", async () => {
      const f = await loadFixture(proposedFixture);
      const other = await leasehold(f, f.voterA, "proposals cancel 1");
      expect(other.err).to.equal(
        `error: only its proposer, ${f.proposer.address}, takes proposal 1 back; you are ${f.voterA.address}\n`,
      );
      expect((await leasehold(f, f.proposer, "proposals cancel 1")).out).to.include(
        "Proposal 1 is cancelled, for good.",
      );
      const shown = await leaseholdJson<object>(f, undefined, "proposals show 1");
      expect(shown).to.deep.include({ state: "Canceled", cancelled: await now() });
      expect((await leasehold(f, f.voterA, "vote 1 for --sign-only")).err).to.include(
        "takes no votes any more: it is cancelled",
      );
    });

    it("is listed and shown whatever bytes its description is made of", async () => {
      const f = await loadFixture(governedFixture);
      const { governor, market } = f;
      const target = await market.getAddress();
      const call = market.interface.encodeFunctionData("delistToken", [await f.usd6.getAddress()]);
      const description = `0x23ff1b5b324a4f6b`;
      const args = AbiCoder.defaultAbiCoder().encode(
        ["address[]", "uint256[]", "bytes[]", "bytes"],
        [[target], [0n], [call], description],
      );
      const data = governor.interface.getFunction("propose").selector + args.slice(2);
      await f.proposer.sendTransaction({ to: await governor.getAddress(), data });
      const list = await leasehold(f, undefined, "proposals list");
      expect([list.code, list.out.includes("\u001b")]).to.deep.equal([0, false]);
      expect(list.out).to.include("[2JOk");
      const shown = await leasehold(f, undefined, "proposals show 1 --skip-simulation");
      expect(shown.code, shown.err).to.equal(0);
      expect(shown.out)
        .to.match(/does +delist token USD6\n/)
        .and.not.include("\u001b");
    });

    it("says how much a defeated proposal was short of", async () => {
      const f = await loadFixture(proposedFixture);
      await untilVoting(f, f.id);
      await f.governor.connect(f.proposer).castVote(f.id, 1);
      await untilVoted(f, f.id);
      expect(QUORUM).to.equal(parseEther("40000000"));
      expect((await leasehold(f, undefined, "proposals list")).out).to.include(
        "defeated: 39,000,000.00 HOLD short of the quorum",
      );
    });
  });

  describe("appeals", () => {
    it("are proposed by either side, once each, without a single vote, and decided by the votes of others", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const name = formatDisputeId(silentA.id);
      const other = await leasehold(f, f.tenantB, `propose appeal ${name} --outcome rejected`);
      expect(other.code).to.equal(1);
      expect(other.err).to.include(
        `only the two sides of dispute ${name} propose its decision without a threshold, not ${f.tenantB.address}`,
      );
      const decide = await leasehold(f, f.providerA, `dispute decide ${name} --outcome rejected`);
      expect(decide.err).to.include(`so holders of HOLD vote: leasehold propose appeal ${name}`);
      const made = await leaseholdJson<{ proposal: number; actions: string[]; id: string }>(
        f,
        f.providerA,
        `propose appeal ${name} --outcome rejected --reasons Served`,
      );
      const again = await leasehold(f, f.providerA, `propose appeal ${name} --outcome failed`);
      expect(again.err).to.include(`had the appeal of dispute ${name} proposed already, which each side does once`);
      // Whoever fears the vote silences nobody: the other side proposes, too.
      const against = await leasehold(f, f.tenantA, `propose appeal ${name} --outcome upheld`);
      expect(against.code, against.err).to.equal(0);
      const { filedAt } = await f.disputes.disputeView(silentA.id);
      expect(made.actions).to.deep.equal([`decide dispute ${name} filed ${formatInstant(filedAt)}: rejected`]);
      const [id, targets, values, calldatas] = await f.governor.proposalDetailsAt(0);
      expect(id).to.equal(BigInt(made.id));
      const description = `Served\n#proposer=${f.providerA.address.toLowerCase()}`;
      await carry(f, [[...targets], [...values], [...calldatas], description]);
      expect((await leasehold(f, f.stranger, "proposals execute 1")).code).to.equal(0);
      expect((await f.disputes.disputeView(silentA.id)).outcome).to.equal(3n);
    });
  });

  describe("the guardian", () => {
    it("pauses entries once, resumes, and says who may and whether (INV-GOV-3)", async () => {
      const f = await loadFixture(governedFixture);
      const { market, guardian } = f;
      expect((await leasehold(f, f.stranger, "guardian pause 2d")).err).to.include(
        `only the guardian, ${guardian.address}, pauses`,
      );
      const paused = await leasehold(f, guardian, "guardian pause 2d");
      const until = (await now()) + 2 * DAY;
      expect(paused.out).to.include(`New leases and offers are paused until ${formatInstant(until)}`);
      expect(await market.pausedUntil()).to.equal(until);
      expect((await leasehold(f, guardian, "guardian pause 1d")).err).to.include(
        "the one pause of your seating is used",
      );
      expect((await leasehold(f, undefined, "guardian")).out)
        .to.match(/its one pause +used/)
        .and.to.include("are paused until");
      expect((await leasehold(f, guardian, "guardian resume")).code).to.equal(0);
      expect(await market.pausedUntil()).to.equal(await now());
      expect((await leasehold(f, undefined, "guardian")).out).to.match(/new leases +are taken/);
    });
  });
});
