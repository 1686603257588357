import { expect } from "chai";
import { AbiCoder, concat, id, keccak256, ZeroHash } from "ethers";
import hre, { ethers } from "hardhat";

import { create3Address, FACTORY_CODE_HASH, FACTORY_INIT_CODE, PROXY_INIT_CODE_HASH } from "../../deploy/create3";
import { loadFixture } from "../helpers/loadFixture";
import { underCoverage } from "./helpers";

/** Init code that leaves `runtime` (at most 255 bytes). */
function initCodeLeaving(runtime: string): string {
  const length = ((runtime.length - 2) / 2).toString(16).padStart(2, "0");
  // PUSH1 length, DUP1, PUSH1 9 (where the runtime begins), PUSH0, CODECOPY, PUSH0, RETURN
  return concat([`0x60${length}8060095f395ff3`, runtime]);
}

/** Runtime that returns this many times 32 zero bytes: something to tell contracts apart by. */
const ONE_WORD = initCodeLeaving("0x60205ff3");
const TWO_WORDS = initCodeLeaving("0x60405ff3");
const LEAVES_NOTHING = "0x00"; // STOP
const REVERTS_WITH_REASON = "0x63deadbeef5f526004601cfd"; // mstore(0, 0xdeadbeef) revert(28, 4)
const REVERTS_WITHOUT_REASON = "0x5f5ffd";

const SALT = id("hold");

async function factoryFixture() {
  const [alice, bob] = await ethers.getSigners();
  const factory = await ethers.deployContract("Create3Factory");
  return { factory, alice: alice!, bob: bob! };
}

describe("Create3Factory", () => {
  describe("create", () => {
    it("creates at the predicted address, keeps the init code's hash and says so", async () => {
      const { factory, alice } = await loadFixture(factoryFixture);
      const predicted = await factory.addressOf(alice, SALT);
      expect(await factory.create.staticCall(SALT, ONE_WORD)).to.equal(predicted);
      expect(await factory.initCodeHashOf(predicted)).to.equal(ZeroHash);

      await expect(factory.create(SALT, ONE_WORD))
        .to.emit(factory, "ContractCreated")
        .withArgs(alice.address, SALT, predicted, keccak256(ONE_WORD));
      expect(await ethers.provider.getCode(predicted)).to.equal("0x60205ff3");
      expect(await factory.initCodeHashOf(predicted)).to.equal(keccak256(ONE_WORD));
    });

    it("gives one address whatever the code, and another for each salt", async () => {
      const { factory, alice } = await loadFixture(factoryFixture);
      const first = await factory.create.staticCall(SALT, ONE_WORD);
      expect(await factory.create.staticCall(SALT, TWO_WORDS)).to.equal(first);
      expect(await factory.create.staticCall(id("escrow"), ONE_WORD)).not.to.equal(first);
      expect(create3Address(alice.address, SALT, await factory.getAddress())).to.equal(first);
    });

    it("keeps creators apart: a copied salt takes nobody's address", async () => {
      const { factory, alice, bob } = await loadFixture(factoryFixture);
      const ofAlice = await factory.addressOf(alice, SALT);
      const ofBob = await factory.addressOf(bob, SALT);
      expect(ofBob).not.to.equal(ofAlice);

      await factory.connect(bob).create(SALT, TWO_WORDS);
      expect(await ethers.provider.getCode(ofBob)).to.equal("0x60405ff3");
      expect(await ethers.provider.getCode(ofAlice)).to.equal("0x");
      await factory.connect(alice).create(SALT, ONE_WORD);
      expect(await ethers.provider.getCode(ofAlice)).to.equal("0x60205ff3");
    });

    it("reverts for a salt that its creator used, with the same code or other", async () => {
      const { factory, alice } = await loadFixture(factoryFixture);
      const created = await factory.addressOf(alice, SALT);
      await factory.create(SALT, ONE_WORD);
      for (const code of [ONE_WORD, TWO_WORDS]) {
        await expect(factory.create(SALT, code))
          .to.be.revertedWithCustomError(factory, "Create3FactorySaltUsed")
          .withArgs(alice.address, SALT, created);
      }
      expect(await factory.initCodeHashOf(created)).to.equal(keccak256(ONE_WORD));
    });

    it("reverts without init code", async () => {
      const { factory, alice } = await loadFixture(factoryFixture);
      await expect(factory.create(SALT, "0x"))
        .to.be.revertedWithCustomError(factory, "Create3FactoryEmptyInitCode")
        .withArgs(alice.address, SALT);
    });

    it("reverts where the init code leaves no code, and the salt stays free", async () => {
      const { factory, alice } = await loadFixture(factoryFixture);
      const created = await factory.addressOf(alice, SALT);
      await expect(factory.create(SALT, LEAVES_NOTHING))
        .to.be.revertedWithCustomError(factory, "Create3FactoryNoCodeLeft")
        .withArgs(alice.address, SALT, created);
      expect(await factory.initCodeHashOf(created)).to.equal(ZeroHash);
      await factory.create(SALT, ONE_WORD);
      expect(await ethers.provider.getCode(created)).to.equal("0x60205ff3");
    });

    it("passes on why a constructor reverted, and the salt stays free", async () => {
      const { factory, alice } = await loadFixture(factoryFixture);
      const creation = { to: await factory.getAddress(), from: alice.address };
      const callOf = (code: string) => factory.interface.encodeFunctionData("create", [SALT, code]);

      const error = await ethers.provider.call({ ...creation, data: callOf(REVERTS_WITH_REASON) }).then(
        () => undefined,
        (caught: { data?: string }) => caught.data,
      );
      expect(error).to.equal("0xdeadbeef");
      const errors = await ethers.getContractAt("Errors", factory);
      await expect(factory.create(SALT, REVERTS_WITHOUT_REASON)).to.be.revertedWithCustomError(
        errors,
        "FailedDeployment",
      );
      await expect(factory.create(SALT, ONE_WORD)).to.emit(factory, "ContractCreated");
    });

    it("takes no money", async () => {
      const { factory, alice } = await loadFixture(factoryFixture);
      const data = factory.interface.encodeFunctionData("create", [SALT, ONE_WORD]);
      await expect(alice.sendTransaction({ to: factory, data, value: 1n })).to.be.reverted;
    });

    it("leaves a proxy that can put nothing in the place of what was created", async () => {
      const { factory, alice, bob } = await loadFixture(factoryFixture);
      const created = await factory.addressOf(alice, SALT);
      await factory.create(SALT, ONE_WORD);
      const bound = keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [alice.address, SALT]));
      const proxy = ethers.getCreate2Address(await factory.getAddress(), bound, PROXY_INIT_CODE_HASH);
      expect(ethers.getCreateAddress({ from: proxy, nonce: 1 })).to.equal(created);

      await bob.sendTransaction({ to: proxy, data: TWO_WORDS });
      expect(await ethers.provider.getCode(ethers.getCreateAddress({ from: proxy, nonce: 2 }))).to.equal("0x60405ff3");
      expect(await ethers.provider.getCode(created)).to.equal("0x60205ff3");
    });
  });

  describe("frozen code", () => {
    it("is what the source compiles to: if this fails, every address would change", async function () {
      if (underCoverage) this.skip(); // instrumented code is other code
      const { bytecode, deployedBytecode } = await hre.artifacts.readArtifact("Create3Factory");
      expect(FACTORY_INIT_CODE).to.equal(bytecode);
      expect(FACTORY_CODE_HASH).to.equal(keccak256(deployedBytecode));
    });
  });
});
