import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import { argumentsOf, proposalIdOf, THRESHOLD, VOTING_DELAY } from "../../helpers/governance";
import { UNBONDING_DELAY } from "../../helpers/parameters";
import { FAR_DEADLINE } from "../../helpers/signatures";
import { ROOM } from "../../helpers/time";
import type { Ballots } from "./ballots";
import { type Bonds, PAYEES } from "./bonds";
import type { VoteLedger } from "./ledger";
import { BONDERS, DELEGATES, MODULES, PEOPLE, type Delegate, type Person, type Play } from "./scene";

/** The play, all that is known of it without asking a contract, and the second that the next block is mined in. */
export interface Stage {
  play: Play;
  ledger: VoteLedger;
  bonds: Bonds;
  ballots: Ballots;
  /** Delegations that each person signed. */
  signed: Map<Person, number>;
  second: number;
}

/** What an action is about, as it was drawn: indices, and a part of what there is in hundredths; above 100 one wei more. */
export interface Draw {
  who: number;
  to: number;
  pool: number;
  share: number;
}

/** One transaction. Where it fits, ledger, bonds and ballots have it before it is sent. */
export interface Move {
  fits: boolean;
  send(): Promise<{ hash: string }>;
}

type Kind = (stage: Stage, draw: Draw) => Move[] | Promise<Move[]>;

const DELEGATION = {
  Delegation: [
    { name: "delegatee", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "expiry", type: "uint256" },
  ],
};

const partOf = (all: bigint, share: number): bigint => (share > 100 ? all + 1n : (all * BigInt(share)) / 100n);

/** Whom a draw names, out of everybody. */
const cast = ({ who, to }: Draw) => ({
  by: PEOPLE[who % PEOPLE.length]!,
  voter: DELEGATES[who % DELEGATES.length]!,
  other: PEOPLE[to % PEOPLE.length]!,
  delegate: DELEGATES[to % DELEGATES.length]!,
});

/** The bond that a draw names of those who bond, or the next one in which there is something, if there is one. */
function bondOf(stage: Stage, { who, pool: index }: Draw, held: "free" | "reserved" | undefined = undefined) {
  const all = BONDERS.flatMap((_, turn) => {
    const by = BONDERS[(who + turn) % BONDERS.length]!;
    const [module, otherModule] = index === 0 ? MODULES : ([MODULES[1], MODULES[0]] as const);
    return [
      { by, module, otherModule, pool: stage.bonds.pool(module, by) },
      { by, module: otherModule, otherModule: module, pool: stage.bonds.pool(otherModule, by) },
    ];
  });
  return all.find(({ pool }) => held !== undefined && pool[held] > 0n) ?? all[0]!;
}

/** The person that a draw names, or the next one of whom the locker holds something, if there is one. */
function lockedBy({ bonds }: Stage, { who }: Draw): Person {
  const all = PEOPLE.map((_, turn) => PEOPLE[(who + turn) % PEOPLE.length]!);
  return all.find((owner) => bonds.lockOf(owner) > 0n) ?? all[0]!;
}

/** Mostly who can do something, if anybody can. */
const rather = <T>(draw: Draw, able: T | undefined, drawn: T): T =>
  draw.share < 75 && able !== undefined ? able : drawn;

/** One move that has an effect where it fits. */
function move(fits: boolean, effect: () => void, send: Move["send"]): Move[] {
  if (fits) effect();
  return [{ fits, send }];
}

const unlockedOf = ({ ledger, bonds }: Stage, owner: string): bigint => ledger.balanceOf(owner) - bonds.lockedOf(owner);

function transfer(stage: Stage, from: Person, to: Person, amount: bigint): Move[] {
  const { signers, governed } = stage.play;
  return move(
    amount <= unlockedOf(stage, from),
    () => stage.ledger.move(from, to, amount),
    () => governed.hold.connect(signers[from]).transfer(signers[to], amount, ROOM),
  );
}

function delegate(stage: Stage, owner: Person, to: Delegate | undefined): Move[] {
  const { signers, governed } = stage.play;
  return move(
    true,
    () => stage.ledger.delegate(owner, to),
    () => governed.hold.connect(signers[owner]).delegate(to === undefined ? ZeroAddress : signers[to], ROOM),
  );
}

