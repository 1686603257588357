import { type BaseContract, MaxUint256 } from "ethers";

import { ifAnswered } from "../../sdk/errors";
import { ERC20Permit__factory } from "../../typechain-types";
import { Failure } from "./failure";
import { money } from "./format";
import type { Session } from "./session";
import { step, type Step } from "./steps";
import type { Token } from "./tokens";

/** Leases of one transaction: far below any block's gas. */
const BATCH = 100;

/** Splits a list into what fits one transaction each. */
export function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );
}

/**
 * What lets `spender` take `amount` out of the account's wallet: nothing where it may already. Fails where the wallet
 * has too little. Some tokens change an allowance only by way of zero: one that refuses is set to zero first.
 */
export async function allow(
  session: Session,
  token: Token,
  spender: BaseContract,
  name: string,
  amount: bigint,
): Promise<Step[]> {
  const [account, provider, spenderAddress] = await Promise.all([
    session.account(),
    session.provider(),
    spender.getAddress(),
    session.requireTrusted(),
  ]);
  const contract = ERC20Permit__factory.connect(token.address, provider);
  const [balance, allowance] = await Promise.all([
    contract.balanceOf(account),
    contract.allowance(account, spenderAddress),
  ]);
  if (balance < amount) {
    throw new Failure("refused", `your wallet has ${money(balance, token)}, ${money(amount, token)} are needed`);
  }
  if (allowance >= amount) return [];
  const label = `Let ${name} take ${amount === MaxUint256 ? "any amount" : money(amount, token)} out of the wallet`;
  const approve = await step(label, contract, contract.approve, [spenderAddress, amount], token.address);
  if (allowance === 0n) return [approve];
  const request = { from: account, to: approve.to, data: approve.data };
  const taken = await ifAnswered(provider.call(request), () => undefined);
  if (taken !== undefined) return [approve];
  const reset = await step(
    `Set the allowance of ${name} to zero first`,
    contract,
    contract.approve,
    [spenderAddress, 0n],
    token.address,
  );
  return [reset, approve];
}

/** HOLD as a token. */
export async function holdToken(session: Session): Promise<Token> {
  const [tokens, { hold }] = await Promise.all([session.tokens(), session.handles()]);
  return tokens.describe(await hold.getAddress());
}
