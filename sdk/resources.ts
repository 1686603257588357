import { UnitError } from "./units";

/** What one unit of an offer consists of, or what a tenant requires of one. As on the chain, in plain numbers. */
export interface Resources {
  /** Thousandths of a virtual CPU. */
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
  readonly bandwidthMbps: number;
  /** Model; the two highest of its 16 bits are the collateral tier. */
  readonly gpuClass: number;
  readonly gpuCount: number;
  /** 0: undisclosed in an offer, any in a requirement. */
  readonly region: number;
  /** Bit flags. */
  readonly attributes: number;
}

/** An offer of nothing, and a requirement that every offer meets. */
export const NO_RESOURCES: Resources = {
  cpu: 0,
  memoryMiB: 0,
  diskGiB: 0,
  bandwidthMbps: 0,
  gpuClass: 0,
  gpuCount: 0,
  region: 0,
  attributes: 0,
};

/** Resources as people write them on a command line; what is left out is zero. */
export interface ResourcesText {
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly disk?: string | undefined;
  readonly bandwidth?: string | undefined;
  readonly gpu?: string | undefined;
  readonly region?: string | undefined;
  readonly attributes?: string | undefined;
}

// ---------------------------------------------------------------------------------------------------- tables

/** Collateral tiers: the two highest bits of a GPU class. Governance weighs tiers, not models. */
export const GPU_TIERS = ["entry", "workstation", "data centre", "flagship"] as const;
const TIER_SHIFT = 14;

/** Numbers are written into offers for good: append, and never renumber. A model number is used once in all tiers. */
const GPU_MODELS: readonly (readonly [name: string, tier: 0 | 1 | 2 | 3, model: number])[] = [
  ["gtx1080ti", 0, 1],
  ["rtx2080ti", 0, 2],
  ["rtx3060", 0, 3],
  ["rtx4060", 0, 4],
  ["t4", 0, 5],
  ["p100", 0, 6],
  ["rtx3090", 1, 7],
  ["rtx4090", 1, 8],
  ["rtx5090", 1, 9],
  ["rtxa4000", 1, 10],
  ["rtxa5000", 1, 11],
  ["rtxa6000", 1, 12],
  ["rtx6000ada", 1, 13],
  ["l4", 1, 14],
  ["v100", 2, 15],
  ["a10", 2, 16],
  ["a30", 2, 17],
  ["a40", 2, 18],
  ["l40", 2, 19],
  ["l40s", 2, 20],
  ["a100-40g", 2, 21],
  ["a100-80g", 2, 22],
  ["mi210", 2, 23],
  ["mi250x", 2, 24],
  ["h100", 3, 25],
  ["h100-nvl", 3, 26],
  ["h200", 3, 27],
  ["gh200", 3, 28],
  ["b200", 3, 29],
  ["gb200", 3, 30],
  ["mi300x", 3, 31],
  ["mi325x", 3, 32],
];

/** GPU names -> classes. */
export const GPU_CLASSES: ReadonlyMap<string, number> = new Map(
  GPU_MODELS.map(([name, tier, model]) => [name, (tier << TIER_SHIFT) | model]),
);

/** Region names -> codes. 0 is no region: undisclosed in an offer, any in a requirement. Append, never renumber. */
export const REGIONS: ReadonlyMap<string, number> = new Map(
  [
    "eu-central",
    "eu-west",
    "eu-north",
    "eu-south",
    "eu-east",
    "us-east",
    "us-central",
    "us-west",
    "ca-central",
    "ca-east",
    "mx-central",
    "sa-east",
    "sa-west",
    "af-north",
    "af-south",
    "me-central",
    "me-west",
    "ap-south",
    "ap-southeast",
    "ap-east",
    "ap-northeast",
    "oc-east",
  ].map((name, index) => [name, index + 1]),
);

/** Attribute names -> bit numbers, and what a provider claims with them. Append, never renumber. */
export const ATTRIBUTES: ReadonlyMap<string, { readonly bit: number; readonly meaning: string }> = new Map(
  [
    ["ecc", "error-correcting memory"],
    ["confidential", "memory encrypted by the processor, with remote attestation"],
    ["bare-metal", "the whole machine, no hypervisor"],
    ["kvm", "a virtual machine of one's own, not a shared kernel"],
    ["public-ipv4", "a public IPv4 address per unit"],
    ["public-ipv6", "a public IPv6 network per unit"],
    ["nvme", "disk on NVMe"],
    ["nvlink", "GPUs of a unit linked by NVLink or the like"],
    ["rdma", "units linked by InfiniBand or RoCE"],
    ["arm64", "64-bit ARM instead of x86-64"],
    ["renewable", "power from renewable sources"],
    ["persistent", "the disk survives a restart of the unit"],
  ].map(([name = "", meaning = ""], bit) => [name, { bit, meaning }]),
);

// --------------------------------------------------------------------------------------------------- parsing

const MOST_UINT32 = 2 ** 32 - 1;

