import { END_REASONS, type EndReason, LEASE_STATUSES } from "../../sdk/market";
import { formatLeaseId } from "../../sdk/ids";
import type { Observed, Vault } from "./check";
import type { AccountLine, Ending, HoldLine, LeaseLine } from "./model";
import { PROVIDERS, TENANTS, type World } from "./world";

const ENDINGS: Partial<Record<EndReason, Ending>> = {
  Expired: "expired",
  ClosedByTenant: "closed",
  ClosedDark: "closed, dark",
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
    ledger: { leases: leases.map(({ line }) => line), accounts, hold: await observeHold(world) },
    unfinished: statuses.flat(),
    vaults: await observeVaults(world),
  };
}

async function observeLeases(world: World): Promise<{ id: bigint; line: LeaseLine }[]> {
  const { contracts, deployment, nameOf } = world;
  const { market } = contracts;
  const from = deployment.book.startBlock;
  const [opened, closed, cancelled, collected, settled] = await Promise.all([
    market.queryFilter(market.filters.LeaseOpened(), from),
    market.queryFilter(market.filters.LeaseClosed(), from),
    market.queryFilter(market.filters.LeaseCancelled(), from),
    market.queryFilter(market.filters.LeaseCollected(), from),
    market.queryFilter(market.filters.LeaseSettled(), from),
  ]);
  const tokens = new Map(Object.values(world.tokens).map(({ address, symbol }): [string, string] => [address, symbol]));
  const lines = opened.map(async ({ args: { leaseId, tenant, provider, locked } }) => {
    const of = <T extends { args: { leaseId: bigint } }>(logs: T[]): T[] =>
      logs.filter((log) => log.args.leaseId === leaseId);
    const ends = [...of(closed), ...of(cancelled)].map(({ args }) => args);
    const { token } = await contracts.lens.leaseView(leaseId);
    const reasons = ends.map(({ reason }) => ENDINGS[END_REASONS[Number(reason)] ?? "None"]);
    const line: LeaseLine = {
      name: formatLeaseId(leaseId),
      tenant: nameOf(tenant),
      provider: nameOf(provider),
      token: tokens.get(token) ?? token,
      ending: reasons.length === 1 && reasons[0] !== undefined ? reasons[0] : "unknown",
      billedSeconds: sum(of(closed), ({ args }) => args.billedSeconds),
      locked,
      paid: sum(of(collected), ({ args }) => args.amount),
      fee: sum(of(settled), ({ args }) => args.fee),
      refunded: sum(ends, ({ refund }) => refund),
      bounty: sum(ends, ({ bounty }) => bounty),
      penalty: sum(of(cancelled), ({ args }) => args.penalty),
    };
    return { id: leaseId, line };
  });
  return await Promise.all(lines);
}

async function observeAccounts(world: World): Promise<AccountLine[]> {
  const { contracts, deployment, people } = world;
  const { escrow } = contracts;
  const from = deployment.book.startBlock;
  const [deposits, locks, settlements] = await Promise.all([
    escrow.queryFilter(escrow.filters.Deposited(), from),
    escrow.queryFilter(escrow.filters.Locked(), from),
    escrow.queryFilter(escrow.filters.Settled(), from),
  ]);
  const lines: AccountLine[] = [];
  for (const { symbol, address: token } of Object.values(world.tokens)) {
    const settled = settlements.filter(({ args }) => args.token === token).flatMap(({ args }) => entriesOf(args[2]));
    for (const account of PEOPLE) {
      const { address } = people[account];
      const isOwn = ({ args }: { args: { token: string; account: string } }): boolean =>
        args.token === token && args.account === address;
      const moved = settled.filter((entry) => entry.account === address);
      const line = {
        account,
        token: symbol,
        deposited: sum(deposits.filter(isOwn), ({ args }) => args.amount),
        locked: sum(locks.filter(isOwn), ({ args }) => args.amount),
        refunded: sum(moved, ({ fromLock, toFree }) => (fromLock > 0n ? toFree : 0n)),
        earned: sum(moved, ({ fromLock, toFree }) => (fromLock > 0n ? 0n : toFree)),
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
  const { contracts, deployment, people } = world;
  const { staking, market } = contracts;
  const from = deployment.book.startBlock;
  const [penalties, claims] = await Promise.all([
    staking.queryFilter(staking.filters.Penalised(), from),
    staking.queryFilter(staking.filters.PenaltyClaimed(), from),
  ]);
  const lines = await Promise.all(
    PEOPLE.map(async (account): Promise<HoldLine> => {
      const { address } = people[account];
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

/** What the escrow holds, and what it owes to everybody whom the demo knows. */
export async function observeVaults({ contracts, people, tokens }: World): Promise<Vault[]> {
  const { escrow, market } = contracts;
  return await Promise.all(
    Object.values(tokens).map(async ({ symbol, address, contract }) => {
      const owed = await Promise.all(
        PEOPLE.map(async (account) => {
          const { locked } = await escrow.moduleAccount(market, address, people[account]);
          return (await escrow.freeOf(address, people[account])) + locked;
        }),
      );
      return { token: symbol, balance: await contract.balanceOf(escrow), liabilities: sum(owed, (amount) => amount) };
    }),
  );
}
