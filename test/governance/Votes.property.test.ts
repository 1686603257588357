import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";

import { SUPPLY } from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { holds, TIMES } from "../helpers/property";
import { moveTo, now, together } from "../helpers/time";
import { Ballots } from "./votes/ballots";
import { Bonds } from "./votes/bonds";
import { type KindName, KINDS, type Stage, WEIGHTS } from "./votes/kinds";
import { VoteLedger } from "./votes/ledger";
import { PEOPLE, playFixture } from "./votes/scene";

/** How long after the one before a block is mined, and how often. */
const GAPS = { one: 4, two: 2, "before snapshot": 1, "at snapshot": 2, "after snapshot": 2, ready: 3 } as const;
type Gap = keyof typeof GAPS;
const RUNS = 10;
const NEVER_REFUSED = ["delegate", "undelegate", "delegateBySignature", "loan", "reserve"].map(
  (kind) => `${kind} refused`,
);

const action = fc.record({
  kind: fc.oneof(
    ...Object.entries(WEIGHTS).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as KindName) })),
  ),
  who: fc.noBias(fc.nat({ max: 41 })),
  to: fc.noBias(fc.nat({ max: 41 })),
  pool: fc.noBias(fc.nat({ max: 1 })),
  share: fc.oneof(fc.noBias(fc.nat({ max: 99 })), fc.constantFrom(0, 100, 101, 101)),
});
/** One block: how long after the one before, what is done in it, and whether all of the past is read once more then. */
const block = fc.record({
  gap: fc.oneof(...Object.entries(GAPS).map(([gap, weight]) => ({ weight, arbitrary: fc.constant(gap as Gap) }))),
  actions: fc.array(action, { minLength: 1, maxLength: 4 }),
  looksBack: fc.noBias(fc.nat({ max: 11 })).map((draw) => draw === 0),
});

const stories = fc.noBias(fc.array(block, { minLength: 1, maxLength: 50, size: "max" }));

type Block = typeof block extends fc.Arbitrary<infer T> ? T : never;
/** Every run begins so: some lend their votes, some bond, one proposes. */
const PROLOGUE: Block[] = [
  {
    gap: "one",
    actions: [
      { kind: "delegate", who: 0, to: 0, pool: 0, share: 0 },
      { kind: "delegate", who: 1, to: 6, pool: 0, share: 0 },
      { kind: "delegate", who: 2, to: 2, pool: 0, share: 0 },
      ...[0, 1].flatMap((pool) =>
        [0, 1, 2].map((who) => ({ kind: "bond" as const, who, to: 0, pool, share: 30 + 10 * who })),
      ),
      { kind: "reserve", who: 0, to: 0, pool: 0, share: 60 },
    ],
    looksBack: false,
  },
  { gap: "two", actions: [{ kind: "propose", who: 2, to: 0, pool: 0, share: 0 }], looksBack: false },
];

/** The second of the next block. */
function secondAfter(latest: number, gap: Gap, { ballots, bonds }: Stage): number {
  const next = latest + 1;
  const [snapshot, ready] = [ballots.nextSnapshot(next) ?? next, bonds.nextReady(next) ?? next];
  const wanted = {
    one: next,
    two: latest + 2,
    "before snapshot": snapshot - 1,
    "at snapshot": snapshot,
    "after snapshot": snapshot + 1,
    ready,
  }[gap];
  return Math.max(next, wanted);
}

/** Asks HOLD for the votes of an account by the end of a second. */
async function pastVotes({ play }: Stage, account: string, second: number): Promise<bigint> {
  const { hold } = play.governed;
  const data = hold.interface.encodeFunctionData("getPastVotes", [play.addresses[account]!, second]);
  return BigInt((await network.provider.send("eth_call", [{ to: await hold.getAddress(), data }])) as string);
}

