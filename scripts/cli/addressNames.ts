import { z } from "zod";

/** Schemas of addresses: wherever one stands in a command's input, names are taken, too. */
const ADDRESSES = new WeakSet<z.ZodType>();

/** Marks a schema as that of an address. */
export function takesNames<S extends z.ZodType>(schema: S): S {
  ADDRESSES.add(schema);
  return schema;
}

function isAddress(schema: unknown): boolean {
  if (!(schema instanceof z.ZodType)) return false;
  if (ADDRESSES.has(schema)) return true;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return isAddress(schema.unwrap());
  if (schema instanceof z.ZodArray) return isAddress(schema.element);
  return schema instanceof z.ZodPipe && isAddress(schema.in);
}

/** What is left of a field's value when each name in it is replaced; a look-up that knows no address hands the name back. */
export async function withAddresses(
  input: z.ZodType,
  raw: Readonly<Record<string, unknown>>,
  addressOf: (name: string) => string | Promise<string>,
): Promise<Record<string, unknown>> {
  const shape: Readonly<Record<string, unknown>> = input instanceof z.ZodObject ? input.shape : {};
  const replaced = { ...raw };
  for (const [field, schema] of Object.entries(shape)) {
    const value = raw[field];
    if (value === undefined || !isAddress(schema)) continue;
    const one = (each: unknown): unknown => (typeof each === "string" ? addressOf(each) : each);
    replaced[field] = Array.isArray(value) ? await Promise.all(value.map(one)) : await one(value);
  }
  return replaced;
}
