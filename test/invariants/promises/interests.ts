import { LeaseStatus } from "../../helpers/leases";
import type { Cast } from "../driver/cast";
import { Broken } from "./broken";
import type { History } from "./history";
import type { Mirror } from "./mirror";
import type { LeaseStory } from "./stories";

const X32 = 2n ** 32n;
const BPS = 10_000n;

/**
 * INV-LSE-8, for those who are honest and when everybody has left: a tenant paid no more than its leases came to, live second
 * by live second at the rates that it agreed to, with their bounties; a provider has what its leases earned, less the fee and
 * what upheld claims gave back. Whatever else somebody gave them is more than that.
 */
export function checkInterests(
  mirror: Mirror,
  history: History,
  cast: Cast,
  before: ReadonlyMap<string, bigint>,
): void {
  for (const account of cast.honest) {
    // What the third token burns on its way into the escrow and out of it is nobody's.
    for (const token of cast.tokens.slice(0, 2)) {
      let fair = history.failOvers.of(token, account);
      for (const [id, lease] of history.leases) {
        if (lease.token !== token) continue;
        const started = mirror.field(`lease/${id}`, "status") === LeaseStatus.Released;
        if (lease.provider === account && started) fair += netOf(lease);
        const isTenant = lease.tenants.has(account);
        if (isTenant) fair -= (started ? wholeOf(lease) - lease.returned : 0n) + lease.bounty;
      }
      const gain = mirror.amount(`wallet/${token}/${account}`) - before.get(`wallet/${token}/${account}`)!;
      if (gain < fair) {
        throw new Broken(
          "INV-LSE-8",
          `${cast.nameOf(account)} gained ${gain} of ${cast.nameOf(token)}, ${fair} are fair`,
        );
      }
    }
  }
}

/** All rates times live seconds. */
const wholeOf = ({ product, rate, billed }: LeaseStory): bigint => (product + rate * billed) / X32;

/** Less the fee, rounded against the provider; the fee on each claim's earnings is rounded by itself. */
function netOf(lease: LeaseStory): bigint {
  const { product, feeProduct, feeBps, returned, claimed } = lease;
  const last = wholeOf(lease) - product / X32;
  const fee = (feeProduct + last * feeBps) / BPS;
  return wholeOf(lease) - returned - fee - claimed - 1n;
}
