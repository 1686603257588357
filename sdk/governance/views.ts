import { isAddress, type Result, ZeroAddress } from "ethers";

import { DISPUTE_PHASE_WORDS, DISPUTE_PHASES, OUTCOMES } from "../disputes";
import type { TokenWords } from "../errors/words";
import { formatDisputeId } from "../ids";
import { ROLES } from "../roles";
import { formatAmount, formatInstant } from "../units";
import { type Call, withInnerCalls } from "./calls";
import {
  type GovernedAddresses,
  INTERFACE_NAMES,
  type InterfaceName,
  interfaceOf,
  INTERFACES,
  nameOf,
  unpackWeights,
} from "./contracts";
import { formatSetting, SETTING_KEYS, settingOf, type SettingValue } from "./settings";
import type { Question } from "./simulation";

/** Which state to look at: everything that governance sets, and what it can touch of these. */
export interface Scope {
  readonly addresses: GovernedAddresses;
  readonly tokens: ReadonlyMap<string, TokenWords>;
  /** Whose seats, roles, money and votes. */
  readonly accounts: readonly string[];
  readonly roles: readonly bigint[];
  readonly disputes: readonly bigint[];
  /** Functions whose role is looked at. */
  readonly functions: readonly { readonly target: string; readonly selector: string }[];
  /** Versions in force, and how many more there may be afterwards. */
  readonly termsVersion: number;
  readonly rulesVersion: number;
  readonly more: number;
}

/** A value of the state, named and in words. */
export interface Fact {
  readonly name: string;
  readonly text: string;
}