/** Everything that moves HOLD or votes, locks or frees it, proposes or votes. */
export const KINDS = {
  transfer(stage, draw) {
    const { by, other } = cast(draw);
    return transfer(stage, by, other, partOf(unlockedOf(stage, by), draw.share));
  },

  delegate: (stage, draw) => delegate(stage, cast(draw).by, cast(draw).delegate),

  undelegate: (stage, draw) => delegate(stage, cast(draw).by, undefined),

  async delegateBySignature(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, delegate: to } = cast(draw);
    const nonce = stage.signed.get(by) ?? 0;
    stage.signed.set(by, nonce + 1);
    const { name, version, chainId, verifyingContract } = await governed.hold.eip712Domain();
    const message = { delegatee: signers[to].address, nonce, expiry: FAR_DEADLINE };
    const domain = { name, version, chainId, verifyingContract };
    const { v, r, s } = ethers.Signature.from(await signers[by].signTypedData(domain, DELEGATION, message));
    return move(
      true,
      () => stage.ledger.delegate(by, to),
      () => governed.hold.connect(signers.clerk).delegateBySig(message.delegatee, nonce, FAR_DEADLINE, v, r, s, ROOM),
    );
  },

  /** Borrows, delegates to itself, returns: all in one second. */
  loan(stage, draw) {
    const { by, other } = cast(draw);
    const amount = unlockedOf(stage, by);
    return [
      ...transfer(stage, by, other, amount),
      ...delegate(stage, other, other),
      ...transfer(stage, other, by, amount),
    ];
  },

  bond(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, module } = bondOf(stage, draw);
    const amount = partOf(unlockedOf(stage, by), draw.share);
    return move(
      amount > 0n && amount <= unlockedOf(stage, by),
      () => stage.bonds.bond(module, by, amount),
      () => governed.staking.connect(signers[by]).bond(signers[module], amount, ROOM),
    );
  },

  gift(stage, draw) {
    const { signers, governed } = stage.play;
    const { by } = cast(draw);
    const { by: other, module, pool } = bondOf(stage, { ...draw, who: draw.to });
    const amount = partOf(unlockedOf(stage, by), draw.share);
    return move(
      amount > 0n && amount <= unlockedOf(stage, by) && pool.opened,
      () => {
        stage.ledger.move(by, other, amount);
        stage.bonds.bond(module, other, amount);
      },
      () => governed.staking.connect(signers[by]).bondFor(signers[module], signers[other], amount, ROOM),
    );
  },

  moveBond(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, module, otherModule, pool } = bondOf(stage, draw, "free");
    const amount = partOf(pool.free, draw.share);
    return move(
      amount > 0n && amount <= pool.free,
      () => {
        pool.free -= amount;
        stage.bonds.bond(otherModule, by, amount);
      },
      () => governed.staking.connect(signers[by]).moveBond(signers[module], signers[otherModule], amount, ROOM),
    );
  },

  startUnbonding(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, module, pool } = bondOf(stage, draw, "free");
    const amount = partOf(pool.free, draw.share);
    return move(
      amount > 0n && amount <= pool.free,
      () => {
        pool.free -= amount;
        // What is ready leaves first.
        const { amount: unbonding, readyAt } = stage.bonds.unbonding(by);
        const kept = readyAt <= stage.second ? 0n : unbonding;
        stage.bonds.setUnbonding(by, kept + amount, stage.second + UNBONDING_DELAY);
      },
      () => governed.staking.connect(signers[by]).startUnbonding(signers[module], amount, ROOM),
    );
  },

  cancelUnbonding(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, module } = bondOf(stage, draw);
    const { amount: unbonding, readyAt } = stage.bonds.unbonding(by);
    const amount = partOf(unbonding, draw.share);
    return move(
      amount > 0n && amount <= unbonding,
      () => {
        stage.bonds.setUnbonding(by, unbonding - amount, readyAt);
        stage.bonds.bond(module, by, amount);
      },
      () => governed.staking.connect(signers[by]).cancelUnbonding(signers[module], amount, ROOM),
    );
  },

  finishUnbonding(stage, draw) {
    const { signers, governed } = stage.play;
    const isReady = (owner: Person) => {
      const { amount, readyAt } = stage.bonds.unbonding(owner);
      return amount > 0n && readyAt <= stage.second;
    };
    const by = rather(draw, BONDERS.find(isReady), bondOf(stage, draw).by);
    return move(
      isReady(by),
      () => stage.bonds.setUnbonding(by, 0n, 0),
      () => governed.staking.connect(signers[by]).finishUnbonding(ROOM),
    );
  },

  reserve(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, module, pool } = bondOf(stage, draw, "free");
    const amount = partOf(pool.free, draw.share);
    // It never reverts: it answers that there is too little.
    if (amount <= pool.free) {
      pool.free -= amount;
      pool.reserved += amount;
    }
    return [
      { fits: true, send: () => governed.staking.connect(signers[module]).tryReserve(signers[by], amount, ROOM) },
    ];
  },

  release(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, module, pool } = bondOf(stage, draw, "reserved");
    const amount = partOf(pool.reserved, draw.share);
    return move(
      amount <= pool.reserved,
      () => {
        pool.reserved -= amount;
        pool.free += amount;
      },
      () => governed.staking.connect(signers[module]).release(signers[by], amount, ROOM),
    );
  },

  penalise(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, module, pool } = bondOf(stage, draw, "reserved");
    const amount = partOf(pool.reserved, draw.share);
    const { tenant, challenger, treasury } = signers;
    return move(
      amount <= pool.reserved,
      () => {
        pool.reserved -= amount;
        stage.ledger.move(by, "staking", amount);
        stage.bonds.penalise(amount, stage.second + UNBONDING_DELAY);
      },
      () => governed.staking.connect(signers[module]).penalise(signers[by], amount, tenant, challenger, treasury, ROOM),
    );
  },

  claimPenalty(stage, draw) {
    const { signers, governed } = stage.play;
    const payee = PAYEES[draw.who % PAYEES.length]!;
    const { other } = cast(draw);
    const index = stage.bonds.penalties.findIndex(({ unpaid }) => unpaid.has(payee));
    if (index < 0) return [];
    const { maturesAt, unpaid } = stage.bonds.penalties[index]!;
    return move(
      maturesAt <= stage.second,
      () => {
        stage.ledger.move("staking", other, unpaid.get(payee)!);
        unpaid.delete(payee);
      },
      () => governed.staking.connect(signers[payee]).claimPenalties([index + 1], signers[other], ROOM),
    );
  },

  lock(stage, draw) {
    const { signers, governed } = stage.play;
    const { by, other } = cast(draw);
    const owner = draw.pool === 0 ? by : other;
    const amount = partOf(unlockedOf(stage, by), draw.share);
    return move(
      amount <= unlockedOf(stage, by) && (by === owner || stage.bonds.isOpened(owner)),
      () => {
        stage.ledger.move(by, owner, amount);
        stage.bonds.addLock(owner, amount);
        if (by === owner && amount > 0n) stage.bonds.open(owner);
      },
      () => governed.hold.connect(signers.locker).lock(signers[by], signers[owner], amount, ROOM),
    );
  },

  unlock(stage, draw) {
    const { signers, governed } = stage.play;
    const by = lockedBy(stage, draw);
    const amount = partOf(stage.bonds.lockOf(by), draw.share);
    return move(
      amount <= stage.bonds.lockOf(by),
      () => stage.bonds.addLock(by, -amount),
      () => governed.hold.connect(signers.locker).unlock(signers[by], amount, ROOM),
    );
  },

  seize(stage, draw) {
    const { signers, governed } = stage.play;
    const by = lockedBy(stage, draw);
    const { other } = cast(draw);
    const amount = partOf(stage.bonds.lockOf(by), draw.share);
    return move(
      amount <= stage.bonds.lockOf(by),
      () => {
        stage.bonds.addLock(by, -amount);
        stage.ledger.move(by, other, amount);
      },
      () => governed.hold.connect(signers.locker).seize(signers[by], signers[other], amount, ROOM),
    );
  },

  async propose(stage, draw) {
    const { governed, signers } = stage.play;
    const canPropose = (delegate: Delegate) => stage.ledger.votesAt(delegate, stage.second - 1) >= THRESHOLD;
    const by = rather(draw, DELEGATES.find(canPropose), cast(draw).voter);
    const title = `Proposal ${stage.ballots.all.length + 1}`;
    const proposal = await argumentsOf([{ target: governed.market, data: "0x" }], title);
    const id = await proposalIdOf(governed, proposal);
    return move(
      canPropose(by),
      () => stage.ballots.add(id, stage.second + VOTING_DELAY),
      () => governed.governor.connect(signers[by]).propose(...proposal, ROOM),
    );
  },

  vote(stage, draw) {
    const { governed, signers } = stage.play;
    const found = stage.ballots.votable(stage.second);
    if (found === undefined) return [];
    const { ballot, open } = found;
    const counts = (delegate: Delegate) =>
      open && !ballot.cast.has(delegate) && stage.ledger.votesAt(delegate, ballot.snapshot) > 0n;
    const by = rather(draw, DELEGATES.find(counts), cast(draw).voter);
    const support = draw.share % 3;
    return move(
      open && !ballot.cast.has(by),
      () => {
        const weight = stage.ledger.votesAt(by, ballot.snapshot);
        ballot.cast.set(by, weight);
        ballot.tally[support]! += weight;
      },
      () => governed.governor.connect(signers[by]).castVote(ballot.id, support, ROOM),
    );
  },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** How often each is drawn, beside the others. */
export const WEIGHTS: Readonly<Record<KindName, number>> = {
  transfer: 3,
  delegate: 4,
  undelegate: 1,
  delegateBySignature: 1,
  loan: 1,
  bond: 4,
  gift: 2,
  moveBond: 1,
  startUnbonding: 2,
  cancelUnbonding: 1,
  finishUnbonding: 3,
  reserve: 4,
  release: 1,
  penalise: 3,
  claimPenalty: 2,
  lock: 2,
  unlock: 1,
  seize: 2,
  propose: 2,
  vote: 6,
};
