import type { CommandGroup } from "../command";
import { decide, fee, recuse, rule } from "./dispute/council";
import { list, show } from "./dispute/look";
import { raise } from "./dispute/raise";
import { answer, appeal, carryOut, concede, withdraw } from "./dispute/sides";

/** Claims about leases, from the filing to the last fee. */
export const dispute: CommandGroup = {
  name: "dispute",
  summary: "claim a fault of a lease's provider; answer, rule on, appeal and execute claims",
  commands: [raise, answer, concede, withdraw, rule, recuse, appeal, decide, carryOut, fee, show, list],
};
