import { dataSlice, getAddress, type ParamType, type Result, type TransactionDescription } from "ethers";

import { OUTCOMES } from "../disputes";
import { ROLES } from "../roles";
import { UnitError } from "../units";
import {
  type Action,
  type Json,
  outcomeNumber,
  parseAction,
  sentenceOf,
  type Verdict,
  type Vocabulary,
} from "./actions";
import {
  type GovernedAddresses,
  INTERFACE_NAMES,
  type InterfaceName,
  interfaceOf,
  INTERFACES,
  nameOf,
  type Published,
} from "./contracts";
import { SETTING_KEYS, settingOf, type SettingValue } from "./settings";

/** What the timelock is asked to call. */
export interface Call {
  readonly target: string;
  /** Wei of native coin. */
  readonly value: bigint;
  readonly data: string;
}

/** What calls are made of, and read with. */
export interface Facts {
  readonly addresses: GovernedAddresses;
  /** What is in force before the calls. */
  readonly published: Published;
}

const PAUSE_ENTRIES = INTERFACES.market.getFunction("pauseEntries").selector;

// ----------------------------------------------------------------------------------------- actions -> calls

/** The values in force, with those that the actions set instead. */
function publishedAfter(published: Published, actions: readonly Action[]): Published {
  const next = { terms: { ...published.terms }, weights: { ...published.weights }, rules: { ...published.rules } };
  for (const action of actions) {
    if (action.kind !== "set") continue;
    const { home } = settingOf(action.key);
    if ("field" in home) Object.assign(next[home.in], { [home.field]: action.value });
  }
  return next;
}

/** Which publication an action is part of; undefined: a call of its own. */
function publicationOf(action: Action): "terms" | "rules" | "decide" | undefined {
  if (action.kind === "republish") return action.what;
  if (action.kind === "decide") return "decide";
  if (action.kind !== "set") return undefined;
  const place = settingOf(action.key).home.in;
  if (place === "terms" || place === "weights") return "terms";
  return place === "rules" ? "rules" : undefined;
}

/**
 * Actions -> the calls of a proposal, in their order. Values of the market's terms are published together, and so are those
 * of the rules, and decisions of appeals: in one call each, in the place of the first.
 */
export function callsOf(actions: readonly Action[], facts: Facts): Call[] {
  const after = publishedAfter(facts.published, actions);
  return actions.flatMap((action, index): Call[] => {
    const publication = publicationOf(action);
    if (publication === undefined) return [callOf(action, facts.addresses)];
    if (actions.findIndex((other) => publicationOf(other) === publication) < index) return [];
    const { market, disputes } = facts.addresses;
    if (publication === "terms") {
      return [call(market, INTERFACES.market.encodeFunctionData("publishTerms", [after.terms, after.weights]))];
    }
    if (publication === "rules") {
      return [call(disputes, INTERFACES.disputes.encodeFunctionData("publishRules", [after.rules]))];
    }
    const decisions = actions.flatMap((other) =>
      other.kind === "decide"
        ? [{ disputeId: other.dispute, filedAt: other.filedAt, outcome: outcomeNumber(other.outcome) }]
        : [],
    );
    return [call(disputes, INTERFACES.disputes.encodeFunctionData("decide", [decisions]))];
  });
}

function call(target: string, data: string, value = 0n): Call {
  return { target, value, data };
}

