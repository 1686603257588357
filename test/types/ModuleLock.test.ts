import { expect } from "chai";
import fc from "fast-check";
import { ethers } from "hardhat";

import { NO_CEILING } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { fieldsOf, holds } from "../helpers/property";
import { MODULE_LOCK, pack, unpack } from "../helpers/words";

const deployHarness = async () => ethers.deployContract("TypesHarness");
const RUNS = 60;

/** A number from 0 to `most`, either of them often. */
const upTo = (most: bigint) => fc.oneof(fc.bigInt(0n, most), fc.constantFrom(0n, most));

/** What a module holds, with ceilings at and around the largest one and the lock often. */
const locks = fieldsOf(MODULE_LOCK).chain((fields) => {
  const near = [fields.locked - 1n, fields.locked, fields.locked + 1n, NO_CEILING - 1n, NO_CEILING];
  const ceilings = near.filter((each) => each >= 0n && each <= NO_CEILING);
  return fc.constantFrom(fields.ceiling, ...ceilings).map((ceiling) => ({ ...fields, ceiling }));
});

describe("ModuleLock", () => {
  it("reads every field from its bits, and the headroom below the ceiling", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(locks, async (fields) => {
        const { locked, ceiling, nonce } = fields;
        const headroom = ceiling > locked ? ceiling - locked : 0n;
        expect(await types.lockFields(pack(MODULE_LOCK, fields))).to.deep.equal([locked, ceiling, nonce, headroom]);
      }),
      RUNS,
    );
  });

  it("holds more up to 120 bits and less down to nothing, and no neighbour moves", async () => {
    const types = await loadFixture(deployHarness);
    const cases = locks.chain((fields) =>
      fc.tuple(fc.constant(fields), upTo(NO_CEILING - fields.locked), upTo(fields.locked)),
    );
    await holds(
      fc.asyncProperty(cases, async ([fields, more, less]) => {
        const word = pack(MODULE_LOCK, fields);
        const plus = unpack(MODULE_LOCK, await types.plusLocked(word, more));
        expect(plus).to.deep.equal({ ...fields, locked: fields.locked + more });
        const minus = unpack(MODULE_LOCK, await types.minusLocked(word, less));
        expect(minus).to.deep.equal({ ...fields, locked: fields.locked - less });
      }),
      RUNS,
    );
  });

  it("takes another ceiling and nonce beside what is held", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(locks, locks, async (fields, { ceiling, nonce }) => {
        const changed = await types.withCeiling(pack(MODULE_LOCK, fields), ceiling, nonce);
        expect(unpack(MODULE_LOCK, changed)).to.deep.equal({ ...fields, ceiling, nonce });
      }),
      RUNS,
    );
  });

  it("lowers a finite ceiling by a payout, not below zero, and never the largest one (INV-ESC-3)", async () => {
    const types = await loadFixture(deployHarness);
    const cases = locks.chain((fields) => {
      const near = [fields.ceiling - 1n, fields.ceiling, fields.ceiling + 1n].filter((each) => each >= 0n);
      return fc.tuple(fc.constant(fields), fc.oneof(upTo(2n ** 256n - 1n), fc.constantFrom(...near)));
    });
    await holds(
      fc.asyncProperty(cases, async ([fields, paid]) => {
        const finite = fields.ceiling > paid ? fields.ceiling - paid : 0n;
        const ceiling = fields.ceiling === NO_CEILING ? NO_CEILING : finite;
        const after = await types.afterPayout(pack(MODULE_LOCK, fields), paid);
        expect(unpack(MODULE_LOCK, after)).to.deep.equal({ ...fields, ceiling });
      }),
      2 * RUNS,
    );
  });

  it("raises lock and finite ceiling by a gift, and never to the largest one (INV-ESC-3)", async () => {
    const types = await loadFixture(deployHarness);
    const cases = locks.chain((fields) => {
      const room = NO_CEILING - fields.locked;
      const reaching = NO_CEILING - fields.ceiling;
      const near = [reaching - 1n, reaching, reaching + 1n].filter((each) => each >= 0n && each <= room);
      return fc.tuple(fc.constant(fields), fc.oneof(upTo(room), fc.constantFrom(0n, ...near)));
    });
    await holds(
      fc.asyncProperty(cases, async ([fields, given]) => {
        const raised = fields.ceiling + given;
        const finite = raised < NO_CEILING ? raised : NO_CEILING - 1n;
        const ceiling = fields.ceiling === NO_CEILING ? NO_CEILING : finite;
        const after = await types.afterGift(pack(MODULE_LOCK, fields), given);
        expect(unpack(MODULE_LOCK, after)).to.deep.equal({ ...fields, locked: fields.locked + given, ceiling });
      }),
      2 * RUNS,
    );
  });
});
