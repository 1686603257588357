import { keccak256 } from "ethers";
import { z } from "zod";

import { redact } from "../../../sdk/endpoints";
import { ERC20Permit__factory } from "../../../typechain-types";
import { command, type CommandGroup } from "../command";
import { secretsOf } from "../config";
import { findDisputes, isOpen } from "../disputes";
import { type Check, diagnose, type Facts, type ProviderFacts, type TokenFacts } from "../doctor";
import { EXIT, Failure, toFailure } from "../failure";
import { type Report, table } from "../format";
import type { Network } from "../network";
import { readClock, readOffers, readProviderLeases, readTenantLeases } from "../reads";
import type { Session } from "../session";
import { readPenalties } from "./money";

async function wrongCode({ book, provider }: Network): Promise<{ wrong: string[]; contracts: number }> {
  const records = Object.entries(book?.contracts ?? {});
  const codes = await Promise.all(records.map(([, { address }]) => provider.getCode(address)));
  const wrong = records.filter(([, { bytecodeHash }], index) => keccak256(codes[index] ?? "0x") !== bytecodeHash);
  return { wrong: wrong.map(([name]) => name), contracts: records.length };
}

async function tokenFacts(session: Session, account: string): Promise<TokenFacts[]> {
  const [{ lens }, provider, tokens] = await Promise.all([session.handles(), session.provider(), session.tokens()]);
  return Promise.all(
    (await tokens.listed()).map(async (token) => {
      const [{ free, locked, ceiling }, wallet] = await Promise.all([
        lens.fundsOf(token.address, account),
        ERC20Permit__factory.connect(token.address, provider).balanceOf(account),
      ]);
      return { token, free, locked, ceiling, wallet };
    }),
  );
}

async function providerFacts(session: Session, account: string): Promise<ProviderFacts> {
  const { staking, market, hold } = await session.handles();
  const [pool, unbonding, walletHold, clock, offers] = await Promise.all([
    staking.poolOf(await market.getAddress(), account),
    staking.unbondingOf(account),
    hold.balanceOf(account),
    readClock(session, account),
    readOffers(session, (view) => view.provider === account),
  ]);
  const terms = await Promise.all(offers.map(({ token }) => market.tokenTermsOf(token)));
  return {
    opened: pool.opened,
    freeBond: pool.free,
    reservedBond: pool.reserved,
    unbonding: unbonding.amount,
    readyAt: Number(unbonding.readyAt),
    walletHold,
    operator: clock.operator,
    lastSeen: clock.lastSeen,
    live: clock.live,
    offers: offers.map(({ id, retired, unitsLeft, collateralPerUnit }, index) => ({
      id,
      retired,
      unitsLeft,
      collateralPerUnit,
      tokenListed: terms[index]?.listed ?? false,
    })),
    leases: await readProviderLeases(session, offers),
  };
}

async function accountFacts(session: Session, account: string): Promise<NonNullable<Facts["account"]>> {
  const [provider, { hold }] = await Promise.all([session.provider(), session.handles()]);
  const [coin, mined, known, providing, tenantLeases, penalties, locked, against, own] = await Promise.all([
    provider.getBalance(account),
    provider.getTransactionCount(account, "latest"),
    provider.getTransactionCount(account, "pending"),
    providerFacts(session, account),
    readTenantLeases(session, account),
    readPenalties(session, account),
    hold.lockedOf(account),
    findDisputes(session, { provider: account }),
    findDisputes(session, { claimant: account }),
  ]);
  return {
    address: account,
    coin,
    pendingTransactions: known - mined,
    provider: providing,
    tenantLeases,
    penalties,
    freeHold: providing.walletHold - locked,
    disputes: [...against, ...own.filter(({ provider: accused }) => accused !== account)].filter(isOpen),
  };
}

async function gather(session: Session): Promise<Facts> {
  const connection = await session.connection();
  const { market, liveness } = connection.handles;
  const [block, { wrong, contracts }] = await Promise.all([
    connection.provider.getBlock("latest"),
    wrongCode(connection),
  ]);
  if (block === null) throw new Failure("network", "the node knows no latest block: check --rpc");
  const { clock = Date.now } = session.outside;
  const common = {
    chainId: connection.chainId,
    block: block.number,
    chainTime: block.timestamp,
    machineTime: Math.floor(clock() / 1_000),
    wrongCode: wrong,
    contracts,
  };
  // Nothing else can be read where the contracts are others.
  if (wrong.length > 0) return { ...common, pausedUntil: 0, grace: 0, tokens: [] };
  const account = await session.accountIfAny();
  const [pausedUntil, grace, tokens, about] = await Promise.all([
    market.pausedUntil(),
    liveness.GRACE(),
    account === undefined ? [] : tokenFacts(session, account),
    account === undefined ? undefined : accountFacts(session, account),
  ]);
  const facts = { ...common, pausedUntil: Number(pausedUntil), grace: Number(grace), tokens };
  return about === undefined ? facts : { ...facts, account: about };
}

const MARKS = { ok: "ok", warn: "look", bad: "BAD" } as const;

function report(checks: readonly Check[], exitCode: number): Report {
  const rows = checks.flatMap(({ level, what, found, next }) => [
    [MARKS[level], what, found],
    ...(next === undefined ? [] : [["", "", `-> ${next}`]]),
  ]);
  return { data: { healthy: exitCode === EXIT.ok, checks }, text: table(["", "what", "found"], rows), exitCode };
}

/** Looks at everything that a user's next command depends on. */
export const doctor: CommandGroup = {
  name: "doctor",
  summary: "check network, contracts, account, money, bond and heartbeat, and say what to do next",
  itself: command({
    usage: "doctor",
    summary: "check network, contracts, account, money, bond and heartbeat, and say what to do next",
    details:
      "Exits with 1 where something is broken, 3 where the configuration is wrong, 4 where the node does not answer.",
    input: z.object({}),
    async run(session) {
      try {
        const checks = diagnose(await gather(session));
        return report(checks, checks.some(({ level }) => level === "bad") ? EXIT.refused : EXIT.ok);
      } catch (error) {
        const failure = toFailure(error, session.lexicon());
        if (failure.kind !== "network" && failure.kind !== "configuration") throw failure;
        const what = failure.kind === "network" ? "network" : "configuration";
        return report(
          [{ level: "bad", what, found: redact(failure.message, secretsOf(session.config)) }],
          EXIT[failure.kind],
        );
      }
    },
  }),
  commands: [],
};