function scaled(
  text: string,
  pattern: RegExp,
  factors: Readonly<Record<string, number>>,
  what: string,
  example: string,
): number {
  const [, number, unit = ""] = pattern.exec(text.trim()) ?? [];
  const factor = number === undefined ? undefined : factors[unit.toLowerCase()];
  if (number === undefined || factor === undefined) throw new UnitError(`"${text}" is no ${what}: write ${example}`);
  const value = Number(number) * factor;
  if (!Number.isInteger(value))
    throw new UnitError(`"${text}" is too fine: ${what} comes in whole steps, as in ${example}`);
  if (value > MOST_UINT32) throw new UnitError(`"${text}" is too much ${what}`);
  return value;
}

const WITH_UNIT = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)$/i;
const KI = 1_024;

/** "8" or "0.5" virtual CPUs -> thousandths. */
function parseCpu(text: string): number {
  const [whole = "", fraction = ""] = text.trim().split(".");
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(text.trim())) {
    throw new UnitError(`"${text}" is no number of virtual CPUs: write 8 or 0.5, in steps of 0.001`);
  }
  const thousandths = Number(whole) * 1_000 + Number(fraction.padEnd(3, "0"));
  if (thousandths > MOST_UINT32) throw new UnitError(`"${text}" is too many virtual CPUs`);
  return thousandths;
}

/** "h100:8" or "h100" -> class and count; "0xc019:8" names a class by its number. */
export function parseGpu(text: string): { gpuClass: number; gpuCount: number } {
  const [, name = "", count = "1"] = /^\s*([a-z0-9-]+)(?::(\d{1,3}))?\s*$/i.exec(text) ?? [];
  const key = name.toLowerCase();
  const gpuClass = /^0x[0-9a-f]{1,4}$/.test(key) ? Number(key) : GPU_CLASSES.get(key);
  if (gpuClass === undefined) {
    throw new UnitError(
      `"${text}" is no GPU: write model:count, as in h100:1. Models: ${[...GPU_CLASSES.keys()].join(", ")}; ` +
        "or a class by its number, as in 0xc019:1",
    );
  }
  if (Number(count) < 1 || Number(count) > 255) throw new UnitError(`"${text}": a unit has 1 to 255 GPUs`);
  return { gpuClass, gpuCount: Number(count) };
}

/** "eu-central", or a code such as "42" -> code. */
export function parseRegion(text: string): number {
  const name = text.trim().toLowerCase();
  const code = /^\d{1,5}$/.test(name) ? Number(name) : REGIONS.get(name);
  if (code === undefined || code > 65_535) {
    throw new UnitError(`"${text}" is no region. Regions: ${[...REGIONS.keys()].join(", ")}; or a code up to 65535`);
  }
  return code;
}

/** "ecc,nvme" -> flags. */
export function parseAttributes(text: string): number {
  let flags = 0;
  for (const name of text
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .filter(Boolean)) {
    const known = ATTRIBUTES.get(name);
    const bit = known?.bit ?? /^bit(\d|[12]\d|3[01])$/.exec(name)?.[1];
    if (bit === undefined) {
      throw new UnitError(
        `"${name}" is no attribute. Attributes: ${[...ATTRIBUTES.keys()].join(", ")}; or bit0 to bit31`,
      );
    }
    flags += flags & (1 << Number(bit)) ? 0 : 2 ** Number(bit);
  }
  return flags;
}

/** What people write -> a resource vector. All faults are named at once. */
export function parseResources(text: ResourcesText): Resources {
  const faults: string[] = [];
  const read = <T>(value: string | undefined, parse: (text: string) => T, none: T): T => {
    if (value === undefined) return none;
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      faults.push(error.message);
      return none;
    }
  };
  const resources: Resources = {
    cpu: read(text.cpu, parseCpu, 0),
    memoryMiB: read(
      text.memory,
      (value) =>
        scaled(
          value,
          WITH_UNIT,
          { mib: 1, m: 1, gib: KI, g: KI, tib: KI ** 2, t: KI ** 2 },
          "memory",
          "512MiB or 32GiB",
        ),
      0,
    ),
    diskGiB: read(
      text.disk,
      (value) => scaled(value, WITH_UNIT, { gib: 1, g: 1, tib: KI, t: KI }, "disk", "100GiB or 2TiB"),
      0,
    ),
    bandwidthMbps: read(
      text.bandwidth,
      (value) => scaled(value, WITH_UNIT, { mbps: 1, gbps: 1_000 }, "bandwidth", "100Mbps or 1Gbps"),
      0,
    ),
    ...read(text.gpu, parseGpu, { gpuClass: 0, gpuCount: 0 }),
    region: read(text.region, parseRegion, 0),
    attributes: read(text.attributes, parseAttributes, 0),
  };
  if (faults.length > 0) throw new UnitError(faults.join("\n"));
  return resources;
}

// ------------------------------------------------------------------------------------------------ formatting

