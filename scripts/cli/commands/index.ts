import type { CommandGroup } from "../command";
import { completion } from "./completion";
import { dispute } from "./dispute";
import { doctor } from "./doctor";
import { GOVERNANCE } from "./governance";
import { holdGroup } from "./hold";
import { KEEPER } from "./keeper";
import { keys } from "./keys";
import { lease } from "./lease";
import { offers } from "./offers";
import { order } from "./order";
import { playground } from "./playground";
import { profiles } from "./profiles";
import { provider } from "./provider";
import { quotes } from "./quotes";
import { rules } from "./rules";
import { tenant } from "./tenant";
import { tx } from "./tx";

/** All groups of commands, in the order of the help. */
export const GROUPS: readonly CommandGroup[] = [
  tenant,
  provider,
  offers,
  quotes,
  lease,
  order,
  dispute,
  ...GOVERNANCE,
  rules,
  holdGroup,
  keys,
  KEEPER,
  tx,
  doctor,
  playground,
  completion,
  profiles,
];
