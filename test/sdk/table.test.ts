import { expect } from "chai";

import { plainTable } from "../../sdk/table";

describe("plain tables", () => {
  it("align columns with two spaces between them, numbers at the right, and end lines where the text ends", () => {
    const rows = [
      ["web", "5", "live"],
      ["hosting", "1,200", ""],
    ];
    expect(plainTable(["Offer", "units", "state"], rows, [1])).to.equal(
      ["Offer    units  state", "web          5  live", "hosting  1,200"].join("\n"),
    );
  });

  it("have a head alone where there are no rows", () => {
    expect(plainTable(["a", "b"], [])).to.equal("a  b");
  });
});
