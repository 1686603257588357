import { type BaseContract, id, type Result, toBeHex, ZeroAddress } from "ethers";

import { CONTRACT_NAMES } from "../../sdk/addressBook";
import { SETTINGS } from "../../sdk/governance/settings";
import { collectLogs } from "../logs";
import type { Attempts } from "./attempts";
import type { History } from "./events";
import type { ConstantFact, Facts, GuardianFacts, Origin, PauseFact } from "./facts";
import { GOVERNANCE_SETTINGS, type GovernanceSetting, settingsIn } from "./reviewed";
import type { Scope } from "./scope";

/** Reads what is set rather than held: numbers, versions, listings, seatings, and what contracts were created with. */

/** Numbers that have setters of their own, and who set them last. */
export async function readSettings({ contracts }: Scope, history: History): Promise<Facts["settings"]> {
  const { governor, timelock, staking } = contracts;
  const origins: Readonly<Record<GovernanceSetting, Origin>> = {
    votingDelay: history.origin("governor", ["VotingDelaySet"]),
    votingPeriod: history.origin("governor", ["VotingPeriodSet"]),
    threshold: history.origin("governor", ["ProposalThresholdSet"]),
    quorum: history.origin("governor", ["QuorumNumeratorUpdated"]),
    lateExtension: history.origin("governor", ["LateQuorumVoteExtensionSet"]),
    timelockDelay: history.origin("timelock", ["MinDelayChange"]),
    unbonding: history.origin("staking", ["UnbondingDelaySet"]),
  };
  const values = await Promise.all([
    governor.votingDelay(),
    governor.votingPeriod(),
    governor.proposalThreshold(),
    governor["quorumNumerator()"](),
    governor.lateQuorumVoteExtension(),
    timelock.getMinDelay(),
    staking.unbondingDelay(),
  ]);
  return GOVERNANCE_SETTINGS.map((key, index) => {
    const { least, most } = SETTINGS[key];
    return { key, value: values[index] ?? 0n, least, most, origin: origins[key] };
  });
}

/** The guardian, and everybody who was ever seated as one. */
export async function readGuardian({ contracts }: Scope, history: History): Promise<GuardianFacts> {
  const { guardian } = contracts;
  const [holder, used] = await Promise.all([guardian.guardian(), guardian.used()]);
  return {
    holder,
    used,
    usedIn: history.origin("guardian", ["GuardianPaused"]),
    origin: history.origin("guardian", ["GuardianSeated"]),
    seatings: history.of("guardian", "GuardianSeated").map(({ args, origin }) => ({ holder: String(args[0]), origin })),
  };
}

/** Until when entries are paused, and who did that. */
export async function readPause({ contracts }: Scope, history: History): Promise<PauseFact> {
  const until = await contracts.market.pausedUntil();
  const last = history.of("market", "EntriesPaused").at(-1);
  const used = [...history.of("guardian", "GuardianPaused"), ...history.of("guardian", "GuardianResumed")];
  const byGuardian = last !== undefined && used.some(({ transaction }) => transaction === last.transaction);
  return { until, origin: last?.origin ?? "deployment", byGuardian };
}

/** Who was seated on the council and unseated, oldest first. */
export function seatsIn(history: History): Facts["seats"] {
  return history.of("council", "Seated", "Unseated").map(({ name, args, origin }) => ({
    member: String(args[0]),
    seated: name === "Seated",
    origin,
  }));
}

/** Every version of terms and rules that was ever published: storage counts as many as events tell of. */
export async function readPublished(
  { contracts: { market, disputes } }: Scope,
  history: History,
  attempts: Attempts,
): Promise<Facts["published"]> {
  const struct = (value: unknown): Result => value as Result;
  const terms = history.of("market", "TermsPublished").map(({ args, origin }) => {
    const values = [
      ...settingsIn("terms", struct(args["terms"]).toObject()),
      ...settingsIn("weights", struct(args["weights"]).toObject()),
    ];
    return { version: BigInt(args["version"]), values: Object.fromEntries(values), origin };
  });
  const rules = history.of("disputes", "RulesPublished").map(({ args, origin }) => {
    const values = settingsIn("rules", struct(args["rules"]).toObject());
    return { version: BigInt(args["version"]), values: Object.fromEntries(values), origin };
  });
  const [termsVersion, rulesVersion] = await Promise.all([market.currentTermsVersion(), disputes.currentRules()]);
  for (const [what, version, told] of [
    ["terms of leases", termsVersion, terms.length],
    ["rules of disputes", rulesVersion, rules.length],
  ] as const) {
    if (version !== BigInt(told)) attempts.fail(what, `there are ${version} versions, events tell of ${told}`);
  }
  return { terms, rules };
}

/** Every listing of a payment token that there ever was: storage has as many as events tell of. */
export async function readListings(
  { contracts: { market } }: Scope,
  history: History,
  attempts: Attempts,
): Promise<Facts["listings"]> {
  const listings = history.of("market", "TokenListed").map(({ args, origin }) => ({
    token: String(args["token"]),
    listing: BigInt(args["listing"]),
    minimumLock: BigInt(args["minimumLock"]),
    bounty: BigInt(args["bounty"]),
    origin,
  }));
  const next = await market.listingOf(listings.length + 1);
  if (next.token !== ZeroAddress) {
    attempts.fail("listings of payment tokens", `events tell of ${listings.length}, storage has more`);
  }
  return listings;
}

/** Every end of a listing, oldest first. */
export function delistingsIn(history: History): Facts["delistings"] {
  return history.of("market", "TokenDelisted").map(({ args, origin }) => ({ token: String(args[0]), origin }));
}

/** What contracts were created with and answer for ever. */
export async function readConstants({ contracts, reviewed }: Scope): Promise<ConstantFact[]> {
  const wanted = CONTRACT_NAMES.flatMap((contract) =>
    Object.keys(reviewed.constants[contract] ?? {}).map((getter) => ({ contract, getter })),
  );
  return Promise.all(
    wanted.map(async ({ contract, getter }) => {
      const handle: BaseContract = contracts[contract];
      const value = (await handle.getFunction(getter)()) as unknown;
      return { contract, getter, value: String(value) };
    }),
  );
}

const TRANSFER = id("Transfer(address,address,uint256)");

/** Who received HOLD out of nothing: only its constructor gives any. */
export async function readMinted(
  { provider, contracts, at, fromBlock }: Scope,
  history: History,
  attempts: Attempts,
): Promise<Facts["minted"]> {
  const until = history.handover ?? (await provider.getBlockNumber());
  const filter = { address: at.hold, topics: [TRANSFER, toBeHex(0, 32)] };
  const logs = await collectLogs(provider, filter, fromBlock, until);
  const minted = logs.flatMap((log) => {
    const parsed = contracts.hold.interface.parseLog(log);
    return parsed === null ? [] : [{ holder: String(parsed.args[1]), amount: BigInt(parsed.args[2]) }];
  });
  const supply = await contracts.hold.totalSupply();
  const told = minted.reduce((sum, { amount }) => sum + amount, 0n);
  if (told !== supply) {
    attempts.fail("the first holder of HOLD", `there are ${supply} wei of HOLD, events tell of ${told}`);
  }
  return minted;
}
