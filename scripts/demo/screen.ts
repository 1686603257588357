import Table from "cli-table3";
import { formatUnits } from "ethers";

type Paint = (text: string) => string;

const code =
  (open: number, close: number, on: boolean): Paint =>
  (text) =>
    on ? `\u001b[${open}m${text}\u001b[${close}m` : text;

/** Where the demo is told: plain lines, with colours where a person watches. */
export class Screen {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly green: Paint;
  readonly red: Paint;
  readonly cyan: Paint;
  private sections = 0;

  constructor(
    private readonly write: (text: string) => void,
    colours: boolean,
  ) {
    this.bold = code(1, 22, colours);
    this.dim = code(2, 22, colours);
    this.green = code(32, 39, colours);
    this.red = code(31, 39, colours);
    this.cyan = code(36, 39, colours);
  }

  line(text = ""): void {
    this.write(`${text}\n`);
  }

  section(title: string): void {
    this.sections += 1;
    this.line(`\n${this.cyan(`${this.sections}`)}  ${this.bold(title)}`);
  }

  /** Something that happened, and when on the chain. */
  event(time: string, text: string): void {
    this.line(`   ${this.dim(time.padEnd(9))}  ${text}`);
  }

  note(text: string): void {
    this.line(`   ${this.dim(text)}`);
  }

  done(text: string): void {
    this.line(`   ${this.green("ok")}  ${text}`);
  }

  fault(text: string): void {
    this.line(`   ${this.red("!!")}  ${text}`);
  }

  /** Columns whose heads begin with ">" are numbers. */
  table(heads: readonly string[], rows: readonly (readonly string[])[]): void {
    const table = new Table({
      head: heads.map((head) => this.bold(head.replace(/^>/, ""))),
      colAligns: heads.map((head) => (head.startsWith(">") ? "right" : "left")),
      style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
      chars: NO_LINES,
    });
    table.push(...rows.map((row) => [...row]));
    for (const line of table.toString().split("\n")) this.line(`   ${line.trimEnd()}`);
  }
}

const NO_LINES = {
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
  middle: "",
};

/** An amount to its last base unit, so that columns line up: `12.500000`. Nothing is a dash. */
export function exact(amount: bigint, decimals: number): string {
  if (amount === 0n) return "-";
  const [whole = "", fraction = ""] = formatUnits(amount, decimals).split(".");
  return `${whole}.${fraction.padEnd(decimals, "0")}`;
}

/** An amount for reading: `12.5`. */
export function short(amount: bigint, decimals: number): string {
  return formatUnits(amount, decimals).replace(/\.0$/, "");
}

/** `1:40:00`. */
export function span(seconds: bigint | number): string {
  const total = Number(seconds);
  const two = (value: number): string => `${Math.floor(value)}`.padStart(2, "0");
  return `${Math.floor(total / 3_600)}:${two((total % 3_600) / 60)}:${two(total % 60)}`;
}
