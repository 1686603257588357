import type { Addresses } from "../plan";
import type { Facts, Origin } from "./facts";
import { PUBLIC_ROLE, roleName } from "./names";

/**
 * What there is to say of a power. Information is no power: what users allowed, what waits, who holds HOLD.
 * Everything from `deployer` on fails the census.
 */
export type Standing =
  "as deployed" | "changed by governance" | "information" | "deployer" | "stranger" | "not as reviewed" | "unreadable";

/** Something that somebody can do, or that was set. */
export interface Power {
  readonly what: string;
  /** An address, `nobody`, `anybody`, `unknown`, the name of a role, or who set it. */
  readonly holder: string;
  /** Where it was read. */
  readonly found: string;
  readonly standing: Standing;
  /** Whether it reaches the money of the escrow's users. */
  readonly overEscrow: boolean;
  /** What it should be, where it is not as reviewed. */
  readonly meant?: string;
}

export const NOBODY = "nobody";
export const ANYBODY = "anybody";

export type Claim = Omit<Power, "standing" | "overEscrow" | "meant"> & {
  readonly origin: Origin;
  /** Whether the deployment is meant to leave it so. */
  readonly expected: boolean;
  readonly overEscrow?: boolean;
  /** What it should be: what is not expected then differs from the network file, and is nobody's power. */
  readonly meant?: string | undefined;
};

/** Who brought something about, where no address tells. */
export function originator(origin: Origin, at: Addresses): string {
  if (origin === "timelock") return at.timelock;
  return origin === "deployment" ? "the deployment" : "unknown";
}

/** What the judges of all parts have in common. */
export class Judge {
  constructor(protected readonly facts: Facts) {}

  protected power({ origin, expected, overEscrow = false, meant, ...told }: Claim): Power {
    const base = { ...told, overEscrow };
    if (told.holder === this.facts.deployer) return { ...base, standing: "deployer" };
    if (expected) return { ...base, standing: "as deployed" };
    if (origin === "timelock") return { ...base, standing: "changed by governance" };
    return meant === undefined ? { ...base, standing: "stranger" } : { ...base, standing: "not as reviewed", meant };
  }

  /** What somebody set, who is told by its origin alone. */
  protected set(claim: Omit<Claim, "holder"> & { readonly meant: string }): Power {
    return this.power({ ...claim, holder: originator(claim.origin, this.facts.at) });
  }

  protected information(what: string, holder: string, found: string): Power {
    return { what, holder, found, standing: "information", overEscrow: false };
  }

  /** Whether the holder is one of these contracts. */
  protected is(holder: string, ...names: readonly (keyof Addresses)[]): boolean {
    return names.some((name) => this.facts.at[name] === holder);
  }

  /** A role in the words of its members. */
  protected holdersOf(role: bigint): string {
    if (role === PUBLIC_ROLE) return ANYBODY;
    return `role ${roleName(role)}`;
  }
}
