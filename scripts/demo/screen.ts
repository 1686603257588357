import { plainTable } from "../../sdk/table";

type Paint = (text: string) => string;

const INDENT = 3;

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
    /** Width of the terminal; undefined: none shows it. */
    readonly columns?: number,
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
    const right = heads.flatMap((head, column) => (head.startsWith(">") ? [column] : []));
    const names = heads.map((head) => head.replace(/^>/, ""));
    const room = this.columns === undefined ? undefined : this.columns - INDENT;
    const text = plainTable(names.map(this.bold), rows, right, room);
    for (const line of text.split("\n")) this.line(line === "" ? "" : " ".repeat(INDENT) + line);
  }
}

/** `1:40:00`. */
export function span(seconds: bigint | number): string {
  const total = Number(seconds);
  const two = (value: number): string => `${Math.floor(value)}`.padStart(2, "0");
  return `${Math.floor(total / 3_600)}:${two((total % 3_600) / 60)}:${two(total % 60)}`;
}
