import { ifAnswered } from "../../sdk/errors";
import { NO_PERMIT, permitDomain, signFunding, signPermit } from "../../sdk/funding";
import { plainAmount } from "../../sdk/units";
import { ERC20Permit__factory } from "../../typechain-types";
import type { IEscrow } from "../../typechain-types/contracts/escrow/Escrow";
import { allow } from "./actions";
import { Failure } from "./failure";
import { money } from "./format";
import type { PlannedOrder } from "./orders";
import type { Session } from "./session";
import { step, type Step } from "./steps";
import type { Token } from "./tokens";

/** Signatures are good for this long, in seconds. */
const SIGNATURE_LIFE = 1_800n;
const MOST_CEILING = 2n ** 120n - 1n;

/** What an account lacks to lock an amount. */
export interface Funding {
  /** To be deposited, base units. */
  readonly deposit: bigint;
  /** By how much the market's ceiling must rise, base units. */
  readonly raise: bigint;
  readonly ceiling: bigint;
}

/** Compares what the account has in escrow, and lets the market lock, with what a lease locks. */
export async function fundingOf(session: Session, token: Token, locks: bigint): Promise<Funding> {
  const [account, { lens }] = await Promise.all([session.account(), session.handles()]);
  const { free, locked, ceiling } = await lens.fundsOf(token.address, account);
  const needed = locked + locks;
  return {
    deposit: locks > free ? locks - free : 0n,
    raise: needed > ceiling ? needed - ceiling : 0n,
    ceiling: needed > ceiling ? needed : ceiling,
  };
}

function missing(token: Token, { deposit, raise }: Funding): Failure {
  const run = (verb: string, sum: bigint): string =>
    `leasehold tenant ${verb} ${plainAmount(sum, token.decimals)} --token ${token.symbol}`;
  const lines = [
    deposit === 0n ? "" : `${money(deposit, token)} are missing in your escrow account: ${run("deposit", deposit)}`,
    raise === 0n ? "" : `the market may lock ${money(raise, token)} too little: ${run("approve --more", raise)}`,
    "or add --fund to do it with the opening",
  ];
  return new Failure("refused", lines.filter(Boolean).join("\n"));
}

/** Fails with what to do where something is missing that nothing was said to bring. */
export function requireFunds(token: Token, funding: Funding, fund: boolean): void {
  if (!fund && (funding.deposit > 0n || funding.raise > 0n)) throw missing(token, funding);
}

/** How an opening is funded: out of what the account has, or by its signatures in the same transaction. */
export interface Means {
  /** Transactions that come first, for tokens without permits. */
  readonly before: readonly Step[];
  readonly label: string;
  /** Funding, its signature and permit; undefined where nothing is missing. */
  readonly signed: readonly [IEscrow.FundingStruct, string, IEscrow.PermitStruct] | undefined;
}

/** Signs what `funding` of so many leases lacks, if `fund` asks for it; fails with what to do where it does not. */
export async function meansOf(
  session: Session,
  token: Token,
  funding: Funding,
  fund: boolean,
  leases = 1,
): Promise<Means> {
  const opening = `open ${leases === 1 ? "a lease" : `${leases} leases`}`;
  if (funding.deposit === 0n && funding.raise === 0n) {
    return { before: [], label: sentence(opening), signed: undefined };
  }
  requireFunds(token, funding, fund);
  return signedMeans(session, token, funding, opening);
}

/** The transactions that open a lease: one, and one more for tokens without permits. */
export async function openSteps(
  session: Session,
  planned: PlannedOrder,
  funding: Funding,
  fund: boolean,
): Promise<Step[]> {
  const { market } = await session.handles();
  const { order, token, taken } = planned;
  const { before, label, signed } = await meansOf(session, token, funding, fund, taken.length);
  const last =
    signed === undefined
      ? step(label, market, market.open, [order], token.address)
      : step(label, market, market.openFunded, [order, ...signed], token.address);
  return [...before, await last];
}

/**
 * What lets the escrow pull `amount` in the transaction that needs it: a permit where the token takes one, else
 * transactions before it. Without a key, in a dry run, nothing can be signed.
 */
async function pullable(
  session: Session,
  token: Token,
  amount: bigint,
  deadline: bigint,
): Promise<{ before: Step[]; permit: IEscrow.PermitStruct | undefined }> {
  const { provider, handles, chainId } = await session.connection();
  const before = await allow(session, token, handles.escrow, "the escrow", amount);
  const contract = ERC20Permit__factory.connect(token.address, provider);
  const canSign = before.length > 0 && session.config.from === undefined;
  const domain = canSign ? await permitDomain(contract, chainId) : undefined;
  if (domain === undefined) return { before, permit: undefined };
  const spender = await handles.escrow.getAddress();
  const permit = await signPermit(await session.signer(), contract, domain, { spender, value: amount, deadline });
  // Some tokens have the domain and the nonces of such permits, and another function for them, or none: the escrow goes on
  // without a permit that is refused, and has no allowance then.
  const account = await session.account();
  const deposit = handles.escrow.depositWithPermit.staticCall(token.address, account, amount, permit, {
    from: account,
  });
  const works = (await ifAnswered(deposit, () => undefined)) !== undefined;
  return works ? { before: [], permit } : { before, permit: undefined };
}

const deadlineFrom = async (session: Session): Promise<bigint> => BigInt(await session.now()) + SIGNATURE_LIFE;

/** The transactions that deposit `amount` for an account. */
export async function depositSteps(
  session: Session,
  token: Token,
  beneficiary: string,
  amount: bigint,
  label: string,
): Promise<Step[]> {
  const { escrow } = await session.handles();
  const { before, permit } = await pullable(session, token, amount, await deadlineFrom(session));
  const args: [string, string, bigint] = [token.address, beneficiary, amount];
  const last =
    permit === undefined
      ? step(label, escrow, escrow.deposit, args, token.address)
      : step(label, escrow, escrow.depositWithPermit, [...args, permit], token.address);
  return [...before, await last];
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

async function signedMeans(session: Session, token: Token, funding: Funding, opening: string): Promise<Means> {
  const [{ handles, chainId }, signer, deadline] = await Promise.all([
    session.connection(),
    session.signer(),
    deadlineFrom(session),
    session.requireTrusted(),
  ]);
  const { market, escrow } = handles;
  const [account, escrowAddress, module] = await Promise.all([
    session.account(),
    escrow.getAddress(),
    market.getAddress(),
  ]);
  const { nonce } = await escrow.moduleAccount(module, token.address, account);
  const { deposit } = funding;
  const ceiling = funding.ceiling > MOST_CEILING ? MOST_CEILING : funding.ceiling;
  const message = { account, token: token.address, module, ceiling, deposit, nonce, deadline };

  const { before, permit } =
    deposit === 0n ? { before: [], permit: undefined } : await pullable(session, token, deposit, deadline);
  const signature = await signFunding(signer, escrowAddress, chainId, message);
  const label = sentence(`${deposit > 0n ? `deposit ${money(deposit, token)}, ` : ""}approve and ${opening}`);
  return { before, label, signed: [message, signature, permit ?? NO_PERMIT] };
}
