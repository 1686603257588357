import { expect } from "chai";

import { wrapped } from "../../sdk/wrap";

describe("Wrapping of messages", () => {
  const TEXT = "error: The configuration has a fault:\n  KEEPER_NAME is no name: write up to 64 letters, digits and _";

  it("breaks between words, and indents what follows", () => {
    expect(wrapped(TEXT, 50)).to.equal(
      "error: The configuration has a fault:\n" +
        "  KEEPER_NAME is no name: write up to 64 letters,\n" +
        "    digits and _",
    );
  });

  it("keeps a word that is longer than a line whole", () => {
    const hash = `0x${"ab".repeat(32)}`;
    expect(wrapped(`transaction ${hash} is lost`, 40)).to.equal(`transaction\n  ${hash}\n  is lost`);
  });

  it("leaves a text as it is where no terminal shows it, or a very narrow one", () => {
    expect(wrapped(TEXT, undefined)).to.equal(TEXT);
    expect(wrapped(TEXT, 20)).to.equal(TEXT);
  });
});
