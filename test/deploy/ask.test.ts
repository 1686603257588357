import { expect } from "chai";
import { PassThrough } from "node:stream";

import { askingAt } from "../../deploy/ask";
import { DeployError } from "../../deploy/errors";

describe("questions at a terminal", () => {
  it("take lines that were typed or pasted ahead, one each, and stop at the end of the input", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const { ask, close } = askingAt(input, output);
    input.write("rollup\nbase\n");
    expect(await ask("kind: ")).to.equal("rollup");
    expect(await ask("name: ")).to.equal("base");
    const last = ask("id: ").catch((error: unknown) => error);
    input.end();
    const error = await last;
    expect(error).to.be.instanceOf(DeployError);
    expect((error as Error).message).to.contain("Stopped at a question; nothing was written.");
    expect(String(output.read())).to.equal("kind: name: id: ");
    close();
  });
});
