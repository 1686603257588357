import { getAddress } from "ethers";

import { CONTRACT_NAMES, type ContractName } from "../../sdk/addressBook";
import { SETTING_KEYS, type SettingKey, settingOf, type SettingValue } from "../../sdk/governance/settings";
import type { Parameters } from "../parameters";
import type { Addresses, Plan } from "../plan";
import { governorSettingsOf, PROTOCOL, rulesOf, termsOf } from "../protocol";

/** Settings that have setters of their own: governor, timelock and staking. */
export const GOVERNANCE_SETTINGS = [
  "votingDelay",
  "votingPeriod",
  "threshold",
  "quorum",
  "lateExtension",
  "timelockDelay",
  "unbonding",
] as const satisfies readonly SettingKey[];
export type GovernanceSetting = (typeof GOVERNANCE_SETTINGS)[number];

/** A payment token that is listed from the start, amounts in base units. */
export type ReviewedToken = Pick<
  Parameters["tokens"][number],
  "symbol" | "address" | "decimals" | "minimumLock" | "bounty"
>;

/** What the network file says of all that a census compares, in the numbers of the chain. */
export interface Reviewed {
  readonly guardian: string;
  readonly council: readonly string[];
  readonly initialHolder: string;
  readonly tokens: readonly ReviewedToken[];
  /** Everything that governance sets, as the deployment sets it first. */
  readonly settings: Readonly<Record<SettingKey, SettingValue>>;
  /** What getters answer for ever, by contract. */
  readonly constants: Readonly<Partial<Record<ContractName, Readonly<Record<string, string>>>>>;
}

/** Fields of terms, weights or rules that a setting is a field of, by key. */
export function fieldsOf(home: "terms" | "weights" | "rules"): readonly (readonly [key: SettingKey, field: string])[] {
  return SETTING_KEYS.flatMap((key) => {
    const found = settingOf(key).home;
    return found.in === home ? [[key, found.field] as const] : [];
  });
}

/** A value of a struct as settings are: a checksummed address, or a number. */
export function settingValue(value: unknown): SettingValue {
  return typeof value === "string" ? getAddress(value) : BigInt(value as bigint | number);
}

/** The settings that a struct holds, by key. */
export function settingsIn(home: "terms" | "weights" | "rules", struct: object): [SettingKey, SettingValue][] {
  return fieldsOf(home).map(([key, field]) => [key, settingValue(Reflect.get(struct, field))]);
}

/** Getters that tell what governance can change: a census reads them with whoever changed them. */
const CHANGEABLE: readonly string[] = ["authority"];

function constantsOf(parameters: Parameters, at: Addresses, plan: Plan): Reviewed["constants"] {
  const entries = CONTRACT_NAMES.map((name) => {
    const entry = plan.contracts.find((contract) => contract.name === name);
    const facts = Object.entries(entry?.facts?.(parameters, at) ?? {});
    const fixed = facts.filter(([getter]) => !CHANGEABLE.includes(getter));
    return [name, Object.fromEntries(fixed.map(([getter, value]) => [getter, String(value)]))] as const;
  });
  return Object.fromEntries(entries);
}

/** What a network file says, as a census compares it. */
export function reviewedOf(parameters: Parameters, at: Addresses, plan: Plan = PROTOCOL): Reviewed {
  const { roles, disputes, tokens, terms, weights, staking, governance } = parameters;
  const governor = governorSettingsOf(governance);
  const settings = [
    ...settingsIn("terms", termsOf(terms, at.timelock)),
    ...settingsIn("weights", weights),
    ...settingsIn("rules", rulesOf(disputes, at.timelock)),
    ["unbonding", BigInt(staking.unbondingDelay)],
    ["votingDelay", BigInt(governor.votingDelay)],
    ["votingPeriod", BigInt(governor.votingPeriod)],
    ["threshold", governor.proposalThreshold],
    ["quorum", BigInt(governor.quorumPercent)],
    ["lateExtension", BigInt(governor.lateExtension)],
    ["timelockDelay", BigInt(governance.timelockDelay)],
  ] as const;
  return {
    guardian: roles.guardian,
    council: disputes.council,
    initialHolder: roles.initialHolder,
    tokens,
    settings: Object.fromEntries(settings) as Record<SettingKey, SettingValue>,
    constants: constantsOf(parameters, at, plan),
  };
}
