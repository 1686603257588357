import { parseEther } from "ethers";

import type { OfferPlan } from "./market";
import type { ProviderName } from "./world";

/** What the story is made of: who bonds and offers what, and when a machine fails. Seconds after the start. */

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A little more often than every half of the grace of ten minutes: later nobody could open a lease. */
export const HEARTBEAT = 4 * MINUTE;

/** Corewerk's operator is not heard between these moments. */
export const SILENCE = { from: 20 * MINUTE, to: 85 * MINUTE };

export const BONDS: Readonly<Record<ProviderName, bigint>> = {
  Webhaus: parseEther("100"),
  Corewerk: parseEther("500"),
  Tensorei: parseEther("5000"),
};

/** HOLD of the two holders who provide nothing. */
export const HOLDINGS = { Hana: parseEther("60000000"), Olu: parseEther("30000000") } as const;

/** A new fee, basis points, and when it comes into force: in the middle of what happens to the leases. */
export const NEW_FEE = { bps: 200n, from: 90 * MINUTE };

const CPU_SERVER = { cpu: "16", memory: "64GiB", disk: "500GiB", bandwidth: "1000Mbps" };

export const OFFERS = {
  web: {
    provider: "Webhaus",
    token: "DUSD",
    what: "web sites",
    price: "0.018/h",
    resources: { cpu: "1", memory: "2GiB", disk: "40GiB", bandwidth: "200Mbps" },
    minDuration: "1h",
    capacity: 20,
  },
  cpu: {
    provider: "Corewerk",
    token: "DUSD",
    what: "CPU servers",
    price: "0.64/h",
    resources: CPU_SERVER,
    minDuration: "1h",
    capacity: 8,
  },
  cpuInCoin: {
    provider: "Corewerk",
    token: "DCOIN",
    what: "CPU servers",
    price: "0.61/h",
    resources: CPU_SERVER,
    minDuration: "2h",
    capacity: 8,
  },
  spareCpu: {
    provider: "Tensorei",
    token: "DUSD",
    what: "CPU servers",
    price: "0.70/h",
    resources: CPU_SERVER,
    minDuration: "1h",
    capacity: 2,
  },
  gpu: {
    provider: "Tensorei",
    token: "DCOIN",
    what: "H100 servers",
    price: "2.37/h",
    resources: { cpu: "12", memory: "96GiB", disk: "1000GiB", bandwidth: "1000Mbps", gpu: "h100" },
    minDuration: "1h",
    capacity: 4,
  },
} as const satisfies Record<string, OfferPlan>;

export type OfferKey = keyof typeof OFFERS;
