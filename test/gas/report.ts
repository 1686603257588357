import { z } from "zod";

import {
  type Action,
  ACTIONS,
  type CheckpointRow,
  type GrowthRow,
  HISTORIES,
  LEASE_ENDS,
  type OutageRow,
  type Row,
  type State,
  STATES,
} from "./limits";
import type { Scenario } from "./scenario";
import type { Spending } from "./trace";

/** The figures that screens and other programs read. */
export interface Figures {
  rows: Row[];
  growth: GrowthRow[];
  outages: OutageRow[];
  checkpoints: CheckpointRow[];
}

/** Where the gas of one row went. */
export interface Trace {
  action: Action;
  state: State;
  spending: readonly Spending[];
}

export interface CodeSize {
  contract: string;
  bytes: number;
}

/** Everything that the report says. */
export interface Report extends Figures {
  /** Of each row, in their order. */
  scenarios: readonly Pick<Scenario, "conditions">[];
  /** Rows measured with other allowances. */
  allowances: readonly (Row & { conditions: string })[];
  sizes: readonly CodeSize[];
  traces: readonly Trace[];
  /** Settings of the compiler and the network, by name. */
  settings: Readonly<Record<string, string>>;
}

const figuresSchema = z.strictObject({
  rows: z.array(z.strictObject({ action: z.enum(ACTIONS), state: z.enum(STATES), gas: z.int().positive() })),
  growth: z.array(z.strictObject({ action: z.enum(ACTIONS), n: z.int().positive(), gas: z.int().positive() })),
  outages: z.array(
    z.strictObject({
      action: z.enum(ACTIONS),
      end: z.enum(LEASE_ENDS),
      none: z.int().positive(),
      many: z.int().positive(),
    }),
  ),
  checkpoints: z.array(
    z.strictObject({
      action: z.enum(ACTIONS),
      history: z.enum(HISTORIES),
      none: z.int().positive(),
      many: z.int().positive(),
    }),
  ),
});

/** The figures in the text of a gas.json; throws where it has another form. */
export const readFigures = (text: string): Figures => figuresSchema.parse(JSON.parse(text));

/** gas.json: one row on each line. */
export function toJson({ rows, growth, outages, checkpoints }: Figures): string {
  const list = (items: readonly object[]) =>
    items
      .map(
        (item) =>
          `    ${JSON.stringify(item)
            .replace(/([{,:])/g, "$1 ")
            .replace(/}$/, " }")}`,
      )
      .join(",\n");
  const lists = Object.entries({ rows, growth, outages, checkpoints }).map(
    ([name, items]) => `  "${name}": [\n${list(items)}\n  ]`,
  );
  return `{\n${lists.join(",\n")}\n}\n`;
}
