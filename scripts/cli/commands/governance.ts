import type { CommandGroup } from "../command";
import { cancel, carryOut, queue } from "./governance/carry";
import * as guard from "./governance/guardian";
import { list, show } from "./governance/look";
import { delegate, power } from "./governance/power";
import { appeal, propose } from "./governance/propose";
import { vote } from "./governance/vote";

/** What holders of HOLD do: groups of one command each are named by it. */
export const GOVERNANCE: readonly CommandGroup[] = [
  { name: "delegate", summary: delegate.summary, itself: delegate, commands: [] },
  { name: "power", summary: power.summary, itself: power, commands: [] },
  { name: "propose", summary: propose.summary, itself: propose, commands: [appeal] },
  {
    name: "proposals",
    summary: "proposals of governance: look at them, queue, execute, or take your own back",
    commands: [list, show, queue, carryOut, cancel],
  },
  { name: "vote", summary: vote.summary, itself: vote, commands: [] },
  { name: "guardian", summary: guard.show.summary, itself: guard.show, commands: [guard.pause, guard.resume] },
];
