import type { Session } from "../session";
import { explainRevert } from "../../../sdk/errors";
import { type Call, decodeCalls, type DecodedCall, type Facts, tokensOfCalls } from "../../../sdk/governance/calls";
import { interfaceOf, nameOf } from "../../../sdk/governance/contracts";
import { CannotSimulate, type Rpc, simulate, type Simulated } from "../../../sdk/governance/simulation";
import { type Change, namedIn, publicationsIn, StateViews } from "../../../sdk/governance/views";
import { formatInstant } from "../../../sdk/units";
import { Failure } from "../failure";
import { sections, table } from "../format";
import { readVocabulary } from "./facts";

/** Calls in words. */
export async function describeCalls(session: Session, calls: readonly Call[], facts: Facts): Promise<DecodedCall[]> {
  const vocabulary = await readVocabulary(session, facts, tokensOfCalls(calls, facts.addresses));
  return decodeCalls(calls, facts, vocabulary);
}

/** What a proposal would do if it were carried out at some time. */
export interface Impact {
  /** Unix seconds that it was simulated at. */
  readonly at: number;
  readonly changes: readonly Change[];
  /** Why it would be refused. */
  readonly refusal?:
    { readonly call: number | undefined; readonly name: string; readonly sentence: string } | undefined;
  readonly gas: bigint;
  /** Events that it would leave, of contracts that are known. */
  readonly events: readonly {
    readonly contract: string;
    readonly name: string;
    readonly args: Record<string, unknown>;
  }[];
}

function rpcOf(provider: object): Rpc {
  if ("send" in provider && typeof provider.send === "function") {
    const send = provider.send.bind(provider) as Rpc["send"];
    return { send };
  }
  throw new CannotSimulate("the connection takes no questions of one's own");
}

function eventsOf({ logs }: Simulated, { addresses }: Facts): Impact["events"] {
  return logs.flatMap(({ address, topics, data }) => {
    const name = nameOf(addresses, address) ?? "token";
    try {
      const parsed = interfaceOf(name).parseLog({ topics: [...topics], data });
      // What the timelock says about every execution is no news.
      if (parsed === null || ["CallExecuted", "CallScheduled"].includes(parsed.name)) return [];
      return [{ contract: name, name: parsed.name, args: parsed.args.toObject(true) }];
    } catch {
      return []; // a text that is no UTF-8
    }
  });
}

/** Has the node carry calls out as the timelock would, at `at` or as soon as it could. Throws CannotSimulate. */
export async function readImpact(session: Session, calls: readonly Call[], facts: Facts, at: number): Promise<Impact> {
  const [provider, handles, now, tokens] = await Promise.all([
    session.provider(),
    session.handles(),
    session.now(),
    session.tokens(),
  ]);
  const { addresses } = facts;
  const named = namedIn(calls, addresses);
  const [delay, terms, rules, vocabulary] = await Promise.all([
    handles.timelock.getMinDelay().then(Number),
    handles.market.currentTermsVersion().then(Number),
    handles.disputes.currentRules().then(Number),
    readVocabulary(session, facts, [...tokensOfCalls(calls, addresses)]),
  ]);
  const views = new StateViews({
    addresses,
    tokens: vocabulary.tokens,
    accounts: [...new Set([addresses.timelock, ...named.accounts])],
    roles: named.roles,
    disputes: named.disputes,
    functions: named.functions,
    termsVersion: terms,
    rulesVersion: rules,
    more: publicationsIn(calls),
  });
  session.progress("simulating the proposal");
  const { timelock, governor } = addresses;
  const result = await simulate(rpcOf(provider), {
    timelock,
    governor,
    calls,
    questions: views.questions(),
    now,
    delay,
    at,
  });
  const { refusal } = result;
  // An error of a token does not name it.
  const refused = refusal?.call === undefined ? undefined : calls[refusal.call]?.target;
  const lexicon = { ...session.lexicon(refused), tokens: tokens.words };
  const explained = refusal === undefined ? undefined : explainRevert(refusal.data, lexicon);
  return {
    at: Math.max(at, now + 1 + delay),
    changes: views.changes(result.before, result.after),
    refusal:
      explained === undefined ? undefined : { call: refusal?.call, name: explained.name, sentence: explained.sentence },
    gas: result.gas,
    events: eventsOf(result, facts),
  };
}

/** What would change, for people. `decoded`: the calls in words, to name the one that is refused. */
export function impactText({ at, changes, refusal, events }: Impact, decoded: readonly DecodedCall[]): string {
  if (refusal !== undefined) {
    const culprit = refusal.call === undefined ? undefined : decoded[refusal.call]?.sentences.join(", ");
    const which = culprit === undefined ? "" : `"${culprit}" `;
    return `It could not be carried out: ${which}would be refused: ${refusal.sentence}.`;
  }
  const heading = `Carried out at ${formatInstant(at)}, as the chain is now, it would change:`;
  if (changes.length > 0) {
    const rows = changes.map(({ name, before, after }) => [name, before, after]);
    return sections(heading, table(["what", "now", "then"], rows));
  }
  if (events.length === 0) return "It would change nothing, as the chain is now.";
  const said = events.map(({ contract, name }) => `${name} of ${contract}`).join(", ");
  return `It would change nothing that governance sets, and leave these events: ${said}.`;
}

/** The impact, or why it is not known; exit code 4 belongs to the latter. */
export async function tryImpact(
  session: Session,
  calls: readonly Call[],
  facts: Facts,
  at: number,
): Promise<Impact | CannotSimulate> {
  try {
    return await readImpact(session, calls, facts, at);
  } catch (error) {
    if (error instanceof CannotSimulate) return error;
    throw error;
  }
}

export function unknownText({ message }: CannotSimulate): string {
  return `What it would change is not known: ${message}. Another node can tell: --rpc.`;
}

/** Fails where a proposal would be refused when it is carried out. */
export function requireCarriable(impact: Impact, decoded: readonly DecodedCall[]): void {
  if (impact.refusal === undefined) return;
  const message = `${impactText(impact, decoded)} Add --anyway to propose it all the same`;
  throw new Failure("refused", message);
}
