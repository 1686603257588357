import { END_REASONS, type EndReason, LEASE_STATUSES } from "../../sdk/market";
import { formatLeaseId } from "../../sdk/ids";
import type { Observed, Vault } from "./check";
import type { Ending, LeaseLine } from "./facts";
import type { AccountLine, HoldLine, RecordLine } from "./model";
import { PROVIDERS, TENANTS, type World } from "./world";

const ENDINGS: Partial<Record<EndReason, Ending>> = {
  Expired: "expired",
  ClosedByTenant: "closed",
  ClosedDark: "closed, dark",
  ClosedAfterFault: "closed, at fault",
  NoShow: "no-show",
};
const PEOPLE = [...TENANTS, ...PROVIDERS, "keeper", "treasury"] as const;

const sum = <T>(items: readonly T[], amount: (item: T) => bigint): bigint =>
  items.reduce((total, item) => total + amount(item), 0n);

/** What the chain says about everything that happened: by its events, and by the balances of its vaults. */
export async function observe(world: World): Promise<Observed> {
  const leases = await observeLeases(world);
  const accounts = await observeAccounts(world);
  const statuses = await Promise.all(
    leases.map(async ({ id, line }) => {
      const { status } = await world.contracts.lens.leaseView(id);
      const name = LEASE_STATUSES[Number(status)];
      return name === "Released" || name === "Cancelled" ? [] : [line.name];
    }),
  );
  return {
    ledger: {
      leases: leases.map(({ line }) => line),
      accounts,
      hold: await observeHold(world),
      records: await observeRecords(world),
    },
    unfinished: statuses.flat(),
    vaults: await observeVaults(world),
  };
}

async function observeLeases(world: World): Promise<{ id: bigint; line: LeaseLine }[]> {
  const { contracts, deployment, nameOf } = world;
  const { market } = contracts;
  const from = deployment.book.startBlock;
  const [opened, activated, resized, renewed, repriced, closed, cancelled, collected, settled, credited] =
    await Promise.all([
      market.queryFilter(market.filters.LeaseOpened(), from),
      market.queryFilter(market.filters.LeaseActivated(), from),
      market.queryFilter(market.filters.LeaseResized(), from),
      market.queryFilter(market.filters.LeaseRenewed(), from),
      market.queryFilter(market.filters.LeaseRepriced(), from),
      market.queryFilter(market.filters.LeaseClosed(), from),
      market.queryFilter(market.filters.LeaseCancelled(), from),
      market.queryFilter(market.filters.LeaseCollected(), from),
      market.queryFilter(market.filters.LeaseSettled(), from),
      market.queryFilter(market.filters.ServiceCredited(), from),
    ]);
  const tokens = new Map(Object.values(world.tokens).map(({ address, symbol }): [string, string] => [address, symbol]));
  const lines = opened.map(async ({ args: { leaseId, tenant, provider, locked } }) => {
    const of = <T extends { args: { leaseId: bigint } }>(logs: T[]): T[] =>
      logs.filter((log) => log.args.leaseId === leaseId);
    const ends = [...of(closed), ...of(cancelled)].map(({ args }) => args);
    const [resizes, renewals, repricings] = [of(resized), of(renewed), of(repriced)];
    const { token } = await contracts.lens.leaseView(leaseId);
    const reasons = ends.map(({ reason }) => ENDINGS[END_REASONS[Number(reason)] ?? "None"]);
    const starts = of(activated).map(({ args }) => ({ at: args.startedAt, darkSeconds: args.darkSeconds }));
    const turns = await Promise.all(
      [...resizes, ...repricings].map(async (log) => ({
        at: BigInt((await log.getBlock()).timestamp),
        darkSeconds: log.args.darkSeconds,
      })),
    );
    const line: LeaseLine = {
      name: formatLeaseId(leaseId),
      tenant: nameOf(tenant),
      provider: nameOf(provider),
      token: tokens.get(token) ?? token,
      ending: reasons.length === 1 && reasons[0] !== undefined ? reasons[0] : "unknown",
      billedSeconds: liveBetween([...starts, ...turns]) + sum(of(closed), ({ args }) => args.billedSeconds),
      locked: locked + sum([...resizes, ...renewals], ({ args }) => args.locked),
      paid: sum([...of(collected), ...resizes, ...repricings], ({ args }) => args.amount),
      fee: sum([...of(settled), ...resizes, ...repricings], ({ args }) => args.fee),
      refunded: sum(ends, ({ refund }) => refund) + sum([...resizes, ...renewals], ({ args }) => args.refund),
      bounty: sum(ends, ({ bounty }) => bounty),
      penalty: sum(of(cancelled), ({ args }) => args.penalty) + sum(of(credited), ({ args }) => args.amount),
    };
    return { id: leaseId, line };
  });
  return await Promise.all(lines);
}

