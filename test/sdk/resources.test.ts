import { expect } from "chai";
import fc from "fast-check";

import {
  ATTRIBUTES,
  attributeNames,
  formatGpuClass,
  formatRegion,
  formatResources,
  GPU_CLASSES,
  lacking,
  meets,
  packResources,
  parseAttributes,
  parseGpu,
  parseRegion,
  parseResources,
  REGIONS,
  type ResourcesText,
  unpackResources,
} from "../../sdk/resources";
import { UnitError } from "../../sdk/units";

const NONE = { cpu: 0, memoryMiB: 0, diskGiB: 0, bandwidthMbps: 0, gpuClass: 0, gpuCount: 0, region: 0, attributes: 0 };

describe("resources", () => {
  it("reads everything that a unit consists of", () => {
    const text = {
      cpu: "8",
      memory: "32GiB",
      disk: "2TiB",
      bandwidth: "1Gbps",
      gpu: "h100:4",
      region: "eu-central",
      attributes: "ecc,nvlink",
    };
    expect(parseResources(text)).to.deep.equal({
      cpu: 8_000,
      memoryMiB: 32_768,
      diskGiB: 2_048,
      bandwidthMbps: 1_000,
      gpuClass: 0b11 * 2 ** 14 + 25,
      gpuCount: 4,
      region: 1,
      attributes: 0b10000001,
    });
  });

  it("reads nothing as nothing", () => {
    expect(parseResources({})).to.deep.equal(NONE);
    expect(formatResources(NONE)).to.equal("anything");
  });

  it("reads parts of a CPU in thousandths, and every size", () => {
    expect(parseResources({ cpu: "0.5" }).cpu).to.equal(500);
    expect(parseResources({ cpu: "0.001" }).cpu).to.equal(1);
    expect(parseResources({ memory: "512MiB" }).memoryMiB).to.equal(512);
    expect(parseResources({ memory: "1.5 GiB" }).memoryMiB).to.equal(1_536);
    expect(parseResources({ memory: "2T" }).memoryMiB).to.equal(2_097_152);
    expect(parseResources({ disk: "100G" }).diskGiB).to.equal(100);
    expect(parseResources({ bandwidth: "2.5gbps" }).bandwidthMbps).to.equal(2_500);
  });

  it("names all faults at once", () => {
    const faults = {
      cpu: "many",
      memory: "32",
      disk: "10MiB",
      bandwidth: "fast",
      gpu: "h999:1",
      region: "moon",
      attributes: "magic",
    };
    expect(() => parseResources(faults))
      .to.throw(UnitError)
      .with.property("message")
      .that.satisfies((message: string) =>
        Object.values(faults).every((fault) => message.includes(`"${fault.split(":")[0]}`)),
      );
  });

  for (const [field, nonsense] of [
    ["cpu", "0.0005"],
    ["cpu", "-1"],
    ["cpu", "5000000"],
    ["memory", "1.0001MiB"],
    ["memory", "32GB"],
    ["memory", "5000TiB"],
    ["disk", "0.5GiB"],
    ["gpu", "h100:0"],
    ["gpu", "h100:256"],
    ["gpu", "0xc0191:1"],
    ["region", "65536"],
    ["attributes", "bit32"],
  ] as const) {
    it(`refuses ${field} "${nonsense}"`, () => {
      expect(() => parseResources({ [field]: nonsense })).to.throw(UnitError);
    });
  }

  describe("tables", () => {
    it("gives each GPU a model number of its own, whatever its tier, and never zero", () => {
      const models = [...GPU_CLASSES.values()].map((gpuClass) => gpuClass & 0x3fff);
      expect(new Set(models).size).to.equal(models.length);
      expect(models).not.to.include(0);
    });

    it("keeps the numbers that offers already hold", () => {
      expect(GPU_CLASSES.get("t4")).to.equal(0x0005);
      expect(GPU_CLASSES.get("rtx4090")).to.equal(0x4008);
      expect(GPU_CLASSES.get("a100-80g")).to.equal(0x8016);
      expect(GPU_CLASSES.get("h100")).to.equal(0xc019);
      expect(GPU_CLASSES.get("mi325x")).to.equal(0xc020);
      expect([...REGIONS].slice(0, 3)).to.deep.equal([
        ["eu-central", 1],
        ["eu-west", 2],
        ["eu-north", 3],
      ]);
      expect(REGIONS.get("oc-east")).to.equal(22);
      expect([...ATTRIBUTES].map(([name, { bit }]) => `${bit} ${name}`).slice(0, 3)).to.deep.equal([
        "0 ecc",
        "1 confidential",
        "2 bare-metal",
      ]);
      expect(ATTRIBUTES.get("persistent")?.bit).to.equal(11);
    });

    it("reads back every name that it writes", () => {
      for (const [name, gpuClass] of GPU_CLASSES) {
        expect(parseGpu(name)).to.deep.equal({ gpuClass, gpuCount: 1 });
        expect(formatGpuClass(gpuClass)).to.equal(name);
      }
      for (const [name, code] of REGIONS) expect(formatRegion(parseRegion(name))).to.equal(formatRegion(code));
    });

    it("takes classes, regions and flags that the tables lack by their numbers", () => {
      expect(parseGpu("0xC0FF:2")).to.deep.equal({ gpuClass: 0xc0ff, gpuCount: 2 });
      expect(formatGpuClass(0xc0ff)).to.equal("gpu 0xc0ff (flagship)");
      expect(formatGpuClass(0x00ff)).to.equal("gpu 0x00ff (entry)");
      expect(formatRegion(parseRegion("4242"))).to.equal("region 4242");
      expect(attributeNames(parseAttributes("bit31, ecc, bit31"))).to.deep.equal(["ecc", "bit31"]);
    });

    it("reads back any set of flags", () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (flags) => {
          expect(parseAttributes(attributeNames(flags).join(","))).to.equal(flags);
        }),
      );
    });
  });

  it("writes a unit in the largest exact sizes", () => {
    const unit = {
      ...NONE,
      cpu: 1_500,
      memoryMiB: 1_536,
      diskGiB: 2_048,
      bandwidthMbps: 2_500,
      gpuClass: 0xc019,
      gpuCount: 2,
      region: 1,
      attributes: 1,
    };
    expect(formatResources(unit)).to.equal("1.5 CPU, 1536 MiB, disk 2 TiB, 2500 Mbps, 2 x h100, eu-central, ecc");
  });

  it("packs a unit as the contracts keep it, and unpacks it", () => {
    const unit = {
      cpu: 1,
      memoryMiB: 2,
      diskGiB: 3,
      bandwidthMbps: 4,
      gpuClass: 5,
      gpuCount: 6,
      region: 7,
      attributes: 8,
    };
    // From the high end: attributes, region, GPUs, class, then four quantities of 32 bits.
    const word = 0x00000008_0007_06_0005_00000004_00000003_00000002_00000001n;
    expect(packResources(unit)).to.equal(word);
    expect(unpackResources(word)).to.deep.equal(unit);
    expect(unpackResources(word | ((2n ** 56n - 1n) << 200n))).to.deep.equal(unit);
    const full = {
      ...NONE,
      cpu: 2 ** 32 - 1,
      gpuClass: 65_535,
      gpuCount: 255,
      region: 65_535,
      attributes: 2 ** 32 - 1,
    };
    expect(unpackResources(packResources(full))).to.deep.equal(full);
  });

  describe("requirements", () => {
    const unit = parseResources({
      cpu: "8",
      memory: "32GiB",
      gpu: "h100:2",
      region: "eu-central",
      attributes: "ecc,bit31",
    });
    for (const [requirement, lacks] of [
      [{}, []],
      [{ cpu: "8", memory: "32GiB", gpu: "h100:2", region: "eu-central", attributes: "ecc,bit31" }, []],
      [{ cpu: "8.001" }, ["cpu"]],
      [{ memory: "33GiB" }, ["memoryMiB"]],
      [{ disk: "1GiB" }, ["diskGiB"]],
      [{ bandwidth: "1Mbps" }, ["bandwidthMbps"]],
      [{ gpu: "h100:1" }, []],
      [{ gpu: "h100:3" }, ["gpuCount"]],
      [{ gpu: "h200:1" }, ["gpuClass"]],
      [{ region: "eu-west" }, ["region"]],
      [{ attributes: "bit31" }, []],
      [{ attributes: "ecc,nvme" }, ["attributes"]],
      [{ cpu: "9", region: "1", attributes: "nvme" }, ["cpu", "attributes"]],
    ] as [ResourcesText, string[]][]) {
      it(`finds ${lacks.join(", ") || "nothing"} lacking for ${JSON.stringify(requirement)}`, () => {
        expect(lacking(unit, parseResources(requirement))).to.deep.equal(lacks);
        expect(meets(unit, parseResources(requirement))).to.equal(lacks.length === 0);
      });
    }
  });
});
