import { isTrusted } from "../../sdk/find/fit";
import type { Offer } from "../../sdk/offers";
import { Failure } from "./failure";
import type { Session } from "./session";

/** With what offers of strangers' modules are taken all the same. */
export const ANY_SLASHER_OPTION = [
  "--any-slasher",
  "take offers of slashing modules that the address book does not know, too: theirs can empty the collateral",
] as const;

/** Slashing modules that the address book knows. */
export async function trustedSlashers(session: Session): Promise<string[]> {
  const { disputes } = await session.handles();
  return [await disputes.getAddress()];
}

/** An offer, as far as its slashing module goes; `id` 0: it is not made yet. */
type Judged = Pick<Offer, "id" | "slasher">;

/**
 * Fails where an offer names a slashing module that the address book does not know, unless that is asked for: while a lease
 * runs, such a module can give three quarters of the collateral to whomever it likes.
 */
export async function requireTrusted(session: Session, offers: readonly Judged[], anySlasher: boolean): Promise<void> {
  if (anySlasher) return;
  const slashers = await trustedSlashers(session);
  const lines = offers
    .filter((offer) => !isTrusted(offer, { slashers }))
    .map(({ id, slasher }) => {
      const which = id === 0n ? "the quote's offer" : `offer ${id}`;
      return `${which} names slashing module ${slasher}, which the address book does not know: it can give most of the collateral away while the lease runs`;
    });
  if (lines.length > 0) {
    throw new Failure("refused", `${lines.join("\n")}\nadd --any-slasher to take the risk`);
  }
}