/** A value that is not the same any more. */
export interface Change {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** A question, and the facts that its answer is; `answers` has those of all questions, by key. */
interface View extends Question {
  readonly key: string;
  readonly decode: (answer: string) => Result;
  readonly facts: (answer: Result, answers: ReadonlyMap<string, Result>) => readonly Fact[];
}

const number = (answer: Result): bigint => answer[0] as bigint;
const at = (second: bigint): string => (second === 0n ? "none" : formatInstant(second));

function view(
  at: GovernedAddresses,
  name: InterfaceName,
  method: string,
  args: readonly unknown[],
  facts: View["facts"],
  target = name === "token" ? "" : at[name],
): View {
  const abi = interfaceOf(name);
  const data = abi.encodeFunctionData(method, [...args]);
  const decode = (answer: string): Result => abi.decodeFunctionResult(method, answer);
  return { key: `${target} ${data}`, target, data, decode, facts };
}

/** The values of a group of settings, in words. */
function settingFacts(groups: readonly string[], values: Readonly<Record<string, unknown>>): Fact[] {
  return SETTING_KEYS.flatMap((key): Fact[] => {
    const { home, words } = settingOf(key);
    if (!("field" in home) || !groups.includes(home.in)) return [];
    return [{ name: words, text: formatSetting(key, values[home.field] as SettingValue) }];
  });
}

/** Facts of the version that is in force by then, and of no other. */
const ofVersion =
  (versionKey: string, version: number, facts: (answer: Result) => Fact[]): View["facts"] =>
  (answer, answers) => {
    const current = answers.get(versionKey);
    return current !== undefined && number(current) === BigInt(version) ? facts(answer) : [];
  };

function publications({ addresses, termsVersion, rulesVersion, more }: Scope): View[] {
  const terms = view(addresses, "market", "currentTermsVersion", [], (answer) => [
    { name: "version of the terms", text: String(number(answer)) },
  ]);
  const rules = view(addresses, "disputes", "currentRules", [], (answer) => [
    { name: "version of the rules", text: String(number(answer)) },
  ]);
  const versions = Array.from({ length: more + 1 }, (_, index) => index);
  return [
    terms,
    ...versions.flatMap((index) => {
      const version = termsVersion + index;
      return [
        view(
          addresses,
          "market",
          "termsOf",
          [version],
          ofVersion(terms.key, version, (answer) => settingFacts(["terms"], (answer[0] as Result).toObject())),
        ),
        view(
          addresses,
          "market",
          "weightsOf",
          [version],
          ofVersion(terms.key, version, (answer) => settingFacts(["weights"], { ...unpackWeights(number(answer)) })),
        ),
      ];
    }),
    rules,
    ...versions.map((index) =>
      view(
        addresses,
        "disputes",
        "rulesOf",
        [rulesVersion + index],
        ofVersion(rules.key, rulesVersion + index, (answer) =>
          settingFacts(["rules"], (answer[0] as Result).toObject()),
        ),
      ),
    ),
  ];
}

/** Where settings with a setter of their own are read. */
const GETTERS: Readonly<Record<string, string>> = {
  setUnbondingDelay: "unbondingDelay",
  setVotingDelay: "votingDelay",
  setVotingPeriod: "votingPeriod",
  setProposalThreshold: "proposalThreshold",
  updateQuorumNumerator: "quorumNumerator()",
  setLateQuorumVoteExtension: "lateQuorumVoteExtension",
  updateDelay: "getMinDelay",
};

function settings({ addresses }: Scope): View[] {
  return SETTING_KEYS.flatMap((key): View[] => {
    const { home, words } = settingOf(key);
    if ("field" in home) return [];
    const facts = (answer: Result): Fact[] => [{ name: words, text: formatSetting(key, number(answer)) }];
    return [view(addresses, home.in, GETTERS[home.setter] ?? home.setter, [], facts)];
  });
}

function seats({ addresses, accounts }: Scope): View[] {
  const fact = (name: string) => (answer: Result) => [{ name, text: String(answer[0]) }];
  return [
    view(addresses, "council", "seats", [], fact("seats of the council")),
    ...accounts.map((account) =>
      view(addresses, "council", "seatedSince", [account], (answer) => [
        { name: `council seat of ${account}`, text: number(answer) === 0n ? "none" : `since ${at(number(answer))}` },
      ]),
    ),
    view(addresses, "guardian", "guardian", [], (answer) => [
      { name: "guardian", text: answer[0] === ZeroAddress ? "nobody" : String(answer[0]) },
    ]),
    view(addresses, "guardian", "used", [], (answer) => [
      { name: "guardian's pause", text: answer[0] === true ? "used" : "not used" },
    ]),
    view(addresses, "market", "pausedUntil", [], (answer) => [
      { name: "entries paused until", text: at(number(answer)) },
    ]),
    ...accounts.map((account) =>
      view(addresses, "governor", "isTribunal", [account], (answer) => [
        { name: `appeals at ${account}`, text: answer[0] === true ? "heard" : "not heard" },
      ]),
    ),
  ];
}

function roleName(role: bigint): string {
  return Object.entries(ROLES).find(([, id]) => id === role)?.[0] ?? String(role);
}

function powers({ addresses, accounts, roles, functions }: Scope): View[] {
  return [
    ...roles.flatMap((role) =>
      accounts.map((account) =>
        view(addresses, "accessManager", "hasRole", [role, account], (answer) => {
          const delay = answer[1] as bigint;
          const held = delay === 0n ? "yes" : `yes, after ${delay} s`;
          return [{ name: `role ${roleName(role)} of ${account}`, text: answer[0] === true ? held : "no" }];
        }),
      ),
    ),
    ...functions.map(({ target, selector }) =>
      view(addresses, "accessManager", "getTargetFunctionRole", [target, selector], (answer) => {
        const known = INTERFACE_NAMES.map((name) => interfaceOf(name).getFunction(selector)?.name).find(Boolean);
        return [{ name: `role for ${known ?? selector} of ${target}`, text: roleName(number(answer)) }];
      }),
    ),
  ];
}

function money({ addresses, tokens, accounts }: Scope): View[] {
  return [...tokens].flatMap(([token, { symbol, decimals }]) => {
    const amount = (answer: Result): string => `${formatAmount(number(answer), decimals)} ${symbol}`;
    const whose = (account: string): string => (account === addresses.timelock ? "the treasury" : account);
    return [
      view(addresses, "market", "tokenTermsOf", [token], (answer) => {
        const terms = answer[0] as Result;
        const { minimumLock, bounty, listed } = terms.toObject() as {
          minimumLock: bigint;
          bounty: bigint;
          listed: boolean;
        };
        const say = (value: bigint): string => `${formatAmount(value, decimals)} ${symbol}`;
        return [
          { name: `token ${token} (${symbol})`, text: listed ? "listed" : "not listed" },
          { name: `minimum lock in ${symbol}`, text: say(minimumLock) },
          { name: `bounty in ${symbol}`, text: say(bounty) },
        ];
      }),
      ...accounts.flatMap((account) => [
        view(
          addresses,
          "token",
          "balanceOf",
          [account],
          (answer) => [{ name: `${symbol} in the wallet of ${whose(account)}`, text: amount(answer) }],
          token,
        ),
        view(addresses, "escrow", "freeOf", [token, account], (answer) => [
          { name: `${symbol} in escrow of ${whose(account)}`, text: amount(answer) },
        ]),
      ]),
    ];
  });
}

function votes({ addresses, accounts, disputes }: Scope): View[] {
  return [
    ...accounts.map((account) =>
      view(addresses, "hold", "getVotes", [account], (answer) => [
        { name: `votes of ${account}`, text: `${formatAmount(number(answer), 18)} HOLD` },
      ]),
    ),
    ...disputes.map((dispute) =>
      view(addresses, "disputes", "disputeView", [dispute], (answer) => {
        const { phase, outcome } = (answer[0] as Result).toObject() as { phase: bigint; outcome: bigint };
        const name = `dispute ${formatDisputeId(dispute)}`;
        const stands = DISPUTE_PHASES[Number(phase)];
        const said = (OUTCOMES[Number(outcome)] ?? "None").toLowerCase();
        return [{ name, text: `${stands === undefined ? "unknown" : DISPUTE_PHASE_WORDS[stands]}, ${said}` }];
      }),
    ),
  ];
}

/** What to ask, and how to read the answers. */
export class StateViews {
  private readonly views: readonly View[];

