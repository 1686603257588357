import { ZeroAddress } from "ethers";

import { MarketLens__factory } from "../../typechain-types";
import type { Head } from "../core/events";
import type { DueLease } from "../core/leaseViews";
import type { Adopter } from "../store/chainState";
import type { ChainApi } from "./api";
import { checksummed } from "./checksum";

const lens = MarketLens__factory.createInterface();
/** As the contracts number what is due. */
const EXPIRE = 0n;

/** Leases that one call looks at, at most, and at least: each costs the node some 20,000 gas. */
const MOST_SCANNED = 512n;
const LEAST_SCANNED = 8n;
/** Blocks between two pages of one round, and from the end of a round to the next one. */
const PAGE_EVERY = 8;
const ROUND_EVERY = 64;

/**
 * Asks the contracts themselves, page by page, which leases are due, and adds those of which the logs did not tell: a node
 * that leaves a log out for good hides no lease. One call in eight blocks; in each block after a gap was found. It never
 * fails: what it does not learn now, the next page tells.
 */
export class Reconciler {
  private nextAt = 0;
  private cursor = 0n;
  private scan = MOST_SCANNED;
  private isUrgent = false;

  constructor(
    private readonly network: Pick<ChainApi, "call">,
    private readonly lensAddress: string,
    private readonly state: Adopter,
    private readonly tell: (leases: readonly string[]) => void = () => undefined,
  ) {}

  /** Something was left out: a whole round, a page with every block, from now on. */
  hurry(): void {
    this.isUrgent = true;
    this.nextAt = 0;
  }

  async look(head: Pick<Head, "number">): Promise<void> {
    if (head.number < this.nextAt) return;
    const page = await this.page();
    if (page === undefined) {
      this.nextAt = head.number + 1;
      return;
    }
    const added = await this.state.adopt(page.due);
    if (added.length > 0) this.tell(added);
    this.cursor = page.next;
    const isOver = page.next === 0n;
    this.nextAt = head.number + (isOver ? ROUND_EVERY : this.isUrgent ? 1 : PAGE_EVERY);
    if (isOver) this.isUrgent = false;
    if (this.scan < MOST_SCANNED) this.scan *= 2n;
  }

  /** Undefined where the nodes do not tell; the next one is smaller then. */
  private async page(): Promise<{ readonly due: readonly DueLease[]; readonly next: bigint } | undefined> {
    const data = lens.encodeFunctionData("dueLeases", [this.cursor, this.scan]);
    try {
      const answer = await this.network.call({ from: ZeroAddress, to: this.lensAddress, data });
      const [due, next] = lens.decodeFunctionResult("dueLeases", answer) as unknown as [readonly Row[], bigint];
      return { due: due.map(dueLeaseOf), next };
    } catch {
      // Refused, too large, or no list at all: it is asked again, and the logs are followed meanwhile.
      if (this.scan > LEAST_SCANNED) this.scan /= 2n;
      return undefined;
    }
  }
}

type Row = readonly [leaseId: bigint, duty: bigint, dueSince: bigint, token: string, bounty: bigint];

function dueLeaseOf([leaseId, duty, dueSince, token, bounty]: Row): DueLease {
  const kind = duty === EXPIRE ? "expire" : "cancelNoShow";
  return { leaseId, duty: kind, dueSince: Number(dueSince), token: checksummed(token.toLowerCase()), bounty };
}
