import { expect } from "chai";

import { plainTable } from "../../sdk/table";

describe("plain tables", () => {
  it("align columns with two spaces between them, numbers at the right, and end lines where the text ends", () => {
    const rows = [
      ["web", "5", "live"],
      ["hosting", "1,200", ""],
    ];
    expect(plainTable(["Offer", "units", "state"], rows, [1], undefined)).to.equal(
      ["Offer    units  state", "web          5  live", "hosting  1,200"].join("\n"),
    );
  });

  it("have a head alone where there are no rows", () => {
    expect(plainTable(["a", "b"], [], [], undefined)).to.equal("a  b");
  });

  describe("in a terminal", () => {
    const head = ["step", "state", "address", "remark"];
    const address = `0x${"ab".repeat(20)}`;
    const remark = "the hash of its code is not the one that the address book records for this contract";
    const rows = [
      ["market", "mismatch", address, remark],
      ["list USDC", "missing", "", "the market accepts USDC"],
    ];

    it("stay as they are where they fit, and where there is no terminal", () => {
      const full = plainTable(head, rows, [], undefined);
      expect(Math.max(...full.split("\n").map(({ length }) => length))).to.equal(148);
      expect(plainTable(head, rows, [], 148)).to.equal(full);
      expect(plainTable(["offer", "units"], [["web", "5"]], [1], 40)).to.equal("offer  units\nweb        5");
    });

    it("break the widest cells between words from 100 columns on, and indent what follows", () => {
      expect(plainTable(head, rows, [], 120)).to.equal(
        [
          "step       state     address                                     remark",
          `market     mismatch  ${address}  the hash of its code is not the one that the address`,
          `${" ".repeat(67)}book records for this contract`,
          "list USDC  missing                                               the market accepts USDC",
        ].join("\n"),
      );
    });

    it("list names and values below 100 columns, without empty values", () => {
      expect(plainTable(head, rows, [], 60)).to.equal(
        [
          "step     market",
          "state    mismatch",
          `address  ${address}`,
          "remark   the hash of its code is not the one that the",
          "         address book records for this contract",
          "",
          "step     list USDC",
          "state    missing",
          "remark   the market accepts USDC",
        ].join("\n"),
      );
    });

    it("list names and values where words alone are too long for columns, and cut no word", () => {
      const hash = `0x${"cd".repeat(32)}`;
      expect(plainTable(["one", "two"], [[hash, hash]], [], 100)).to.equal(`one  ${hash}\ntwo  ${hash}`);
      expect(plainTable(["one"], [[hash]], [], 30)).to.equal(`one  ${hash}`);
    });

    it("break no numbers", () => {
      const wide = [[Array(30).fill("word").join(" "), "1,000.5 USDC"]];
      const [, first = "", second = ""] = plainTable(["what", "price"], wide, [1], 100).split("\n");
      expect(first)
        .to.have.lengthOf(98)
        .and.to.match(/word {2}1,000\.5 USDC$/);
      expect(second).to.match(/^ {2}word/);
    });

    it("are as wide as the terminal at most, whatever its width", () => {
      for (let columns = 60; columns <= 150; columns++) {
        for (const line of plainTable(head, rows, [], columns).split("\n")) {
          expect(line.length, `${columns}: ${line}`).to.be.at.most(columns);
        }
      }
    });
  });
});