const nameOf = (table: ReadonlyMap<string, number>, code: number): string | undefined =>
  [...table].find(([, value]) => value === code)?.[0];

/** 0xc019 -> "h100"; a class that the table lacks -> "gpu 0xc0ff (flagship)". */
export function formatGpuClass(gpuClass: number): string {
  const tier = GPU_TIERS[gpuClass >> TIER_SHIFT] ?? "unknown tier";
  return nameOf(GPU_CLASSES, gpuClass) ?? `gpu 0x${gpuClass.toString(16).padStart(4, "0")} (${tier})`;
}

/** 1 -> "eu-central"; 0 -> "". */
export function formatRegion(region: number): string {
  return region === 0 ? "" : (nameOf(REGIONS, region) ?? `region ${region}`);
}

/** Flags -> names. */
export function attributeNames(attributes: number): string[] {
  const names = new Map([...ATTRIBUTES].map(([name, { bit }]) => [bit, name]));
  return Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => (attributes >>> bit) & 1)
    .map((bit) => names.get(bit) ?? `bit${bit}`);
}

/** MiB -> "32 GiB" or "1,536 MiB" in the largest unit that is exact. */
function sized(value: number, units: readonly string[], step: number): string {
  let index = 0;
  while (index < units.length - 1 && value % step === 0) {
    value /= step;
    index += 1;
  }
  return `${value} ${units[index] ?? ""}`;
}

/** A resource vector -> "8 CPU, 32 GiB, disk 2 TiB, 1 Gbps, 1 x h100, eu-central, ecc". */
export function formatResources(resources: Resources): string {
  const { cpu, memoryMiB, diskGiB, bandwidthMbps, gpuClass, gpuCount, region, attributes } = resources;
  const parts = [
    cpu === 0 ? "" : `${cpu / 1_000} CPU`,
    memoryMiB === 0 ? "" : sized(memoryMiB, ["MiB", "GiB", "TiB"], KI),
    diskGiB === 0 ? "" : `disk ${sized(diskGiB, ["GiB", "TiB"], KI)}`,
    bandwidthMbps === 0 ? "" : sized(bandwidthMbps, ["Mbps", "Gbps"], 1_000),
    gpuCount === 0 ? "" : `${gpuCount} x ${formatGpuClass(gpuClass)}`,
    formatRegion(region),
    ...attributeNames(attributes),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "anything" : parts.join(", ");
}

// ------------------------------------------------------------------------------------------------ on the chain

/** Fields of the word that holds a resource vector on the chain, from the low end, and their widths in bits. */
const LAYOUT = [
  ["cpu", 32],
  ["memoryMiB", 32],
  ["diskGiB", 32],
  ["bandwidthMbps", 32],
  ["gpuClass", 16],
  ["gpuCount", 8],
  ["region", 16],
  ["attributes", 32],
] as const satisfies readonly (readonly [keyof Resources, number])[];

/** A resource vector -> the word that offers and orders hold. */
export function packResources(resources: Resources): bigint {
  return LAYOUT.reduceRight((word, [field, bits]) => (word << BigInt(bits)) | BigInt(resources[field]), 0n);
}

/** The word of an offer or order -> a resource vector. Bits above the layout mean nothing and are left out. */
export function unpackResources(word: bigint): Resources {
  let left = word;
  const fields = LAYOUT.map(([field, bits]) => {
    const value = Number(BigInt.asUintN(bits, left));
    left >>= BigInt(bits);
    return [field, value] as const;
  });
  return Object.fromEntries(fields) as unknown as Resources;
}

/** Whether a field of an offer is less, or other, than is required. */
const UNMET: Readonly<Record<keyof Resources, (offered: Resources, required: Resources) => boolean>> = {
  cpu: (offered, required) => offered.cpu < required.cpu,
  memoryMiB: (offered, required) => offered.memoryMiB < required.memoryMiB,
  diskGiB: (offered, required) => offered.diskGiB < required.diskGiB,
  bandwidthMbps: (offered, required) => offered.bandwidthMbps < required.bandwidthMbps,
  // GPUs are asked for by class and number together.
  gpuClass: (offered, required) => required.gpuCount > 0 && offered.gpuClass !== required.gpuClass,
  gpuCount: (offered, required) => offered.gpuClass === required.gpuClass && offered.gpuCount < required.gpuCount,
  region: (offered, required) => required.region !== 0 && offered.region !== required.region,
  attributes: (offered, required) => (offered.attributes & required.attributes) >>> 0 !== required.attributes >>> 0,
};
const FIELDS = LAYOUT.map(([field]) => field);

/** Whether a unit of an offer has everything that is required of it, as the market compares. */
export function meets(offered: Resources, required: Resources): boolean {
  return !FIELDS.some((field) => UNMET[field](offered, required));
}

/** What an offer lacks of a requirement, field by field; empty where it meets it. */
export function lacking(offered: Resources, required: Resources): (keyof Resources)[] {
  return FIELDS.filter((field) => UNMET[field](offered, required));
}