/** Live seconds from the first to the last moment at which a provider's dark seconds were told. */
function liveBetween(moments: readonly { at: bigint; darkSeconds: bigint }[]): bigint {
  const sorted = [...moments].sort((a, b) => Number(a.at - b.at));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return 0n;
  return last.at - first.at - (last.darkSeconds - first.darkSeconds);
}

async function observeAccounts(world: World): Promise<AccountLine[]> {
  const { contracts, deployment, addresses } = world;
  const { escrow } = contracts;
  const from = deployment.book.startBlock;
  const [deposits, locks, errands, settlements] = await Promise.all([
    escrow.queryFilter(escrow.filters.Deposited(), from),
    escrow.queryFilter(escrow.filters.Locked(), from),
    escrow.queryFilter(escrow.filters.LockedAndPaid(), from),
    escrow.queryFilter(escrow.filters.Settled(), from),
  ]);
  const lines: AccountLine[] = [];
  for (const { symbol, address: token } of Object.values(world.tokens)) {
    const settled = settlements.filter(({ args }) => args.token === token).flatMap(({ args }) => entriesOf(args[2]));
    for (const account of PEOPLE) {
      const address = addresses[account];
      const isOwn = ({ args }: { args: { token: string; account: string } }): boolean =>
        args.token === token && args.account === address;
      const moved = settled.filter((entry) => entry.account === address);
      const run = errands.filter(({ args }) => args.token === token);
      const line = {
        account,
        token: symbol,
        deposited: sum(deposits.filter(isOwn), ({ args }) => args.amount),
        locked: sum(locks.filter(isOwn), ({ args }) => args.amount) + sum(run.filter(isOwn), ({ args }) => args.locked),
        refunded: sum(moved, ({ fromLock, toFree }) => (fromLock > 0n ? toFree : 0n)),
        errands: sum(run.filter(isOwn), ({ args }) => args.paid),
        earned:
          sum(moved, ({ fromLock, toFree }) => (fromLock > 0n ? 0n : toFree)) +
          sum(run, ({ args }) => (args.payee === address ? args.paid : 0n)),
        free: await escrow.freeOf(token, address),
      };
      if (line.deposited + line.locked + line.earned + line.free !== 0n) lines.push(line);
    }
  }
  return lines;
}

/** An entry moves, in one word, what leaves the account's lock (lower half) and what joins its free balance. */
function entriesOf(entries: readonly { account: string; movement: bigint }[]): Entry[] {
  return entries.map(({ account, movement }) => {
    return { account, fromLock: movement & ((1n << 128n) - 1n), toFree: movement >> 128n };
  });
}

interface Entry {
  readonly account: string;
  readonly fromLock: bigint;
  readonly toFree: bigint;
}

async function observeHold(world: World): Promise<HoldLine[]> {
  const { contracts, deployment, addresses } = world;
  const { staking, market } = contracts;
  const from = deployment.book.startBlock;
  const [penalties, claims] = await Promise.all([
    staking.queryFilter(staking.filters.Penalised(), from),
    staking.queryFilter(staking.filters.PenaltyClaimed(), from),
  ]);
  const lines = await Promise.all(
    PEOPLE.map(async (account): Promise<HoldLine> => {
      const address = addresses[account];
      const { free, reserved } = await staking.poolOf(market, address);
      return {
        account,
        bonded: free + reserved,
        penaltiesPaid: sum(penalties, ({ args }) => (args.provider === address ? args.amount : 0n)),
        penaltiesReceived: sum(claims, ({ args }) => (args.payee === address ? args.amount : 0n)),
      };
    }),
  );
  return lines.filter((line) => line.bonded + line.penaltiesPaid + line.penaltiesReceived !== 0n);
}

/** What the market wrote into the providers' records. */
async function observeRecords({ contracts, addresses }: World): Promise<RecordLine[]> {
  const { records, market } = contracts;
  return await Promise.all(
    PROVIDERS.map(async (account) => {
      const [served, noShows, liveSeconds, darkSeconds, slashed] = await records.recordOf(market, addresses[account]);
      return { account, served, noShows, liveSeconds, darkSeconds, slashed };
    }),
  );
}

/** What the escrow holds, and what it owes to everybody whom the demo knows. */
export async function observeVaults({ contracts, addresses, tokens }: World): Promise<Vault[]> {
  const { escrow, market } = contracts;
  return await Promise.all(
    Object.values(tokens).map(async ({ symbol, address, contract }) => {
      const owed = await Promise.all(
        PEOPLE.map(async (account) => {
          const { locked } = await escrow.moduleAccount(market, address, addresses[account]);
          return (await escrow.freeOf(address, addresses[account])) + locked;
        }),
      );
      return { token: symbol, balance: await contract.balanceOf(escrow), liabilities: sum(owed, (amount) => amount) };
    }),
  );
}
