import { parseAmount } from "../../sdk/units";
import { Failure, toFailure } from "./failure";
import type { Session } from "./session";
import type { Step } from "./steps";

/**
 * Leaves out the transactions of which the node says that they would do nothing: those of functions that answer for how many
 * leases they did something. Fails where nothing is left.
 */
export async function withEffect(session: Session, steps: readonly Step[], why: string): Promise<Step[]> {
  const [provider, from] = await Promise.all([session.provider(), session.account()]);
  const counts = await Promise.all(
    steps.map(async ({ to, data, interface: abi, fragment, token }) => {
      const answer = await provider.call({ from, to, data }).catch((error: unknown) => {
        throw toFailure(error, session.lexicon(token));
      });
      return abi.decodeFunctionResult(fragment, answer)[0] as bigint;
    }),
  );
  const left = steps.filter((_, index) => counts[index] !== 0n);
  if (left.length === 0) throw new Failure("refused", `${why}; nothing was sent`);
  return left;
}

/** An amount in base units; fails where it is nothing: a transaction would be paid for that changes nothing. */
export function someAmount(text: string, decimals: number, what?: string): bigint {
  const amount = parseAmount(text, decimals, what);
  if (amount === 0n) throw new Failure("usage", "an amount of 0 changes nothing: write more than 0");
  return amount;
}

/** Fails where all that there is is nothing. */
export function requireSome(amount: bigint, why: string): void {
  if (amount === 0n) throw new Failure("refused", `${why}; nothing was sent`);
}

/** Fails where a value is set already. */
export function requireChange(isSame: boolean, what: string): void {
  if (isSame) throw new Failure("refused", `${what} already; nothing was sent`);
}

/** Asks what the tokens are called that transactions are about: a refusal is said in their units. */
export async function describeTokens(session: Session, steps: readonly Step[]): Promise<void> {
  const tokens = await session.tokens();
  const named = new Set(steps.flatMap(({ token }) => (token === undefined ? [] : [token])));
  await Promise.all([...named].map((token) => tokens.describe(token)));
}

/** Contracts of others, in the names of decoded errors: what they say may come from an approval that is not there yet. */
const OTHERS: readonly string[] = ["unknown", "ERC20", "SafeERC20", "Solidity", "OpenZeppelin"];

/**
 * Fails where the last of some transactions would be refused for a reason that the approvals before it do not change: an
 * approval that nothing uses would be left. Only what the protocol's own contracts refuse is known to be such a reason.
 */
export async function requireUseful(session: Session, steps: readonly Step[]): Promise<void> {
  const [last, ...before] = [...steps].reverse();
  if (last === undefined || before.length === 0 || before.some(({ fragment }) => fragment.name !== "approve")) return;
  const [provider, from] = await Promise.all([session.provider(), session.account()]);
  try {
    await provider.call({ from, to: last.to, data: last.data });
  } catch (error) {
    const failure = toFailure(error, session.lexicon(last.token));
    if (failure.kind !== "refused") throw failure;
    if (failure.revert !== undefined && !OTHERS.includes(failure.revert.contract)) throw failure;
  }
}
