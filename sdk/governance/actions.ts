import { formatUnits, getAddress, isAddress, ZeroAddress } from "ethers";

import { OUTCOMES } from "../disputes";
import { formatDisputeId, parseDisputeId } from "../ids";
import { ROLES } from "../roles";
import { formatDuration, formatInstant, parseAmount, parseDuration, plainAmount, UnitError } from "../units";
import type { TokenWords } from "../errors/words";
import type { Published } from "./contracts";
import {
  formatSetting,
  parseAccount,
  parseSetting,
  SETTING_KEYS,
  settingFault,
  settingOf,
  type SettingKey,
  type SettingValue,
} from "./settings";

/** One thing that a proposal does, in the words of the protocol. Amounts in base units, addresses checksummed. */
export type Action =
  | { readonly kind: "set"; readonly key: SettingKey; readonly value: SettingValue }
  /** The terms, or the rules, once more as they are: a new version with nothing new in it. */
  | { readonly kind: "republish"; readonly what: "terms" | "rules" }
  | { readonly kind: "seat" | "unseat"; readonly member: string }
  | { readonly kind: "list"; readonly token: string; readonly minimumLock: bigint; readonly bounty: bigint }
  | { readonly kind: "delist"; readonly token: string }
  /** Out of the treasury: its wallet, or its account in escrow. */
  | {
      readonly kind: "pay";
      readonly token: string;
      readonly amount: bigint;
      readonly to: string;
      readonly escrow: boolean;
    }
  /** Wei of native coin that the treasury holds. */
  | { readonly kind: "payNative"; readonly amount: bigint; readonly to: string }
  /** Zero: nobody is guardian. */
  | { readonly kind: "guardian"; readonly account: string }
  | { readonly kind: "pausable"; readonly market: string }
  | { readonly kind: "tribunal"; readonly disputes: string; readonly accepted: boolean }
  | { readonly kind: "grant"; readonly role: bigint; readonly account: string; readonly delay: number }
  | { readonly kind: "revoke"; readonly role: bigint; readonly account: string }
  | { readonly kind: "decide"; readonly dispute: bigint; readonly filedAt: number; readonly outcome: Verdict }
  /** Anything else that is understood: a function with its arguments by name. */
  | {
      readonly kind: "call";
      readonly target: string;
      /** Which ABI it is read with. */
      readonly as: string;
      readonly signature: string;
      readonly args: Json;
      readonly value: bigint;
    }
  /** What nobody here understands. */
  | { readonly kind: "raw"; readonly target: string; readonly data: string; readonly value: bigint };