function callOf(action: Action, at: GovernedAddresses): Call {
  switch (action.kind) {
    case "set": {
      const { home } = settingOf(action.key);
      if ("field" in home) throw new TypeError(`${home.field} is published, not set`);
      return call(at[home.in], interfaceOf(home.in).encodeFunctionData(home.setter, [action.value]));
    }
    case "seat":
    case "unseat":
      return call(at.council, interfaceOf("council").encodeFunctionData(action.kind, [action.member]));
    case "list": {
      const { token, minimumLock, bounty } = action;
      return call(at.market, INTERFACES.market.encodeFunctionData("listToken", [token, minimumLock, bounty]));
    }
    case "delist":
      return call(at.market, INTERFACES.market.encodeFunctionData("delistToken", [action.token]));
    case "pay": {
      const { token, to, amount } = action;
      return action.escrow
        ? call(at.escrow, INTERFACES.escrow.encodeFunctionData("withdraw", [token, to, amount]))
        : call(token, INTERFACES.token.encodeFunctionData("transfer", [to, amount]));
    }
    case "payNative":
      return call(action.to, "0x", action.amount);
    case "guardian":
      return call(at.guardian, INTERFACES.guardian.encodeFunctionData("seat", [action.account]));
    case "pausable": {
      const args = [action.market, [PAUSE_ENTRIES], ROLES.guardian];
      return call(at.accessManager, interfaceOf("accessManager").encodeFunctionData("setTargetFunctionRole", args));
    }
    case "tribunal": {
      const { disputes, accepted } = action;
      return call(at.governor, INTERFACES.governor.encodeFunctionData("setTribunal", [disputes, accepted]));
    }
    case "grant": {
      const { role, account, delay } = action;
      return call(at.accessManager, INTERFACES.accessManager.encodeFunctionData("grantRole", [role, account, delay]));
    }
    case "revoke": {
      const { role, account } = action;
      return call(at.accessManager, INTERFACES.accessManager.encodeFunctionData("revokeRole", [role, account]));
    }
    case "call":
      return call(action.target, encodeNamed(action.as, action.signature, action.args), action.value);
    case "raw":
      return call(action.target, action.data, action.value);
    case "republish":
    case "decide":
      throw new TypeError(`${action.kind} is part of a call`);
  }
}

