import { parseEther, parseUnits } from "ethers";

import { formatDuration } from "../../sdk/units";
import { bond, offer } from "../demo/market";
import { BONDS, OFFERS } from "../demo/plot";
import { mined, type Person, PROVIDERS, type World } from "../demo/world";

/** Ten accounts, and who they are. */
export const RESIDENTS: Readonly<Partial<Record<Person, string>>> = {
  Webhaus: "provider of web servers",
  Corewerk: "provider of CPU servers",
  Tensorei: "provider of CPU and GPU servers",
  Ana: "tenant",
  Ben: "tenant",
  Zoe: "tenant",
  Hana: "holder of HOLD",
  Olu: "holder of HOLD",
  keeper: "the keeper that runs here",
  deployer: "anyone",
};
const HOLD = parseEther("100000");
/** Enough to carry a vote. */
const HOLDING = parseEther("50000000");
const MONEY = "10000";

/** HOLD and test tokens for everybody, and three providers with offers whose leases can be disputed. */
export async function furnish(world: World, say: (text: string) => void): Promise<void> {
  const { contracts, people, tokens, parameters } = world;
  const hold = contracts.hold.connect(people.founder);
  for (const name of Object.keys(RESIDENTS) as Person[]) {
    await mined(hold.transfer(people[name], name === "Hana" || name === "Olu" ? HOLDING : HOLD));
  }
  for (const { contract, decimals } of Object.values(tokens)) {
    for (const name of ["Ana", "Ben", "Zoe"] as const) {
      await mined(contract.connect(people.founder).mint(people[name], parseUnits(MONEY, decimals)));
    }
  }
  for (const provider of PROVIDERS) await bond(world, provider, BONDS[provider]);
  for (const plan of Object.values(OFFERS)) await offer(world, plan, contracts.disputes);
  const grace = formatDuration(parameters.liveness.grace);
  say(
    `three providers with ${Object.keys(OFFERS).length} offers; each is heard within every ${grace}, as long as this runs`,
  );
}
