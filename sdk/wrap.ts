import { stripVTControlCharacters } from "node:util";

/** Below this many columns a text is left as it is: the terminal breaks it better. */
const LEAST_COLUMNS = 40;
/** What follows a break is indented by so much more than the line itself. */
export const HANGING = 2;

/** How many columns a text takes: codes of colours take none. */
export function widthOf(text: string): number {
  return text.includes("\u001b") ? stripVTControlCharacters(text).length : text.length;
}

/** Lines of words, none with more than `columns` characters; those behind a break begin with `indent`. Words stay whole. */
export function brokenLines(text: string, columns: number, indent = ""): string[] {
  const [first = "", ...words] = text.split(" ");
  const lines = [first];
  for (const word of words) {
    const last = lines[lines.length - 1] ?? "";
    if (widthOf(last) + 1 + widthOf(word) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}

/**
 * Breaks the lines of a text between words, so that none has more columns. What follows a break is indented like the line
 * itself, and two columns more. Words stay whole. Undefined: it is no terminal, and the text stays as it is.
 */
export function wrapped(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < LEAST_COLUMNS) return text;
  return text
    .split("\n")
    .map((line) => wrappedLine(line, columns))
    .join("\n");
}

function wrappedLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  const indent = /^ */.exec(line)?.[0] ?? "";
  const hanging = " ".repeat(HANGING);
  return brokenLines(line.slice(indent.length), columns - indent.length, hanging)
    .map((part) => indent + part)
    .join("\n");
}