export type Json = string | boolean | readonly Json[] | { readonly [name: string]: Json };
export const VERDICTS = ["upheld", "failed", "rejected"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What sentences are read and written with. */
export interface Vocabulary {
  /** By checksummed address: every token that the text or the action names. */
  readonly tokens: ReadonlyMap<string, TokenWords>;
  /** Symbols that need no address: HOLD and what governance lists, each naming one token. */
  readonly symbols: ReadonlyMap<string, string>;
  /** Addresses of contracts of the deployment, by the names of the address book. */
  readonly contracts: ReadonlyMap<string, string>;
  /** When the present claims of disputes were filed, where a decision does not say. */
  readonly filings?: ReadonlyMap<bigint, number> | undefined;
}

/** What people can propose, for help and for errors. */
export const GRAMMAR: readonly string[] = [
  ...SETTING_KEYS.map((key) => `set ${settingOf(key).words} <${exampleOf(key)}>`),
  "seat council <address>",
  "unseat council <address>",
  "list token <address> minimum-lock <amount> bounty <amount>",
  "delist token <address>",
  "pay <amount> <HOLD|token|native coin> to <address>",
  "pay <amount> <token> out of escrow to <address>",
  "seat guardian <address>",
  "unseat guardian",
  "let guardian pause <market>",
  "accept tribunal <disputes>",
  "drop tribunal <disputes>",
  "grant role <guardian|admin|number> to <address>",
  "revoke role <guardian|admin|number> from <address>",
  "decide dispute <dispute> <upheld|failed|rejected>",
  "republish market terms",
  "republish dispute rules",
  "call <contract|address> [as <contract>] <function(types)> <arguments as JSON> [with <amount> native coin]",
];

function exampleOf(key: SettingKey): string {
  const { unit } = settingOf(key);
  switch (unit.kind) {
    case "bps":
      return "2.5 %, 250 bps";
    case "percent":
      return "4 %";
    case "duration":
      return "14d";
    case "hold":
      return `1.5 HOLD${unit.per === undefined ? "" : ` per ${unit.per}`}`;
    case "account":
      return "address";
  }
}

// ----------------------------------------------------------------------------------------------- what it needs

const TOKEN = String.raw`(0x[0-9a-fA-F]{40}|[^\s()]{1,16})`;
const LIST = new RegExp(
  String.raw`^list token ${TOKEN} (?:with )?(?:--)?minimum[- ]lock (\S+)(?: [^\s\d]\S*)?,? (?:and )?(?:--)?bounty (\S+)(?: [^\s\d]\S*)?$`,
  "i",
);
const DELIST = new RegExp(`^delist token ${TOKEN}$`, "i");
const PAY = new RegExp(String.raw`^pay (\S+) ${TOKEN}( out of(?: the)? escrow)? to (\S+)$`, "i");
const DECIDE = /^decide dispute (\S+)(?: filed (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) UTC)?(?:,|:)? (\S+)$/i;

/** What has to be read of the chain before a text can be understood: tokens by address, and filings of disputes. */
export function needsOf(text: string): { readonly tokens: readonly string[]; readonly disputes: readonly bigint[] } {
  const plain = tidy(text);
  const token = LIST.exec(plain)?.[1] ?? DELIST.exec(plain)?.[1] ?? PAY.exec(plain)?.[2];
  const [, dispute, filed] = DECIDE.exec(plain) ?? [];
  return {
    tokens: token !== undefined && isAddress(token) ? [getAddress(token)] : [],
    disputes: dispute === undefined || filed !== undefined ? [] : [parseDisputeId(dispute)],
  };
}

/** Tokens that an action names. */
export function tokensOf(action: Action): string[] {
  return action.kind === "list" || action.kind === "delist" || action.kind === "pay" ? [action.token] : [];
}

// --------------------------------------------------------------------------------------------------- parsing

/** Notes in brackets are for people. JSON keeps its own. */
function tidy(text: string): string {
  const trimmed = text.trim().replace(/\s+/g, " ");
  return /^call /i.test(trimmed) ? text.trim() : trimmed.replace(/ ?\([^()]*\)/g, "");
}

function tokenNamed(text: string, { tokens, symbols }: Vocabulary): { address: string; words: TokenWords } {
  const isHex = /^0x[0-9a-f]{40}$/i.test(text);
  const address = isHex ? parseAccount(text) : symbols.get(text.toLowerCase());
  const words = address === undefined ? undefined : tokens.get(address);
  if (address !== undefined && words !== undefined) return { address, words };
  throw new UnitError(`"${text}" is no token that governance lists: name it by its address`);
}

const SETTINGS_BY_LENGTH = [...SETTING_KEYS].sort((a, b) => settingOf(b).words.length - settingOf(a).words.length);

function parseSet(text: string): Action {
  const rest = text.replace(/^set /i, "");
  const key = SETTINGS_BY_LENGTH.find((name) => rest.toLowerCase().startsWith(`${settingOf(name).words} `));
  if (key === undefined) {
    const names = SETTING_KEYS.map((name) => settingOf(name).words).join(", ");
    throw new UnitError(`"${text}" sets nothing that governance sets: ${names}`);
  }
  const value = rest.slice(settingOf(key).words.length).trim().replace(/^to /i, "");
  return { kind: "set", key, value: parseSetting(key, value) };
}

function parsePay(text: string, vocabulary: Vocabulary): Action {
  const native = /^pay (\S+) native coin to (\S+)$/i.exec(text);
  if (native !== null) {
    return { kind: "payNative", amount: parseAmount(native[1] ?? "", 18), to: parseAccount(native[2] ?? "") };
  }
  const [, amount = "", name = "", escrow, to = ""] = PAY.exec(text) ?? refuse(text);
  const { address, words } = tokenNamed(name, vocabulary);
  const value = parseAmount(amount, words.decimals);
  return { kind: "pay", token: address, amount: value, to: parseAccount(to), escrow: escrow !== undefined };
}

function parseList(text: string, vocabulary: Vocabulary): Action {
  const [, name = "", minimumLock = "", bounty = ""] = LIST.exec(text) ?? refuse(text);
  const { address, words } = tokenNamed(name, vocabulary);
  const read = (amount: string): bigint => parseAmount(amount.replace(/,$/, ""), words.decimals);
  return { kind: "list", token: address, minimumLock: read(minimumLock), bounty: read(bounty) };
}

function parseRole(text: string): bigint {
  const known = Object.entries(ROLES).find(([name]) => name === text.toLowerCase());
  if (known !== undefined) return known[1];
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  throw new UnitError(`"${text}" is no role: write ${Object.keys(ROLES).join(", ")}, or a number`);
}

function parseGrant(text: string): Action {
  const [, role = "", account = "", delay] =
    /^grant role (\S+) to (\S+)(?: with delay (.+))?$/i.exec(text) ?? refuse(text);
  const seconds = delay === undefined ? 0 : parseDuration(delay);
  return { kind: "grant", role: parseRole(role), account: parseAccount(account), delay: seconds };
}

function parseDecide(text: string, { filings }: Vocabulary): Action {
  const [, name = "", filed, word = ""] = DECIDE.exec(text) ?? refuse(text);
  const dispute = parseDisputeId(name);
  const filedAt = filed === undefined ? filings?.get(dispute) : Date.parse(`${filed.replace(" ", "T")}Z`) / 1_000;
  const outcome = VERDICTS.find((verdict) => verdict === word.toLowerCase());
  if (outcome === undefined) throw new UnitError(`"${word}" is no outcome: write ${VERDICTS.join(", ")}`);
  if (filedAt === undefined || filedAt === 0) throw new UnitError(`dispute ${name} does not exist`);
  return { kind: "decide", dispute, filedAt, outcome };
}

const CALL = /^call (\S+)(?: as (\S+))? ([A-Za-z_]\w*\([^{]*?\)) (\{.*\}|\[.*\])(?: with (\S+) native coin)?$/is;
const RAW = /^call (\S+) data (0x(?:[0-9a-f]{2})*)(?: with (\S+) native coin)?$/i;

function parseCall(text: string, { contracts }: Vocabulary): Action {
  const targetOf = (name: string): string => contracts.get(name) ?? parseAccount(name);
  const value = (coin: string | undefined): bigint => (coin === undefined ? 0n : parseAmount(coin, 18));
  const raw = RAW.exec(text);
  if (raw !== null) {
    return { kind: "raw", target: targetOf(raw[1] ?? ""), data: (raw[2] ?? "").toLowerCase(), value: value(raw[3]) };
  }
  const [, name = "", as, signature = "", json = "", coin] = CALL.exec(text) ?? refuse(text);
  if (as === undefined && !contracts.has(name)) {
    throw new UnitError(
      `${name} is no contract of this deployment: say what it is, as in "call ${name} as market ..."`,
    );
  }
  let args: Json;
  try {
    args = JSON.parse(json) as Json;
  } catch {
    throw new UnitError(`the arguments of ${signature} are no JSON: write {"name": "value"}, numbers as texts`);
  }
  return { kind: "call", target: targetOf(name), as: as ?? name, signature, args, value: value(coin) };
}

function refuse(text: string): never {
  const verb = text.split(" ")[0]?.toLowerCase() ?? "";
  const forms = GRAMMAR.filter((form) => form.startsWith(`${verb} `));
  const hint = forms.length > 0 && forms.length < 5 ? forms : [...new Set(GRAMMAR.map((form) => form.split(" <")[0]))];
  throw new UnitError(`"${text}" is nothing that can be proposed. Write ${hint.join("; ")}`);
}

/** A sentence -> what it proposes. Throws UnitError, saying what to write. Bounds are those of `faultsOf`. */
export function parseAction(text: string, vocabulary: Vocabulary): Action {
  const plain = tidy(text);
  const account = (pattern: RegExp): string | undefined => pattern.exec(plain)?.[1];
  if (/^set /i.test(plain)) return parseSet(plain);
  if (/^pay /i.test(plain)) return parsePay(plain, vocabulary);
  if (/^call /i.test(plain)) return parseCall(plain, vocabulary);
  if (/^list /i.test(plain)) return parseList(plain, vocabulary);
  if (/^grant /i.test(plain)) return parseGrant(plain);
  if (/^decide /i.test(plain)) return parseDecide(plain, vocabulary);
  if (/^unseat guardian$/i.test(plain)) return { kind: "guardian", account: ZeroAddress };
  if (/^republish market terms$/i.test(plain)) return { kind: "republish", what: "terms" };
  if (/^republish dispute rules$/i.test(plain)) return { kind: "republish", what: "rules" };

  const delisted = DELIST.exec(plain)?.[1];
  if (delisted !== undefined) return { kind: "delist", token: tokenNamed(delisted, vocabulary).address };
  const seated = account(/^seat council (\S+)$/i);
  if (seated !== undefined) return { kind: "seat", member: parseAccount(seated) };
  const unseated = account(/^unseat council (\S+)$/i);
  if (unseated !== undefined) return { kind: "unseat", member: parseAccount(unseated) };
  const guardian = account(/^seat guardian (\S+)$/i);
  if (guardian !== undefined) return { kind: "guardian", account: parseAccount(guardian) };
  const market = account(/^let guardian pause (\S+)$/i);
  if (market !== undefined) return { kind: "pausable", market: parseAccount(market) };
  const [, verb = "", disputes] = /^(accept|drop) tribunal (\S+)$/i.exec(plain) ?? [];
  if (disputes !== undefined) {
    return { kind: "tribunal", disputes: parseAccount(disputes), accepted: verb.toLowerCase() === "accept" };
  }
  const [, role, holder] = /^revoke role (\S+) from (\S+)$/i.exec(plain) ?? [];
  if (role !== undefined && holder !== undefined) {
    return { kind: "revoke", role: parseRole(role), account: parseAccount(holder) };
  }
  return refuse(plain);
}

/** Splits what was typed into sentences: a text with spaces is one; loose words are, up to "and" or a comma. */
export function splitActions(typed: readonly string[]): string[] {
  const sentences: string[] = [];
  let loose: string[] = [];
  const flush = (): void => {
    if (loose.length > 0) sentences.push(loose.join(" "));
    loose = [];
  };
  for (const part of typed) {
    if (/\s/.test(part.trim())) {
      flush();
      sentences.push(part);
    } else if (/^(and|,|;)$/i.test(part)) flush();
    else {
      loose.push(part.replace(/[,;]$/, ""));
      if (/[,;]$/.test(part)) flush();
    }
  }
  flush();
  return sentences;
}

// ----------------------------------------------------------------------------------------------- their bounds

/** The filing fee is at most the bond floor, of one publication. */
function feeFault(actions: readonly Action[], { bondFloor, filingFee }: Published["rules"]): string | undefined {
  const after = (key: SettingKey, before: bigint): SettingValue => {
    const set = actions.find((action) => action.kind === "set" && action.key === key);
    return set?.kind === "set" ? set.value : before;
  };
  const [floor, fee] = [after("bondFloor", bondFloor), after("filingFee", filingFee)];
  if (fee <= floor) return undefined;
  const say = formatSetting("bondFloor", floor);
  return `filing fee is to be at most the bond floor, ${say}, not ${formatSetting("filingFee", fee)}`;
}

/** Why the contracts would refuse actions, each fault naming its bounds; none: they would not, for their values. */
export function faultsOf(actions: readonly Action[], { rules }: Pick<Published, "rules">): string[] {
  const named = actions.flatMap((action) => (action.kind === "set" ? [action.key] : []));
  const twice = [...new Set(named.filter((key, index) => named.indexOf(key) !== index))];
  return [
    ...twice.map((key) => `${settingOf(key).words} is set twice`),
    ...[feeFault(actions, rules)].filter((fault) => fault !== undefined),
    ...actions.flatMap((action): string[] => {
      if (action.kind === "set") return [settingFault(action.key, action.value)].filter((fault) => fault !== undefined);
      if (action.kind === "list" && action.bounty > action.minimumLock) {
        return ["the bounty is to be at most the minimum lock: leases lock it, too"];
      }
      if (action.kind === "seat" && action.member === ZeroAddress) return ["nobody can sit at the zero address"];
      return [];
    }),
  ];
}

// ------------------------------------------------------------------------------------------------- sentences

function roleText(role: bigint): string {
  return Object.entries(ROLES).find(([, id]) => id === role)?.[0] ?? String(role);
}

function tokenText(token: string, { tokens, symbols }: Vocabulary): string {
  const symbol = tokens.get(token)?.symbol;
  return symbol !== undefined && symbols.get(symbol.toLowerCase()) === token ? symbol : token;
}

function contractText(target: string, as: string, { contracts }: Vocabulary): string {
  return contracts.get(as) === target ? as : `${target} as ${as}`;
}

const withCoin = (value: bigint): string => (value === 0n ? "" : ` with ${plainAmount(value, 18)} native coin`);

/** An action -> a sentence that `parseAction` reads back. Its tokens are in the vocabulary. */
export function sentenceOf(action: Action, vocabulary: Vocabulary): string {
  const amount = (value: bigint, token: string): string =>
    formatUnits(value, vocabulary.tokens.get(token)?.decimals ?? 0).replace(/\.0$/, "");
  switch (action.kind) {
    case "set":
      return `set ${settingOf(action.key).words} ${formatSetting(action.key, action.value)}`;
    case "republish":
      return action.what === "terms" ? "republish market terms" : "republish dispute rules";
    case "seat":
    case "unseat":
      return `${action.kind} council ${action.member}`;
    case "list": {
      const { token, minimumLock, bounty } = action;
      return `list token ${token} minimum-lock ${amount(minimumLock, token)} bounty ${amount(bounty, token)}`;
    }
    case "delist":
      return `delist token ${tokenText(action.token, vocabulary)}`;
    case "pay": {
      const from = action.escrow ? " out of escrow" : "";
      return `pay ${amount(action.amount, action.token)} ${tokenText(action.token, vocabulary)}${from} to ${action.to}`;
    }
    case "payNative":
      return `pay ${plainAmount(action.amount, 18)} native coin to ${action.to}`;
    case "guardian":
      return action.account === ZeroAddress ? "unseat guardian" : `seat guardian ${action.account}`;
    case "pausable":
      return `let guardian pause ${action.market}`;
    case "tribunal":
      return `${action.accepted ? "accept" : "drop"} tribunal ${action.disputes}`;
    case "grant": {
      const delay = action.delay === 0 ? "" : ` with delay ${formatDuration(action.delay)}`;
      return `grant role ${roleText(action.role)} to ${action.account}${delay}`;
    }
    case "revoke":
      return `revoke role ${roleText(action.role)} from ${action.account}`;
    case "decide":
      return `decide dispute ${formatDisputeId(action.dispute)} filed ${formatInstant(action.filedAt)}: ${action.outcome}`;
    case "call": {
      const target = contractText(action.target, action.as, vocabulary);
      return `call ${target} ${action.signature} ${JSON.stringify(action.args)}${withCoin(action.value)}`;
    }
    case "raw":
      return `call ${action.target} data ${action.data}${withCoin(action.value)}`;
  }
}

/** The number of an outcome on the chain. */
export function outcomeNumber(outcome: Verdict): number {
  return OUTCOMES.findIndex((name) => name.toLowerCase() === outcome);
}