/** Compares every past second with the ledger. */
async function lookBack(stage: Stage): Promise<void> {
  const { play, ledger } = stage;
  const present = await now();
  for (const second of ledger.seconds().filter((each) => each < present)) {
    let sum = ledger.undelegatedAt(second);
    for (const account of Object.keys(play.addresses)) {
      const votes = await pastVotes(stage, account, second);
      expect(votes, `votes of ${account}, ${second - play.begin} s after the beginning`).to.equal(
        ledger.votesAt(account, second),
      );
      sum += votes;
    }
    expect(sum, `all votes, ${second - play.begin} s after the beginning`).to.equal(SUPPLY);
  }
}

/** Compares what the governor reads and counted with the ledger. */
async function countBallots({ play, ledger, ballots }: Stage): Promise<void> {
  const { governor } = play.governed;
  const present = await now();
  for (const { id, snapshot, cast, tally } of ballots.all) {
    expect(await governor.proposalSnapshot(id)).to.equal(snapshot);
    if (snapshot < present) {
      for (const [account, address] of Object.entries(play.addresses)) {
        expect(await governor.getVotes(address, snapshot)).to.equal(ledger.votesAt(account, snapshot));
      }
    }
    expect(await governor.proposalVotes(id)).to.deep.equal(tally);
    expect(tally.reduce((sum, votes) => sum + votes, 0n) <= SUPPLY).to.equal(true);
    for (const [account, address] of Object.entries(play.addresses)) {
      expect(await governor.hasVoted(id, address)).to.equal(cast.has(account));
    }
  }
  const counted = await governor.queryFilter(governor.filters.VoteCast());
  const weights = counted.map(({ args }) => [args.voter, args.proposalId, args.weight]);
  const booked = ballots.all.flatMap(({ id, cast }) =>
    [...cast].map(([person, weight]) => [play.addresses[person]!, id, weight]),
  );
  expect(weights).to.have.deep.members(booked);
}

describe("Votes under random actions", function () {
  this.timeout(120_000 * TIMES);
  const met = new Set<string>();

  it("are at every past second what a ledger of balances and delegations says, and never change (INV-GOV-1, ATK-GOV-1, ATK-GOV-4, ATK-GOV-9)", async () => {
    const property = fc.asyncProperty(stories, async (blocks) => {
      const play = await loadFixture(playFixture);
      const stage: Stage = {
        play,
        ledger: new VoteLedger(play.balances),
        bonds: new Bonds(),
        ballots: new Ballots(),
        signed: new Map(),
        second: play.begin,
      };
      for (const voter of play.delegated) stage.ledger.delegate(voter, voter);
      stage.ledger.endOf(play.begin);

      for (const { gap, actions, looksBack } of [...PROLOGUE, ...blocks]) {
        stage.second = secondAfter(await now(), gap, stage);
        const moves = [];
        for (const { kind, ...draw } of actions) {
          for (const move of await KINDS[kind](stage, draw)) {
            moves.push(move);
            met.add(`${kind} ${move.fits ? "done" : "refused"}`);
          }
        }
        if (moves.length === 0) continue;
        const ended = await together(stage.second, ...moves.map(({ send }) => send));
        expect(ended).to.deep.equal(moves.map(({ fits }) => (fits ? "done" : "reverted")));
        stage.ledger.endOf(stage.second);
        if (looksBack) await lookBack(stage);
      }

      await moveTo(stage.second + 2);
      await lookBack(stage);
      await countBallots(stage);
      const { hold } = play.governed;
      for (const person of PEOPLE) {
        expect(await hold.balanceOf(play.addresses[person]!)).to.equal(stage.ledger.balanceOf(person));
        expect(await hold.lockedOf(play.addresses[person]!)).to.equal(stage.bonds.lockedOf(person));
      }
    });
    await holds(property, RUNS);
  });

  it("were brought about by every kind of action, done and refused", () => {
    const all = Object.keys(KINDS).flatMap((kind) => [`${kind} done`, `${kind} refused`]);
    expect(all.filter((what) => !met.has(what) && !NEVER_REFUSED.includes(what))).to.deep.equal([]);
  });
});
