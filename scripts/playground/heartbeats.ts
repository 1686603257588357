import { setTimeout as sleep } from "node:timers/promises";

import { mined, PROVIDERS, type World } from "../demo/world";

const LOOK_MS = 500;

/** Sends a heartbeat for every provider whenever a fifth of the grace has passed on the chain. Ends with the process. */
export async function beatForever(world: World): Promise<never> {
  const { contracts, people, provider, parameters } = world;
  const pause = parameters.liveness.grace / 5;
  let heard = 0;
  for (;;) {
    const block = await provider.getBlock("latest");
    // Without transactions no block comes, and the chain's clock stands still.
    const now = Math.max(block?.timestamp ?? 0, Math.floor(Date.now() / 1_000));
    if (now >= heard + pause) {
      try {
        for (const name of PROVIDERS) {
          const operator = people[`${name} operator`];
          heard = await mined(contracts.liveness.connect(operator).heartbeat(people[name]));
        }
        heard = Math.max(heard, now);
      } catch {
        // Whoever lets time pass sends heartbeats with the same keys: one of two with the same nonce is refused.
      }
    }
    await sleep(LOOK_MS);
  }
}
