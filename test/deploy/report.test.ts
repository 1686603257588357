import { expect } from "chai";

import type { Deployment, Status } from "../../deploy/deployProtocol";
import type { Finding } from "../../deploy/inspect";
import { nextSteps, renderNextSteps } from "../../deploy/nextSteps";
import { renderStatus } from "../../deploy/report";
import { account } from "./facts";
import { localParameters } from "./helpers";

const status = (...findings: Finding[]): Status => ({
  findings,
  census: undefined,
  cost: undefined,
  book: undefined,
  parametersChanged: false,
});

describe("reports of a deployment", () => {
  it("fit the terminal: rows below each other under 100 columns, broken cells from there on", () => {
    const detail = "it was created from other code or other constructor arguments than this checkout gives";
    const found = status({ kind: "contract", name: "market", state: "mismatch", address: account(1), detail });
    const text = (columns?: number): string => renderStatus(found, localParameters(), columns);
    expect(text().split("\n")[3]).to.equal(`market  mismatch  ${account(1)}  ${detail}`);
    expect(text(80)).to.contain(
      `\nstep     market\nstate    mismatch\naddress  ${account(1)}\nremark   it was created`,
    );
    expect(text(120)).to.contain(
      `\nmarket  mismatch  ${account(1)}  it was created from other code or other constructor\n`,
    );
    for (const columns of [80, 100, 120]) {
      for (const line of text(columns).split("\n")) expect(line.length, line).to.be.at.most(columns);
    }
  });

  it("tell what is missing from what nobody looked at", () => {
    const text = renderStatus(
      status(
        { kind: "contract", name: "market", state: "missing", address: account(1) },
        { kind: "genesis", name: "guardian role", state: "not looked at" },
        { kind: "handover", name: "deployer steps down", state: "not looked at" },
      ),
      localParameters(),
    );
    expect(text)
      .to.match(/^market +missing/m)
      .and.to.match(/^guardian role +not looked at$/m);
    expect(text).to.contain(
      "1 of 3 steps are missing, 2 were not looked at, since they need what is missing: deploying will do what is left.",
    );
  });

  it("end with what people have to do next; on a development chain with what helps to try it out", () => {
    const files = { networkFile: "deploy/networks/x.json", book: "deployments/8453.json" };
    const deployment = { coinLeft: 1_234_567_000_000_000_000n } as Deployment;
    const parameters = localParameters();
    const real = { ...parameters, chainId: 8_453 };
    expect(nextSteps(deployment, real, files).map(({ what }) => what)).to.deep.equal([
      "Look at it through a node of somebody else.",
      "Commit deployments/8453.json: everybody else reads the addresses there.",
      "Publish the sources.",
      `Delegate the HOLD of ${parameters.roles.initialHolder}: it holds all of it, and nobody can vote or propose before.`,
      "Run a keeper, or have one run.",
      "Offer and lease.",
      `Send away the 1.234567 native coins of ${parameters.deployer}: its key has no power any more.`,
    ]);
    expect(renderNextSteps(nextSteps(deployment, real, files))).to.contain(
      "Next:\n  1. Look at it through a node of somebody else.\n" +
        "       npm run deploy -- status --network-file deploy/networks/x.json --book deployments/8453.json --rpc <url>\n",
    );
    expect(nextSteps(deployment, parameters, files)).to.have.lengthOf(3);
  });
});
