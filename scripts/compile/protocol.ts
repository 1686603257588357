import { PROTOCOL } from "../../deploy/protocol";
import { compileContracts } from "./compile";

/** Nothing is said of what takes less. */
const QUIET_MS = 2_000;
/** Between two lines. */
const STEP_MS = 5_000;

/** Compiles what the protocol consists of, as far as it changed, and tells how far it is. Returns the directory of artifacts. */
export function compileProtocol(root: string, say: (text: string) => void): Promise<string> {
  const contracts = PROTOCOL.contracts.map(({ artifact }) => artifact);
  let next = Date.now() + QUIET_MS;
  return compileContracts(root, contracts, ({ done, total, contract }) => {
    if (contract === undefined) say(`compiling ${total} ${total === 1 ? "contract" : "contracts"}, once ...`);
    else if (done === total || Date.now() >= next) {
      next = Date.now() + STEP_MS;
      say(`compiled ${done} of ${total} contracts`);
    }
  });
}
