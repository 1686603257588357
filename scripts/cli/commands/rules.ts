import { z } from "zod";

import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  CLAIM_LIFE,
  DECISION_WINDOW,
  MOST_FAULT_AGE,
  RULING_WINDOW,
} from "../../../sdk/disputes";
import type { Published } from "../../../sdk/governance/contracts";
import {
  formatSetting,
  SETTING_KEYS,
  type SettingKey,
  settingOf,
  type SettingValue,
} from "../../../sdk/governance/settings";
import { formatBps, formatDuration } from "../../../sdk/units";
import { command, type CommandGroup } from "../command";
import { money, sections, table } from "../format";
import { readFacts } from "../governance/facts";
import type { Session } from "../session";

/** A value that is in force. */
interface Rule {
  readonly name: string;
  /** As `propose` takes it. */
  readonly now: string;
  /** Between what governance can set it; "" where it is an account, or fixed. */
  readonly bounds: string;
  /** How it is changed; "" where nothing changes it. */
  readonly proposal: string;
}

/** The values that contracts other than the market and the disputes keep, by setter. */
async function readSetters(session: Session): Promise<Readonly<Record<string, bigint>>> {
  const { staking, governor, timelock } = await session.handles();
  const read = {
    setUnbondingDelay: staking.unbondingDelay(),
    setVotingDelay: governor.votingDelay(),
    setVotingPeriod: governor.votingPeriod(),
    setProposalThreshold: governor.proposalThreshold(),
    updateQuorumNumerator: governor["quorumNumerator()"](),
    setLateQuorumVoteExtension: governor.lateQuorumVoteExtension(),
    updateDelay: timelock.getMinDelay(),
  };
  return Object.fromEntries(await Promise.all(Object.entries(read).map(async ([name, value]) => [name, await value])));
}

/** A setting with what it is now, and between what it can be set. */
function ruleOf(key: SettingKey, published: Published, setters: Readonly<Record<string, bigint>>): Rule {
  const { home, words, least, most } = settingOf(key);
  const groups: Readonly<Record<string, object>> = { ...published };
  const values: Readonly<Record<string, unknown>> = "field" in home ? { ...groups[home.in] } : setters;
  const value = values["field" in home ? home.field : home.setter] as SettingValue;
  const now = formatSetting(key, value);
  const bounds =
    least === undefined || most === undefined ? "" : `${formatSetting(key, least)} to ${formatSetting(key, most)}`;
  return { name: words, now, bounds, proposal: `set ${words} ${now}` };
}

/** What no vote changes. */
async function readFixed(session: Session): Promise<Rule[]> {
  const { lens, liveness, market } = await session.handles();
  const [constants, grace, allowance] = await Promise.all([
    lens.constants(),
    liveness.GRACE(),
    market.OUTAGE_ALLOWANCE(),
  ]);
  const times = [
    ["grace of a heartbeat", grace],
    ["dark time that a lease allows", allowance],
    ["window of a renewal, before the end", constants.renewalWindow],
    ["until renewals pay a raise", constants.raiseDelay],
    ["longest pause", constants.maxPause],
    ["a fault can be claimed for", MOST_FAULT_AGE],
    ["answer to a claim", ANSWER_WINDOW],
    ["ruling of the council", RULING_WINDOW],
    ["appeal", APPEAL_WINDOW],
    ["decision of an appeal", DECISION_WINDOW],
    ["a claim lives for", CLAIM_LIFE],
  ] as const;
  const parts = [
    ["service credit at most, of the collateral", constants.creditDivisor],
    ["cost of declining, of the no-show penalty", constants.declineDivisor],
  ] as const;
  const fixed = (name: string, now: string): Rule => ({ name, now, bounds: "", proposal: "" });
  return [
    ...times.map(([name, seconds]) => fixed(name, formatDuration(seconds))),
    ...parts.map(([name, divisor]) => fixed(name, formatBps(10_000n / divisor))),
  ];
}

/** Tokens that leases can be paid in. */
async function readTokens(session: Session) {
  const [{ market }, tokens] = await Promise.all([session.handles(), session.tokens()]);
  return Promise.all(
    (await tokens.listed()).map(async (token) => {
      const { minimumLock, bounty } = await market.tokenTermsOf(token.address);
      return { token, minimumLock, bounty };
    }),
  );
}

const show = command({
  usage: "rules",
  summary: "every parameter in force: its value, and between what governance can set it",
  details: `What the market's terms say holds for leases opened from now on: a lease keeps the terms under which it was opened.
Values are written as leasehold propose takes them: leasehold propose "set fee 2 %"`,
  input: z.object({}),
  async run(session) {
    const [{ published }, setters, fixed, listed] = await Promise.all([
      readFacts(session),
      readSetters(session),
      readFixed(session),
      readTokens(session),
    ]);
    const settable = SETTING_KEYS.map((key) => ruleOf(key, published, setters));
    const tokens = listed.map(({ token, minimumLock, bounty }) => [
      token.symbol,
      money(minimumLock, token),
      money(bounty, token),
      token.address,
    ]);
    const text = sections(
      table(
        ["rule", "now", "can be set to"],
        settable.map(({ name, now, bounds }) => [name, now, bounds]),
      ),
      table(
        ["fixed in the contracts", "value"],
        fixed.map(({ name, now }) => [name, now]),
      ),
      tokens.length === 0
        ? "No payment token is listed."
        : table(["token", "least lock", "bounty", "address"], tokens, [1, 2]),
    );
    const data = {
      rules: settable,
      fixed: fixed.map(({ name, now }) => ({ name, now })),
      tokens: listed.map(({ token, minimumLock, bounty }) => ({
        token: token.address,
        symbol: token.symbol,
        minimumLock,
        bounty,
      })),
    };
    return { data, text };
  },
});

/** What holds. */
export const rules: CommandGroup = { name: "rules", summary: show.summary, itself: show, commands: [] };
