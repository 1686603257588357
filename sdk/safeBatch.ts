import { type FunctionFragment, getAddress, id, Interface, isAddress, type ParamType } from "ethers";
import { z } from "zod";

/** One call of a batch; `fragment` and `args` let the owners of the Safe read it. */
export interface BatchCall {
  readonly to: string;
  readonly data: string;
  /** Wei. */
  readonly value?: bigint;
  readonly fragment: FunctionFragment;
  readonly args: readonly unknown[];
}

/** What a batch is for. */
export interface BatchPurpose {
  readonly chainId: number;
  readonly safe: string;
  readonly name: string;
  readonly description: string;
  /** Milliseconds. */
  readonly createdAt: number;
}

const address = z
  .string()
  .refine((text) => isAddress(text), "must be an address")
  .transform((text) => getAddress(text));

const input = z.object({ internalType: z.string().optional(), name: z.string(), type: z.string() });

/** A file of the Safe Transaction Builder, version 1.0. */
export const safeBatchSchema = z.object({
  version: z.literal("1.0"),
  chainId: z.string().regex(/^[1-9]\d*$/),
  createdAt: z.number().int().nonnegative(),
  meta: z.object({
    name: z.string(),
    description: z.string().optional(),
    txBuilderVersion: z.string().optional(),
    createdFromSafeAddress: z.string().optional(),
    createdFromOwnerAddress: z.string().optional(),
    checksum: z.string().optional(),
  }),
  transactions: z
    .array(
      z.object({
        to: address,
        value: z.string().regex(/^\d+$/),
        data: z
          .string()
          .regex(/^0x([0-9a-fA-F]{2})*$/)
          .nullable(),
        contractMethod: z.object({ inputs: z.array(input), name: z.string(), payable: z.boolean() }).nullish(),
        contractInputsValues: z.record(z.string(), z.string()).nullish(),
      }),
    )
    .min(1),
});

export type SafeBatch = z.output<typeof safeBatchSchema>;
type BatchTransaction = SafeBatch["transactions"][number];

/** What the builder reads of a text field: an element, or a JSON list of elements. It has no reliable form for structs. */
function isReadable(type: ParamType): boolean {
  if (type.isArray()) return !type.arrayChildren.isArray() && !type.arrayChildren.isTuple();
  return !type.isTuple();
}

function fieldText(value: unknown): string {
  return Array.isArray(value) ? JSON.stringify(value.map(String)) : String(value);
}

function transactionOf({ to, data, value = 0n, fragment, args }: BatchCall): BatchTransaction {
  const call = { to: getAddress(to), value: value.toString() };
  const named = fragment.inputs.every(({ name }) => name !== "") && fragment.inputs.length > 0;
  // The builder takes any text that begins with a bracket for a list.
  const lists = args.some((arg) => typeof arg === "string" && arg.startsWith("["));
  if (!named || lists || !fragment.inputs.every(isReadable)) return { ...call, data };
  const inputs = fragment.inputs.map(({ name, type }) => ({ internalType: type, name, type }));
  return {
    ...call,
    data: null,
    contractMethod: { inputs, name: fragment.name, payable: fragment.payable },
    contractInputsValues: Object.fromEntries(fragment.inputs.map(({ name }, index) => [name, fieldText(args[index])])),
  };
}

/** The builder's own canonical form: keys sorted, every value in JSON. */
function canonical(json: unknown): string {
  if (Array.isArray(json)) return `[${json.map(canonical).join(",")}]`;
  if (typeof json !== "object" || json === null) return JSON.stringify(json ?? null);
  const fields = json as Readonly<Record<string, unknown>>;
  const keys = Object.keys(fields).sort();
  return `{${JSON.stringify(keys)}${keys.map((key) => `${canonical(fields[key])},`).join("")}}`;
}

function checksumOf(batch: SafeBatch): string {
  const { checksum: _, ...meta } = batch.meta;
  return id(canonical({ ...batch, meta: { ...meta, name: null } }));
}

/** Calls -> what the Safe Transaction Builder imports. */
export function safeBatch(calls: readonly BatchCall[], purpose: BatchPurpose): SafeBatch {
  const batch: SafeBatch = {
    version: "1.0",
    chainId: String(purpose.chainId),
    createdAt: purpose.createdAt,
    meta: {
      name: purpose.name,
      description: purpose.description,
      txBuilderVersion: "1.18.0",
      createdFromSafeAddress: purpose.safe,
      createdFromOwnerAddress: "",
    },
    transactions: calls.map(transactionOf),
  };
  return { ...batch, meta: { ...batch.meta, checksum: checksumOf(batch) } };
}

export function formatSafeBatch(batch: SafeBatch): string {
  return `${JSON.stringify(batch, null, 2)}\n`;
}

/** A file that is no batch. */
export class SafeBatchError extends Error {
  override readonly name = "SafeBatchError";
}

/** The calls of a batch as the builder would make them. Throws SafeBatchError. */
export function readSafeBatch(text: string): { chainId: number; calls: { to: string; value: bigint; data: string }[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SafeBatchError(`the batch is not JSON: ${(error as Error).message}`);
  }
  const parsed = safeBatchSchema.safeParse(json);
  if (!parsed.success) throw new SafeBatchError(`the file is no batch: ${z.prettifyError(parsed.error)}`);
  const batch = parsed.data;
  if (batch.meta.checksum !== undefined && batch.meta.checksum !== checksumOf(batch)) {
    throw new SafeBatchError("the batch was changed after it was written: its checksum is of other calls");
  }
  const calls = batch.transactions.map(({ to, value, data, contractMethod, contractInputsValues }) => {
    if (data !== null) return { to, value: BigInt(value), data };
    if (contractMethod === null || contractMethod === undefined) return { to, value: BigInt(value), data: "0x" };
    const { name, inputs } = contractMethod;
    const abi = new Interface([`function ${name}(${inputs.map((field) => field.type).join(", ")})`]);
    const args = inputs.map((field): unknown => {
      const typed = contractInputsValues?.[field.name] ?? "";
      if (typed.startsWith("[")) return JSON.parse(typed) as unknown;
      return field.type === "bool" ? typed === "true" : typed;
    });
    return { to, value: BigInt(value), data: abi.encodeFunctionData(name, args) };
  });
  return { chainId: Number(batch.chainId), calls };
}
