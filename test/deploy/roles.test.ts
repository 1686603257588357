import { reset } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ethers } from "hardhat";

import { selectorOf } from "../../deploy/actions";
import { PROTOCOL } from "../../deploy/protocol";
import { RESTRICTED_FUNCTIONS, ROLE_HOLDERS, restrictedFunctions } from "../../deploy/roles";
import { CONTRACT_NAMES } from "../../sdk/addressBook";
import { ROLES } from "../../sdk/roles";
import { loadFixture } from "../helpers/loadFixture";
import { deploy, localParameters } from "./helpers";

const SOURCES = path.join(__dirname, "../../contracts");

/** What one contract of the sources declares. */
interface Declared {
  readonly bases: readonly string[];
  readonly restricted: readonly string[];
}

/** The contracts that a source declares, by name. */
function declaredIn(source: string): Map<string, Declared> {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const parts = code.split(/^(?=(?:abstract )?contract \w)/m).slice(1);
  return new Map(
    parts.map((part) => {
      const [, name = "", heritage = ""] = /contract (\w+)(?:\s+is\s+([^{]*))?/.exec(part) ?? [];
      const bases = heritage.split(",").map((base) => base.trim().replace(/\(.*$/, ""));
      const functions = [...part.matchAll(/function\s+(\w+)\s*\([^)]*\)([^{;]*)[{;]/g)];
      const restricted = functions.filter(([, , head = ""]) => /\brestricted\b/.test(head)).map(([, own = ""]) => own);
      return [name, { bases: bases.filter(Boolean), restricted }];
    }),
  );
}

/** Everything that the sources declare, mocks left out. */
function declared(): Map<string, Declared> {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  const own = files.filter((file) => file.endsWith(".sol") && !file.startsWith("mocks"));
  return new Map(own.flatMap((file) => [...declaredIn(readFileSync(path.join(SOURCES, file), "utf8"))]));
}

/** Restricted functions of a contract, its bases' included. */
function restrictedOf(name: string, all: ReadonlyMap<string, Declared>): string[] {
  const { bases = [], restricted = [] } = all.get(name) ?? {};
  return [...new Set([...restricted, ...bases.flatMap((base) => restrictedOf(base, all))])];
}

describe("the role map", () => {
  describe("beside the sources", () => {
    it("finds a restricted function whatever stands between its name and its body", () => {
      const source = `
        // contract Comment { function left() external restricted {} }
        abstract contract Base is AccessManaged(address(0)), Other {
            function one(uint256 a, uint256 b)
                external
                virtual
                restricted
                returns (uint256)
            {
                return two();
            }
            function two() public view returns (uint256) { return 1; }
        }
        contract Top is Base { function three() external restricted; }
      `.replace(/^ {8}/gm, "");
      const all = declaredIn(source);
      expect([...all.keys()]).to.deep.equal(["Base", "Top"]);
      expect(all.get("Base")?.bases).to.deep.equal(["AccessManaged", "Other"]);
      expect(restrictedOf("Top", all)).to.deep.equal(["three", "one"]);
    });

    it("lists every restricted function of every contract that is deployed, and no other (INV-GOV-2)", () => {
      const all = declared();
      const found = PROTOCOL.contracts.flatMap(({ name, artifact }) =>
        restrictedOf(artifact.split(":")[1] ?? "", all).map((restricted) => `${name}.${restricted}`),
      );
      expect(found).to.have.length.greaterThan(5);
      const listed = restrictedFunctions().map(({ contract, name }) => `${contract}.${name}`);
      expect(listed.sort()).to.deep.equal(found.sort());
    });

    it("leaves no restricted function in a contract that is not deployed", () => {
      const all = declared();
      const deployed = new Set<string>();
      const reach = (name: string): void => {
        deployed.add(name);
        for (const base of all.get(name)?.bases ?? []) reach(base);
      };
      for (const { artifact } of PROTOCOL.contracts) reach(artifact.split(":")[1] ?? "");
      const stray = [...all].filter(([name, { restricted }]) => restricted.length > 0 && !deployed.has(name));
      expect(stray.map(([name]) => name)).to.deep.equal([]);
    });

    it("gives the guardian the pause of entries, and nothing else (INV-GOV-3)", () => {
      const others = restrictedFunctions().filter(({ role }) => role !== "admin");
      expect(others).to.deep.equal([{ contract: "market", name: "pauseEntries", role: "guardian" }]);
    });
  });

  describe("on chain", () => {
    before(() => reset()); // other test files may have run on this chain

    async function deployed() {
      return deploy();
    }

    it("is what the AccessManager answers for each function, and for each holder of a role (INV-GOV-2, ATK-GOV-7)", async () => {
      const { contracts, addresses } = await loadFixture(deployed);
      const { accessManager } = contracts;
      const { deployer, roles } = localParameters();
      for (const line of restrictedFunctions()) {
        const where = `${line.contract}.${line.name}`;
        const [target, selector] = [addresses[line.contract], selectorOf(contracts, line)];
        expect(await accessManager.getTargetFunctionRole(target, selector), where).to.equal(ROLES[line.role]);

        const may = ROLE_HOLDERS[line.role].map((name) => addresses[name] as string);
        const everybody = [...CONTRACT_NAMES.map((name) => addresses[name]), deployer, ...Object.values(roles)];
        for (const account of everybody) {
          const { immediate, delay } = await accessManager.canCall(account, target, selector);
          expect([immediate, delay], `${account} calls ${where}`).to.deep.equal([may.includes(account), 0n]);
        }
      }
    });

    it("names contracts that ask the AccessManager of the deployment, and only they do", async () => {
      const { addresses } = await loadFixture(deployed);
      const managed: readonly string[] = Object.keys(RESTRICTED_FUNCTIONS);
      for (const name of CONTRACT_NAMES) {
        const contract = await ethers.getContractAt("AccessManaged", addresses[name]);
        const answer = await contract.authority().catch(() => undefined);
        expect(answer, name).to.equal(managed.includes(name) ? addresses.accessManager : undefined);
      }
    });
  });
});
