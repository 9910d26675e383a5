/** What is used of JSON Schema; `words` says what a text with a pattern is, `$ref` names a shape. */
export interface Shape {
  $ref?: string;
  type?: string;
  enum?: readonly string[];
  const?: string;
  pattern?: string;
  words?: string;
  minimum?: number;
  anyOf?: readonly Shape[];
  items?: Shape;
  minItems?: number;
  properties?: Readonly<Record<string, Shape>>;
  required?: readonly string[];
  additionalProperties?: Shape;
}

/** Says which part of a value is not as declared, and what it must be. */
export class Misshapen extends Error {}

type Fields = Record<string, unknown>;

const KINDS: Record<string, { words: string; is: (value: unknown) => boolean }> = {
  string: { words: 'text', is: (value) => typeof value === 'string' },
  boolean: { words: 'true or false', is: (value) => typeof value === 'boolean' },
  integer: { words: 'a whole number', is: Number.isInteger },
  number: { words: 'a number', is: Number.isFinite },
  array: { words: 'a list', is: Array.isArray },
  object: { words: 'an object', is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) },
  null: { words: 'nothing', is: (value) => value === null },
};

/** Throws `Misshapen` at the first part of `value` that is not as declared; fields that are not declared are passed over. */
export function check(value: unknown, shape: Shape, shapes: Readonly<Record<string, Shape>>, at: string): void {
  const { $ref, anyOf, items, properties, additionalProperties } = shape;
  if ($ref) return check(value, shapes[$ref]!, shapes, at);
  if (anyOf) {
    if (anyOf.some((one) => !one.$ref && one.type === 'null') && value === null) return;
    const others = anyOf.filter(({ type }) => type !== 'null');
    if (others.length === 1) return check(value, others[0]!, shapes, at);
    if (!others.some(({ type }) => type && KINDS[type]!.is(value)))
      throw new Misshapen(`${at} must be ${others.map(wanted).join(' or ')}`);
    return;
  }
  if (!fits(value, shape)) throw new Misshapen(`${at} must be ${wanted(shape)}`);
  if (items) {
    const list = value as unknown[];
    if (list.length < (shape.minItems ?? 0)) throw new Misshapen(`${at} must be a list that is not empty`);
    list.forEach((item, i) => check(item, items, shapes, `${at}[${i}]`));
  }
  if (additionalProperties)
    for (const [name, inside] of Object.entries(value as Fields))
      check(inside, additionalProperties, shapes, `${at}.${name}`);
  for (const [name, inside] of Object.entries(properties ?? {})) {
    const found = (value as Fields)[name];
    if (found !== undefined || shape.required?.includes(name)) check(found, inside, shapes, `${at}.${name}`);
  }
}

function fits(value: unknown, { type, pattern, minimum, enum: allowed, const: only }: Shape): boolean {
  if (type && !KINDS[type]!.is(value)) return false;
  if (pattern && !new RegExp(pattern).test(value as string)) return false;
  if (minimum !== undefined && (value as number) < minimum) return false;
  return (!allowed || allowed.includes(value as string)) && (only === undefined || value === only);
}

function wanted({ type, enum: allowed, const: only, words, minimum }: Shape): string {
  if (allowed) return allowed.join(' or ');
  if (minimum !== undefined) return `a whole number from ${minimum} on`;
  return only ?? words ?? KINDS[type ?? 'object']!.words;
}
