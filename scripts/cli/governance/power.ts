import { ZeroAddress } from "ethers";

import type { PowerFacts, SnapshotFacts } from "../../../sdk/governance/power";
import { eventsSince } from "../logs";
import type { Session } from "../session";

/** HOLD and votes of an account, and where its HOLD is. */
export interface Power extends PowerFacts {
  /** Neither bonded nor unbonding. */
  readonly wallet: bigint;
  readonly bonded: bigint;
  readonly unbonding: bigint;
}

export async function readPower(session: Session, account: string): Promise<Power> {
  const { hold, staking, timelock } = await session.handles();
  const [balance, locked, { amount: unbonding }, delegate, votes, checkpoints, now, treasury] = await Promise.all([
    hold.balanceOf(account),
    hold.lockedOf(account),
    staking.unbondingOf(account),
    hold.delegates(account),
    hold.getVotes(account),
    hold.numCheckpoints(account),
    session.now(),
    timelock.getAddress(),
  ]);
  const last = checkpoints === 0n ? 0n : (await hold.checkpoints(account, checkpoints - 1n))._key;
  return {
    account,
    isTreasury: account === treasury,
    balance,
    wallet: balance - locked,
    bonded: locked - unbonding,
    unbonding,
    delegate,
    votes,
    votesSince: Number(last),
    now,
  };
}

/** The first second after `snapshot` in which the account has votes; 0: none. */
async function firstVotesAfter(session: Session, account: string, snapshot: number): Promise<number> {
  const { hold } = await session.handles();
  let found = 0;
  for (let index = await hold.numCheckpoints(account); index > 0n; index -= 1n) {
    const { _key, _value } = await hold.checkpoints(account, index - 1n);
    if (_key <= BigInt(snapshot)) break;
    if (_value > 0n) found = Number(_key);
  }
  return found;
}

/** Whom the account delegated to and when, the oldest first. */
async function delegations(session: Session, account: string): Promise<{ at: number; to: string }[]> {
  const { provider, handles, startBlock } = await session.connection();
  const { hold } = handles;
  const events = await eventsSince(hold, hold.filters.DelegateChanged(account), provider, startBlock);
  return Promise.all(
    events.map(async ({ args, blockNumber }) => {
      const block = await provider.getBlock(blockNumber);
      return { at: block?.timestamp ?? 0, to: args.toDelegate };
    }),
  );
}

/** The votes of an account at the end of second `snapshot`; how they came about is looked up where there are none. */
export async function readSnapshot(
  session: Session,
  { account, now }: Pick<PowerFacts, "account" | "now">,
  snapshot: number,
): Promise<SnapshotFacts> {
  const { hold } = await session.handles();
  const none = { snapshot, votes: 0n, delegate: ZeroAddress, firstVotesAfter: 0, delegatedAt: 0 };
  if (snapshot >= now) return none;
  const votes = await hold.getPastVotes(account, snapshot);
  if (votes > 0n) return { ...none, votes };
  const [history, first] = await Promise.all([
    delegations(session, account),
    firstVotesAfter(session, account, snapshot),
  ]);
  const before = history.filter(({ at }) => at <= snapshot).at(-1);
  const after = history.find(({ at, to }) => at > snapshot && to === account);
  const delegate = before?.to ?? ZeroAddress;
  return {
    ...none,
    delegate,
    firstVotesAfter: first,
    delegatedAt: delegate === account ? 0 : (after?.at ?? 0),
  };
}