/** Arguments by name, or in their order -> calldata. */
function encodeNamed(as: string, signature: string, args: Json): string {
  const name = INTERFACE_NAMES.find((known) => known === as);
  const abi = name === undefined ? undefined : interfaceOf(name);
  const known = abi?.getFunction(signature.replace(/\s/g, ""));
  if (abi === undefined || known === null || known === undefined) {
    throw new UnitError(`${as} has no function ${signature}: contracts are ${INTERFACE_NAMES.join(", ")}`);
  }
  try {
    const list = typeof args === "object" && !isList(args) ? known.inputs.map(({ name }) => args[name]) : args;
    return abi.encodeFunctionData(known, list as readonly Json[]);
  } catch (error) {
    const { shortMessage, message } = error as Error & { shortMessage?: string };
    throw new UnitError(`the arguments of ${signature} do not fit: ${shortMessage ?? message}`);
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

// ----------------------------------------------------------------------------------------- calls -> actions

/** A call of a proposal, in words. */
export interface DecodedCall {
  readonly call: Call;
  readonly actions: readonly Action[];
  readonly sentences: readonly string[];
  /** What its sentences leave unsaid: calls that it carries inside, or that nobody here knows the contract. */
  readonly notes: readonly string[];
}

/** Tokens that calls name, for the vocabulary. */
export function tokensOfCalls(calls: readonly Call[], addresses: GovernedAddresses): string[] {
  const tokens = withInnerCalls(calls, addresses).flatMap(({ target, data }): string[] => {
    const name = nameOf(addresses, target);
    if (name === undefined) return understood("token", data)?.name === "transfer" ? [target] : [];
    if (name === "hold") return [target];
    const description = understood(name, data);
    const named = description !== undefined && ["listToken", "delistToken", "withdraw"].includes(description.name);
    return named ? [String(description.args[0])] : [];
  });
  return [...new Set(tokens)];
}

/** Calls in the words that `parseAction` reads; every sentence leads back to its call, to the byte. */
export function decodeCalls(calls: readonly Call[], facts: Facts, vocabulary: Vocabulary): DecodedCall[] {
  let { published } = facts;
  return calls.map((call): DecodedCall => {
    const now: Facts = { ...facts, published };
    const actions = [friendly(call, now), [generic(call, facts.addresses)], [rawOf(call)]].find(
      (candidate) => candidate !== undefined && leadsBack(candidate, call, now, vocabulary),
    ) ?? [rawOf(call)];
    published = publishedAfter(published, actions);
    const sentences = actions.map((action) => sentenceOf(action, vocabulary));
    const inner = decodeCalls(innerCalls(call, facts.addresses), now, vocabulary);
    const carried = inner.flatMap((part) => [...part.sentences, ...part.notes]);
    const opaque = actions.some(({ kind }) => kind === "raw") ? [opaqueText(call)] : [];
    return { call, actions, sentences, notes: [...opaque, ...carried] };
  });
}

/** Calls that a call carries in its arguments, as relays, schedules and batches do: calldata must not hide in calldata. */
function innerCalls({ target, data }: Call, addresses: GovernedAddresses): Call[] {
  const known = nameOf(addresses, target);
  const names = known === undefined ? INTERFACE_NAMES : [known];
  const description = names.map((name) => understood(name, data)).find((found) => found !== undefined);
  if (description === undefined) return [];
  const { fragment, args } = description;
  const argument = (...wanted: readonly string[]): unknown =>
    args[fragment.inputs.findIndex(({ name }) => wanted.includes(name))] as unknown;
  const listed = (value: unknown): unknown[] => (Array.isArray(value) ? [...(value as unknown[])] : [value]);
  const targets = listed(argument("target", "targets"));
  const values = listed(argument("value", "values"));
  return listed(argument("data", "payload", "payloads", "calldatas")).flatMap((inside, index): Call[] => {
    if (typeof inside !== "string" || inside.length < 10) return [];
    const to = targets[index] ?? (fragment.name === "multicall" ? target : undefined);
    if (typeof to !== "string") return [];
    const value = values[index];
    return [{ target: to, data: inside, value: typeof value === "bigint" ? value : 0n }];
  });
}

/** Calls, and all that they carry inside. */
export function withInnerCalls(calls: readonly Call[], addresses: GovernedAddresses): Call[] {
  return calls.flatMap((call) => [call, ...withInnerCalls(innerCalls(call, addresses), addresses)]);
}

function leadsBack(actions: readonly Action[], call: Call, facts: Facts, vocabulary: Vocabulary): boolean {
  try {
    const read = actions.map((action) => parseAction(sentenceOf(action, vocabulary), vocabulary));
    const [made, ...more] = callsOf(read, facts);
    return more.length === 0 && made?.target === call.target && made.data === call.data && made.value === call.value;
  } catch {
    return false;
  }
}

/** A call read with an ABI; undefined where it is of another one, or not encoded as it should be. */
function understood(name: InterfaceName, data: string): TransactionDescription | undefined {
  try {
    const description = interfaceOf(name).parseTransaction({ data }) ?? undefined;
    description?.args.toArray(true); // texts that are no UTF-8 throw when they are read
    return description;
  } catch {
    return undefined;
  }
}

const rawOf = ({ target, data, value }: Call): Action => ({ kind: "raw", target, data, value });

/** The call in the words of the protocol. */
function friendly({ target, data, value }: Call, { addresses, published }: Facts): Action[] | undefined {
  if (data === "0x") return value > 0n ? [{ kind: "payNative", amount: value, to: target }] : undefined;
  const name = nameOf(addresses, target) ?? "token";
  const description = understood(name, data);
  if (description === undefined || value !== 0n) return undefined;
  const { args } = description;
  const first = String(args[0]);
  switch (`${name}.${description.name}`) {
    case "market.publishTerms":
      return republished("terms", { terms: plain(args[0] as Result), weights: plain(args[1] as Result) }, published);
    case "disputes.publishRules":
      return republished("rules", { rules: plain(args[0] as Result) }, published);
    case "disputes.decide":
      return decisionsOf(args[0] as Iterable<{ disputeId: bigint; filedAt: bigint; outcome: bigint }>);
    case "council.seat":
    case "council.unseat":
      return [{ kind: description.name === "seat" ? "seat" : "unseat", member: first }];
    case "market.listToken":
      return [{ kind: "list", token: first, minimumLock: args[1] as bigint, bounty: args[2] as bigint }];
    case "market.delistToken":
      return [{ kind: "delist", token: first }];
    case "escrow.withdraw":
      return [{ kind: "pay", token: first, to: String(args[1]), amount: args[2] as bigint, escrow: true }];
    case "hold.transfer":
    case "token.transfer":
      return [{ kind: "pay", token: target, to: first, amount: args[1] as bigint, escrow: false }];
    case "guardian.seat":
      return [{ kind: "guardian", account: first }];
    case "accessManager.setTargetFunctionRole":
      return [{ kind: "pausable", market: first }];
    case "accessManager.grantRole":
      return [{ kind: "grant", role: args[0] as bigint, account: String(args[1]), delay: Number(args[2]) }];
    case "accessManager.revokeRole":
      return [{ kind: "revoke", role: args[0] as bigint, account: String(args[1]) }];
    case "governor.setTribunal":
      return [{ kind: "tribunal", disputes: first, accepted: args[1] === true }];
    default:
      return setterOf(name, description);
  }
}

function setterOf(name: string, { name: setter, args }: TransactionDescription): Action[] | undefined {
  const key = SETTING_KEYS.find((candidate) => {
    const { home } = settingOf(candidate);
    return home.in === name && "setter" in home && home.setter === setter;
  });
  return key === undefined ? undefined : [{ kind: "set", key, value: args[0] as bigint }];
}

type Values = Readonly<Record<string, SettingValue>>;

const plain = (result: Result): Values => result.toObject() as Values;

const valuesOf = (published: Published, group: keyof Published): Values => ({ ...published[group] });

/** What a publication changes of what is in force. */
function republished(
  what: "terms" | "rules",
  groups: { readonly terms?: Values; readonly weights?: Values; readonly rules?: Values },
  published: Published,
): Action[] {
  const changed = SETTING_KEYS.flatMap((key): Action[] => {
    const { home } = settingOf(key);
    if (!("field" in home)) return [];
    const value = groups[home.in]?.[home.field];
    const before = valuesOf(published, home.in)[home.field];
    return value === undefined || value === before ? [] : [{ kind: "set", key, value }];
  });
  return changed.length === 0 ? [{ kind: "republish", what }] : changed;
}

function decisionsOf(decisions: Iterable<{ disputeId: bigint; filedAt: bigint; outcome: bigint }>): Action[] {
  return [...decisions].map(({ disputeId, filedAt, outcome }): Action => {
    const verdict = (OUTCOMES[Number(outcome)] ?? "None").toLowerCase() as Verdict;
    return { kind: "decide", dispute: disputeId, filedAt: Number(filedAt), outcome: verdict };
  });
}

/** The call as contract, function and named arguments. Of an address that is no contract of the deployment the ABI is a guess. */
function generic({ target, data, value }: Call, addresses: GovernedAddresses): Action {
  const known = nameOf(addresses, target);
  const as = (known === undefined ? INTERFACE_NAMES : [known]).find((name) => understood(name, data) !== undefined);
  const description = as === undefined ? undefined : understood(as, data);
  if (as === undefined || description === undefined) return rawOf({ target, data, value });
  const { fragment, args } = description;
  const named = fragment.inputs.every(({ name }) => name !== "");
  const json = named
    ? Object.fromEntries(fragment.inputs.map((input, index) => [input.name, toJson(args[index], input)]))
    : fragment.inputs.map((input, index) => toJson(args[index], input));
  return { kind: "call", target, as, signature: fragment.format("sighash"), args: json, value };
}

function toJson(value: unknown, type: ParamType): Json {
  if (type.isArray()) return [...(value as Iterable<unknown>)].map((item) => toJson(item, type.arrayChildren));
  if (type.isTuple()) {
    const fields = type.components.map((part, index) => [part.name, toJson((value as Result)[index], part)] as const);
    return Object.fromEntries(fields);
  }
  return typeof value === "boolean" ? value : String(value);
}

/** What can be said of a call that nobody here can read: who is called, which function by number, and how much. */
function opaqueText({ target, data, value }: Call): string {
  const what = data.length < 10 ? "without a function" : `function number ${dataSlice(data, 0, 4)}`;
  const length = Math.max(0, data.length / 2 - 5);
  const coin = value === 0n ? "" : `, with ${value} wei of native coin`;
  return `call ${getAddress(target)}, ${what}, ${length} bytes of arguments${coin}: nobody here knows this contract`;
}
