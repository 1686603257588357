import { getAddress, isAddress, parseUnits, ZeroAddress } from "ethers";

import { decimalText, formatAmount, formatBps, formatDuration, parseAmount, parseDuration, UnitError } from "../units";

/** All HOLD that there is, wei. */
export const HOLD_SUPPLY = 10n ** 27n;

const DAY = 86_400n;
const HOUR = 3_600n;

/** How a setting is written: the numbers are those of the chain. */
type Unit =
  | { readonly kind: "bps" }
  | { readonly kind: "percent" }
  | { readonly kind: "duration" }
  /** HOLD with so many decimals; `per`: what it is the price of. */
  | { readonly kind: "hold"; readonly decimals: number; readonly per?: string }
  | { readonly kind: "account" };

/** Where a setting is kept: a field of the terms, weights or rules that are in force, or a setter of its own. */
type Home =
  | { readonly in: "terms" | "weights" | "rules"; readonly field: string }
  | { readonly in: "staking" | "governor" | "timelock"; readonly setter: string };

/** A value that governance sets. Its bounds are those of the contracts, in the numbers of the chain. */
export interface Setting {
  readonly words: string;
  readonly home: Home;
  readonly unit: Unit;
  readonly least?: bigint;
  readonly most?: bigint;
}

const MOST_UINT32 = 2n ** 32n - 1n;

const weight = (words: string, field: string, per: string, decimals: number): Setting => ({
  words: `${words} weight`,
  home: { in: "weights", field },
  unit: { kind: "hold", decimals, per },
  least: 0n,
  most: MOST_UINT32,
});

const penalty = (words: string, field: string): Setting => ({
  words: `${words} penalty`,
  home: { in: "rules", field },
  unit: { kind: "bps" },
  least: 100n,
  most: 10_000n,
});

