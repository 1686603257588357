/** The promises that are checked after every step. */
export type PromiseId =
  | "INV-ESC-1"
  | "INV-ESC-2"
  | "INV-ESC-3"
  | "INV-ESC-4"
  | "INV-LSE-1"
  | "INV-LSE-2"
  | "INV-LSE-3"
  | "INV-LSE-4"
  | "INV-LSE-5"
  | "INV-LSE-6"
  | "INV-LSE-7"
  | "INV-LSE-8"
  | "INV-LSE-9"
  | "INV-LSE-10"
  | "INV-LSE-11"
  | "INV-ORD-1"
  | "INV-REC-1"
  | "INV-STK-1"
  | "INV-STK-2"
  | "INV-STK-3"
  | "INV-STK-4"
  | "INV-STK-5"
  | "INV-DSP-1"
  | "INV-DSP-2"
  | "INV-DSP-3"
  | "INV-DSP-4"
  | "INV-DSP-5"
  | "INV-OPR-1"
  | "INV-TOK-1"
  | "INV-GOV-1"
  | "INV-LIV-1";

/** A promise that did not hold, or (STORAGE, CALLS) a value or an outcome that is not the model's. */
export class Broken extends Error {
  constructor(
    readonly what: PromiseId | "STORAGE" | "CALLS",
    message: string,
  ) {
    super(`${what}: ${message}`);
  }
}