  constructor(scope: Scope) {
    this.views = [publications, settings, seats, powers, money, votes].flatMap((group) => group(scope));
  }

  /** In the order in which `facts` takes their answers. */
  questions(): Question[] {
    return this.views.map(({ target, data }) => ({ target, data }));
  }

  /** Answers in words; what no contract answers is left out. */
  facts(answers: readonly (string | undefined)[]): Fact[] {
    const results = new Map<string, Result>();
    for (const [index, { key, decode }] of this.views.entries()) {
      const answer = answers[index] ?? "0x";
      if (answer !== "0x") results.set(key, decode(answer));
    }
    return this.views.flatMap(({ key, facts }) => {
      const result = results.get(key);
      return result === undefined ? [] : facts(result, results);
    });
  }

  /** What differs between two states, in the order of the views. */
  changes(before: readonly (string | undefined)[], after: readonly (string | undefined)[]): Change[] {
    const then = new Map(this.facts(after).map(({ name, text }) => [name, text]));
    const now = new Map(this.facts(before).map(({ name, text }) => [name, text]));
    return [...new Set([...now.keys(), ...then.keys()])].flatMap((name): Change[] => {
      const [was, is] = [now.get(name) ?? "nothing", then.get(name) ?? "nothing"];
      return was === is ? [] : [{ name, before: was, after: is }];
    });
  }
}

/** Every address, role, dispute and gated function that calls name. */
export function namedIn(calls: readonly Call[], addresses: GovernedAddresses) {
  const accounts = new Set<string>();
  const roles = new Set<bigint>(Object.values(ROLES));
  const disputes = new Set<bigint>();
  const functions: { target: string; selector: string }[] = [];
  for (const { target, data } of withInnerCalls(calls, addresses)) {
    const name = nameOf(addresses, target) ?? "token";
    const abi = interfaceOf(name);
    const description = ((): ReturnType<typeof abi.parseTransaction> => {
      try {
        const found = abi.parseTransaction({ data });
        found?.args.toArray(true); // texts that are no UTF-8 throw when they are read
        return found;
      } catch {
        return null;
      }
    })();
    if (data === "0x") accounts.add(target);
    if (description === null) continue;
    walk(description.args, (value, field) => {
      if (typeof value === "string" && isAddress(value) && value !== ZeroAddress) accounts.add(value);
      if (field === "roleId" && typeof value === "bigint") roles.add(value);
      if (field === "disputeId" && typeof value === "bigint") disputes.add(value);
    });
    if (name === "accessManager" && description.name === "setTargetFunctionRole") {
      const [gated, selectors] = description.args as unknown as [string, Iterable<string>];
      for (const selector of selectors) functions.push({ target: gated, selector });
    }
  }
  return { accounts: [...accounts], roles: [...roles], disputes: [...disputes], functions };
}

function walk(result: Result, visit: (value: unknown, field: string) => void): void {
  const fields = result.toObject() as Record<string, unknown>;
  const names = Object.keys(fields);
  [...result].forEach((value: unknown, index) => {
    if (Array.isArray(value)) walk(value as unknown as Result, visit);
    else visit(value, names[index] ?? "");
  });
}

/** How many versions calls may add. */
export function publicationsIn(calls: readonly Call[]): number {
  const publish = [
    INTERFACES.market.getFunction("publishTerms").selector,
    INTERFACES.disputes.getFunction("publishRules").selector,
  ];
  return calls.filter(({ data }) => publish.some((selector) => data.startsWith(selector))).length;
}
