import Table from "cli-table3";

import { brokenLines, HANGING, widthOf } from "./wrap";

const GAP = 2;
/** A table that does not fit is broken within its cells from so many columns on, and stacked on narrower terminals. */
const LEAST_FOR_ROWS = 100;
/** Room for a value of a stacked row, however narrow the terminal is. */
const LEAST_FOR_VALUE = 20;

/** Nothing but two spaces between columns: a table reads the same in a terminal, a log and a file. */
const CHARS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: " ".repeat(GAP),
};

type Cells = readonly string[];

/**
 * A table without lines and colours, the head first. `right`: numbers of the columns that are aligned at the right.
 * `columns`: the width of the terminal. A table that is wider is broken between words; below 100 columns, or where its words
 * are too long, each row becomes a list of names and values. Undefined: no terminal, and every row is one line.
 * Nobody may leave it out: a table that does not ask for the width does not fit.
 */
export function plainTable(
  head: Cells,
  rows: readonly Cells[],
  right: readonly number[],
  columns: number | undefined,
): string {
  const natural = widthsOf(head, rows, longestLine);
  if (columns === undefined || rows.length === 0 || total(natural) <= columns) return drawn(head, rows, right);
  if (columns < LEAST_FOR_ROWS) return stacked(head, rows, columns);
  const least = widthsOf(head, rows, longestPart).map((width, at) =>
    right.includes(at) ? (natural[at] ?? 0) : Math.min(width, natural[at] ?? 0),
  );
  if (total(least) > columns) return stacked(head, rows, columns);
  const widths = shrunk(natural, least, columns);
  const broken = (cells: Cells): string[] => cells.map((cell, at) => brokenCell(cell, widths[at] ?? 0));
  return drawn(broken(head), rows.map(broken), right);
}

const longestLine = (cell: string): number => Math.max(...cell.split("\n").map(widthOf));

/** The longest word, with room for the indent behind a break. */
const longestPart = (cell: string): number => Math.max(...cell.split(/\s/).map(widthOf)) + HANGING;

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, GAP * Math.max(0, widths.length - 1));

function widthsOf(head: Cells, rows: readonly Cells[], measure: (cell: string) => number): number[] {
  return head.map((title, at) => Math.max(measure(title), ...rows.map((row) => measure(row[at] ?? ""))));
}

/** Takes from the widest column that has anything to give, until all fit. */
function shrunk(natural: readonly number[], least: readonly number[], columns: number): number[] {
  const widths = [...natural];
  for (let excess = total(widths) - columns; excess > 0; excess--) {
    const spare = widths.map((width, at) => (width > (least[at] ?? 0) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function brokenCell(cell: string, width: number): string {
  return cell
    .split("\n")
    .flatMap((line) => (widthOf(line) <= width ? [line] : brokenLines(line, width, " ".repeat(HANGING))))
    .join("\n");
}

/** Each row as names and values below each other, empty values left out. */
function stacked(head: Cells, rows: readonly Cells[], columns: number): string {
  const indent = Math.max(...head.map(widthOf)) + GAP;
  const room = Math.max(LEAST_FOR_VALUE, columns - indent);
  const valueOf = (cell: string): string =>
    cell
      .split("\n")
      .flatMap((line) => brokenLines(line, room))
      .join(`\n${" ".repeat(indent)}`);
  return rows
    .map((row) =>
      head
        .flatMap((title, at) => {
          const cell = row[at] ?? "";
          return cell === "" ? [] : [title + " ".repeat(indent - widthOf(title)) + valueOf(cell)];
        })
        .join("\n"),
    )
    .join("\n\n");
}

function drawn(head: Cells, rows: readonly Cells[], right: readonly number[]): string {
  const out = new Table({
    head: [...head],
    chars: CHARS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((_, column) => (right.includes(column) ? "right" : "left")),
  });
  out.push(...rows.map((row) => [...row]));
  return out
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
