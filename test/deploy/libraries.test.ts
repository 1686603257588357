import { reset, setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";

import { bookInMemory } from "../../deploy/book";
import type { ContractEntry, Plan } from "../../deploy/plan";
import { PROTOCOL } from "../../deploy/protocol";
import { predictAddress } from "../../deploy/scene";
import { compiled, deploy, localParameters, stopped } from "./helpers";

const library: ContractEntry = {
  name: "linkedLibrary",
  artifact: "contracts/mocks/LinkedLibrary.sol:LinkedLibrary",
  args: () => [],
};
const linking: ContractEntry = {
  name: "linking",
  artifact: "contracts/mocks/LinkingContract.sol:LinkingContract",
  args: () => [21],
  libraries: { "contracts/mocks/LinkedLibrary.sol:LinkedLibrary": "linkedLibrary" },
  facts: () => ({ VALUE: 21 }),
};
const plan: Plan = { ...PROTOCOL, contracts: [...PROTOCOL.contracts, library, linking] };

describe("linked libraries", () => {
  const at = (name: string): string => predictAddress(localParameters(), name);
  const book = bookInMemory();
  before(async () => {
    await reset(); // other test files may have run on this chain
    await deploy({ plan, book });
  });

  it("are created, linked and recorded like contracts", async () => {
    const contract = await ethers.getContractAt("LinkingContract", at("linking"));
    expect(await contract.doubled()).to.deep.equal([42n, 42n]);
    expect(book.load()?.contracts["linkedLibrary"]).to.include({ address: at("linkedLibrary") });
    expect(book.load()?.contracts["linking"]?.constructorArgs).to.deep.equal(["21"]);
    expect((await deploy({ plan, book })).transactions).to.equal(0);
  });

  it("are compared with what was compiled, their own address included", async () => {
    const code = await ethers.provider.getCode(at("linkedLibrary"));
    const own = at("linkedLibrary").slice(2).toLowerCase();
    expect(code).to.contain(own);
    await setCode(at("linkedLibrary"), code.replace(own, "11".repeat(20)));
    const error = await stopped(deploy({ plan }), "CODE_MISMATCH");
    expect(error.what).to.contain("it takes itself for the library at 0x");
    await setCode(at("linkedLibrary"), code);
    await deploy({ plan });
  });

  it("make another library another contract", async () => {
    const moved = { ...plan, contracts: [...PROTOCOL.contracts, { ...library, name: "moved" }, relinked("moved")] };
    const error = await stopped(deploy({ plan: moved }), "CODE_MISMATCH");
    expect(error.what).to.contain("linking at ");
  });

  it("that the plan forgets are named", async () => {
    const unlinked = { ...plan, contracts: [...PROTOCOL.contracts, library, { ...linking, libraries: {} }] };
    await expectFailure(deploy({ plan: unlinked }), "LinkedLibrary.sol:LinkedLibrary is not linked");
    const dangling = { ...plan, contracts: [...PROTOCOL.contracts, relinked("nowhere")] };
    await expectFailure(deploy({ plan: dangling }), 'to "nowhere", which it does not create');
  });

  it("and contracts that were not compiled are named", () => {
    expect(() => compiled.read("contracts/No.sol:No")).to.throw("There is no compiled contracts/No.sol:No");
  });
});

function relinked(name: string): ContractEntry {
  return { ...linking, libraries: { "contracts/mocks/LinkedLibrary.sol:LinkedLibrary": name } };
}

async function expectFailure(work: Promise<unknown>, message: string): Promise<void> {
  const error = await work.catch((caught: unknown) => caught);
  expect(error).to.be.instanceOf(Error);
  expect((error as Error).message).to.contain(message);
}
