import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";

import type { Liveness } from "../../typechain-types";
import { GRACE } from "./parameters";
import { at } from "./time";

/** Heartbeats of `provider` from second `from` on, as rarely as keeps it live until and including `until`. */
export async function keepLive(
  liveness: Liveness,
  operator: HardhatEthersSigner,
  provider: HardhatEthersSigner,
  from: number,
  until: number,
): Promise<void> {
  for (let second = from; second <= until; second += GRACE) {
    await at(second, () => liveness.connect(operator).heartbeat(provider));
  }
}
