import { Broken } from "./broken";
import type { Scene } from "./checks";

/** What an operator's key alone can do. */
const BY_OPERATOR = ["heartbeat", "activate"];
/** What moves bond, or payment tokens. */
const MOVES = [
  ...["Penalised", "Reserved", "Released", "Unbonded", "Seized"],
  ...["Settled", "Locked", "LockedFor", "LockedAndPaid", "LockMoved", "Withdrawn", "Transfer"],
];

/** INV-OPR-1: calls of operators move nothing; of penalties that they can bring about, `Stories` holds who gets them. */
export function checkOperators({ calls, cast, count }: Scene): void {
  for (const { command, outcome } of calls) {
    if (!outcome.ok || !BY_OPERATOR.includes(command.call.fn)) continue;
    const move = outcome.logs.find(({ name }) => MOVES.includes(name));
    if (move !== undefined) {
      throw new Broken(
        "INV-OPR-1",
        `${command.call.fn} by ${cast.nameOf(command.call.by)} moves something: ${move.name}`,
      );
    }
    count("INV-OPR-1");
  }
}
