import { ZeroAddress } from "ethers";

import type { Weights } from "../../helpers/money";
import { refuse } from "./plain";
import type { Touch } from "./tokens";

const HOUR = 3_600n;
const DAY = 86_400n;

export interface Terms {
  treasury: string;
  feeBps: bigint;
  toleranceBps: bigint;
  noShowBps: bigint;
  noticePeriod: bigint;
  activationWindow: bigint;
  creditPeriod: bigint;
}

export interface TokenTerms {
  minimumLock: bigint;
  bounty: bigint;
  number: bigint;
  listing: bigint;
  listed: boolean;
}

/** Who may call what governance gates. */
export interface Powers {
  admin: string;
  guardian: string;
}

const UNLISTED: TokenTerms = { minimumLock: 0n, bounty: 0n, number: 0n, listing: 0n, listed: false };

/** Versions of terms, listings of tokens, the pause. Versions and listings are kept for ever. */
export class ParametersModel {
  readonly versions: { terms: Terms; weights: Weights }[] = [];
  readonly listings: { token: string; bounty: bigint }[] = [];
  readonly #tokens = new Map<string, TokenTerms>();
  pausedUntil = 0n;
  /** Nobody has a role any more. */
  revoked = false;

  constructor(
    private readonly powers: Powers,
    /** Contracts that could never spend what they get as a treasury. */
    private readonly unfit: readonly string[],
    private readonly touch: Touch,
  ) {}

  get currentVersion(): bigint {
    return BigInt(this.versions.length);
  }

  get current(): { terms: Terms; weights: Weights } {
    return this.versions.at(-1)!;
  }

  tokenTerms(token: string): TokenTerms {
    return this.#tokens.get(token) ?? UNLISTED;
  }

  get tokens(): string[] {
    return [...this.#tokens.keys()];
  }

  requireAdmin(by: string): void {
    if (by !== this.powers.admin || this.revoked) refuse("AccessManagedUnauthorized", by);
  }

  requireNotPaused(now: bigint): void {
    if (now < this.pausedUntil) refuse("MarketPaused", this.pausedUntil, now);
  }

  publish(terms: Terms, weights: Weights): void {
    const { treasury } = terms;
    if (treasury === ZeroAddress || this.unfit.includes(treasury)) refuse("MarketInvalidTreasury", treasury);
    requireWithin("feeBps", terms.feeBps, 0n, 1_000n);
    requireWithin("toleranceBps", terms.toleranceBps, 0n, 1_000n);
    requireWithin("noShowBps", terms.noShowBps, 0n, 2_500n);
    requireWithin("noticePeriod", terms.noticePeriod, HOUR, 30n * DAY);
    requireWithin("activationWindow", terms.activationWindow, 300n, DAY);
    requireWithin("creditPeriod", terms.creditPeriod, DAY, 365n * DAY);
    this.versions.push({ terms, weights });
    this.touch("terms", this.currentVersion.toString());
    this.touch("weights", this.currentVersion.toString());
    this.touch("currentVersion");
  }

  list(token: string, minimumLock: bigint, bounty: bigint): void {
    requireWithin("bounty", bounty, 0n, minimumLock);
    const known = this.#tokens.get(token)?.number;
    this.listings.push({ token, bounty });
    this.#tokens.set(token, {
      minimumLock,
      bounty,
      number: known ?? BigInt(this.#tokens.size + 1),
      listing: BigInt(this.listings.length),
      listed: true,
    });
    this.touch("tokenTerms", token);
    this.touch("listing", this.listings.length.toString());
  }

  delist(token: string): void {
    if (!this.tokenTerms(token).listed) refuse("MarketTokenNotListed", token);
    this.#tokens.set(token, { ...this.tokenTerms(token), listed: false });
    this.touch("tokenTerms", token);
  }

  pause(by: string, duration: bigint, now: bigint): void {
    if (by !== this.powers.guardian || this.revoked) refuse("AccessManagedUnauthorized", by);
    requireWithin("pause", duration, 0n, 7n * DAY);
    this.pausedUntil = now + duration;
    this.touch("pausedUntil");
  }
}

function requireWithin(name: string, value: bigint, lowest: bigint, highest: bigint): void {
  if (value < lowest || value > highest) refuse("MarketParameterOutOfBounds", name, value, lowest, highest);
}
