import type { CommandGroup } from "../command";
import { cancel, speedUp } from "./tx/replace";
import { show } from "./tx/show";

export const tx: CommandGroup = {
  name: "tx",
  summary: "transactions of your key that wait: what became of them, push them, or cancel them",
  commands: [show, speedUp, cancel],
};