/** Everything that `set` sets, by key. The order is that of the help, and of sentences about one publication. */
export const SETTINGS = {
  marketTreasury: { words: "market treasury", home: { in: "terms", field: "treasury" }, unit: { kind: "account" } },
  fee: { words: "fee", home: { in: "terms", field: "feeBps" }, unit: { kind: "bps" }, least: 0n, most: 1_000n },
  tolerance: {
    words: "tolerance",
    home: { in: "terms", field: "toleranceBps" },
    unit: { kind: "bps" },
    least: 0n,
    most: 1_000n,
  },
  noShow: {
    words: "no-show penalty",
    home: { in: "terms", field: "noShowBps" },
    unit: { kind: "bps" },
    least: 0n,
    most: 2_500n,
  },
  notice: {
    words: "notice",
    home: { in: "terms", field: "noticePeriod" },
    unit: { kind: "duration" },
    least: HOUR,
    most: 30n * DAY,
  },
  activation: {
    words: "activation window",
    home: { in: "terms", field: "activationWindow" },
    unit: { kind: "duration" },
    least: 300n,
    most: DAY,
  },
  credit: {
    words: "credit period",
    home: { in: "terms", field: "creditPeriod" },
    unit: { kind: "duration" },
    least: DAY,
    most: 365n * DAY,
  },
  cpuWeight: weight("cpu", "cpu", "CPU", 3),
  memoryWeight: weight("memory", "memoryMiB", "MiB", 6),
  diskWeight: weight("disk", "diskGiB", "GiB", 6),
  bandwidthWeight: weight("bandwidth", "bandwidthMbps", "Mbps", 6),
  entryWeight: weight("entry gpu", "gpuTier0", "GPU", 6),
  workstationWeight: weight("workstation gpu", "gpuTier1", "GPU", 6),
  dataCentreWeight: weight("data centre gpu", "gpuTier2", "GPU", 6),
  flagshipWeight: weight("flagship gpu", "gpuTier3", "GPU", 6),
  appealAuthority: {
    words: "appeal authority",
    home: { in: "rules", field: "appealAuthority" },
    unit: { kind: "account" },
  },
  bondFloor: {
    words: "bond floor",
    home: { in: "rules", field: "bondFloor" },
    unit: { kind: "hold", decimals: 6 },
    least: 0n,
    most: 10n ** 10n,
  },
  filingFee: {
    words: "filing fee",
    home: { in: "rules", field: "filingFee" },
    unit: { kind: "hold", decimals: 6 },
    least: 0n,
    most: 10n ** 10n,
  },
  disputesTreasury: { words: "disputes treasury", home: { in: "rules", field: "treasury" }, unit: { kind: "account" } },
  unserved: penalty("unserved", "unservedBps"),
  shortOfTerms: penalty("short-of-terms", "shortOfTermsBps"),
  dataLost: penalty("data-lost", "dataLostBps"),
  dataExposed: penalty("data-exposed", "dataExposedBps"),
  unbonding: {
    words: "unbonding delay",
    home: { in: "staking", setter: "setUnbondingDelay" },
    unit: { kind: "duration" },
    least: 10n * DAY,
    most: 60n * DAY,
  },
  votingDelay: {
    words: "voting delay",
    home: { in: "governor", setter: "setVotingDelay" },
    unit: { kind: "duration" },
    least: 0n,
    most: 2n * DAY,
  },
  votingPeriod: {
    words: "voting period",
    home: { in: "governor", setter: "setVotingPeriod" },
    unit: { kind: "duration" },
    least: 3n * DAY,
    most: 7n * DAY,
  },
  threshold: {
    words: "proposal threshold",
    home: { in: "governor", setter: "setProposalThreshold" },
    unit: { kind: "hold", decimals: 18 },
    least: HOLD_SUPPLY / 10_000n,
    most: HOLD_SUPPLY / 100n,
  },
  quorum: {
    words: "quorum",
    home: { in: "governor", setter: "updateQuorumNumerator" },
    unit: { kind: "percent" },
    least: 2n,
    most: 20n,
  },
  lateExtension: {
    words: "late extension",
    home: { in: "governor", setter: "setLateQuorumVoteExtension" },
    unit: { kind: "duration" },
    least: 0n,
    most: 2n * DAY,
  },
  timelockDelay: {
    words: "timelock delay",
    home: { in: "timelock", setter: "updateDelay" },
    unit: { kind: "duration" },
    least: 2n * DAY,
    most: 4n * DAY,
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingKey = keyof typeof SETTINGS;
/** A number of the chain, or a checksummed address. */
export type SettingValue = bigint | string;

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

export function settingOf(key: SettingKey): Setting {
  return SETTINGS[key];
}

// --------------------------------------------------------------------------------------------------- parsing

/** "2 %" or "200 bps" -> basis points, exactly. */
export function parseShare(text: string): bigint {
  const [, number, unit = ""] = /^([\d.]+)\s*(%|percent|bps)$/i.exec(text.trim()) ?? [];
  if (number === undefined) throw new UnitError(`"${text}" is no share: write 2.5 % or 250 bps`);
  try {
    return parseUnits(decimalText(number, "share"), unit.toLowerCase() === "bps" ? 0 : 2);
  } catch {
    throw new UnitError(`"${text}" is no share: write 2.5 % or 250 bps, in steps of 1 bps`);
  }
}

function parsePercent(text: string): bigint {
  const bps = parseShare(text);
  if (bps % 100n !== 0n) throw new UnitError(`"${text}" is too fine: it comes in whole percents`);
  return bps / 100n;
}

function parseHold(text: string, { decimals, per }: Extract<Unit, { kind: "hold" }>): bigint {
  if (per === undefined && decimals === 18 && /(%|bps)(\s+of\s+(the\s+)?supply)?$/i.test(text)) {
    return (HOLD_SUPPLY * parseShare(text.replace(/\s+of\s+(the\s+)?supply$/i, ""))) / 10_000n;
  }
  const [, number, unit] = /^(\S+)\s+HOLD(?:\s+per\s+(\S+))?$/i.exec(text.trim()) ?? [];
  const each = per === undefined ? "" : ` per ${per}`;
  if (number === undefined) throw new UnitError(`"${text}" is no amount of HOLD: write 12.5 HOLD${each}`);
  if (unit !== undefined && unit.toLowerCase() !== per?.toLowerCase()) {
    throw new UnitError(`"${text}" is per ${unit}: write ${number} HOLD${each}`);
  }
  try {
    return parseAmount(number, decimals);
  } catch (error) {
    if (!(error instanceof UnitError) || !error.message.includes("too fine")) throw error;
    throw new UnitError(`"${text}" is too fine: it comes in steps of 0.${"1".padStart(decimals, "0")} HOLD${each}`);
  }
}

export function parseAccount(text: string): string {
  if (isAddress(text)) return getAddress(text);
  throw new UnitError(`"${text}" is no address: write 0x and 40 hexadecimal digits with a correct checksum`);
}

/** A value as people write it -> the chain's; `settingFault` says whether the chain takes it. */
export function parseSetting(key: SettingKey, text: string): SettingValue {
  const { unit } = settingOf(key);
  switch (unit.kind) {
    case "bps":
      return parseShare(text);
    case "percent":
      return parsePercent(text);
    case "duration":
      return BigInt(parseDuration(text));
    case "hold":
      return parseHold(text, unit);
    case "account":
      return parseAccount(text);
  }
}

/** Why the contract would refuse a value, naming the bounds; undefined where it would not. */
export function settingFault(key: SettingKey, value: SettingValue): string | undefined {
  const { words, least, most } = settingOf(key);
  if (typeof value === "string") return value === ZeroAddress ? `${words} cannot be the zero address` : undefined;
  if (least === undefined || most === undefined || (value >= least && value <= most)) return undefined;
  const say = (bound: bigint): string => formatSetting(key, bound);
  return `${words} is to be ${say(least)} to ${say(most)}, not ${say(value)}`;
}

// ------------------------------------------------------------------------------------------------ formatting

/** A value of the chain, as `parseSetting` reads it back. */
export function formatSetting(key: SettingKey, value: SettingValue): string {
  const { unit } = settingOf(key);
  if (typeof value === "string") return value;
  switch (unit.kind) {
    case "bps":
      return formatBps(value);
    case "percent":
      return `${value} %`;
    case "duration":
      return formatDuration(value);
    case "hold": {
      const amount = formatAmount(value, unit.decimals).replace(/,/g, "");
      return `${amount} HOLD${unit.per === undefined ? "" : ` per ${unit.per}`}`;
    }
    case "account":
      return String(value);
  }
}
