/** The bytes of a WebAssembly module that multiplies: written here, as no compiler of it is at hand where the viewer is built. */

/** Instructions, by their names in the specification. */
const OP = {
  loop: [0x03, 0x40],
  end: [0x0b],
  branchIf: [0x0d, 0],
  i32Add: [0x6a],
  i32Sub: [0x6b],
  i32Mul: [0x6c],
  i32And: [0x71],
  i32LessUnsigned: [0x49],
  if: [0x04, 0x40],
  f32Load: [0x2a, 2, 0],
  f64Load: [0x2b, 3, 0],
  f64Store: [0x39, 3, 0],
  f64Add: [0xa0],
  f64Mul: [0xa2],
  f64OfF32: [0xbb],
  v128Load: [0xfd, 0x00, 0, 0],
  v128Load64: [0xfd, 0x5d, 0, 0],
  f64x2OfF32x2: [0xfd, 0x5f],
  f64x2Splat: [0xfd, 0x14],
  f64x2Add: [0xfd, 0xf0, 0x01],
  f64x2Mul: [0xfd, 0xf2, 0x01],
} as const;
const TYPE = { i32: 0x7f, f64: 0x7c, v128: 0x7b, function: 0x60 };
const SECTION = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 };
const [WEIGHTS, WIDTH, ROWS, INPUTS, OUT] = [0, 1, 2, 3, 4];
const PARAMETERS = 5;

/**
 * A module with the memory `of.memory` and a function `products0`, `products1`, … for each [rows, inputs]: so many rows of
 * weights (float32) and of inputs (float64) go together. Each sum is that of the even places, plus that of the odd ones,
 * plus what is left over of an odd width.
 */
export function simdProgram(shapes: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const name = (i: number): number[] => text(`products${i}`);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(SECTION.types, [[TYPE.function, ...vector(Array(PARAMETERS).fill([TYPE.i32]) as number[][]), 0]]),
    ...section(SECTION.imports, [[...text('of'), ...text('memory'), 2, 0, 1]]),
    ...section(SECTION.functions, shapes.map(() => [0])), // prettier-ignore
    ...section(SECTION.exports, shapes.map((_, i) => [...name(i), 0, i])), // prettier-ignore
    ...section(SECTION.code, shapes.map(([rows, inputs]) => body(rows!, inputs!))), // prettier-ignore
  ]);
}

function body(rows: number, inputs: number): number[] {
  const [weight, input, end, wide, long, out] = [5, 6, 7, 8, 9, 10];
  const sum = 11;
  const read = sum + rows * inputs;
  const other = read + rows;
  const pairs = [...Array(rows * inputs).keys()].map((i) => ({
    m: Math.floor(i / inputs),
    r: i % inputs,
    sum: sum + i,
  }));
  const row = (m: number): number[] => [...get(weight), ...far(m, wide)];
  const at = (r: number): number[] => [...get(input), ...far(r, long)];
  const code = [
    ...[...get(WIDTH), ...constant(4), ...OP.i32Mul, ...set(wide)],
    ...[...get(WIDTH), ...constant(8), ...OP.i32Mul, ...set(long)],
    ...[...get(OUT), ...set(out)],
    ...OP.loop, // over rows of weights
    ...pairs.flatMap(({ sum: of }) => [...float(0), ...OP.f64x2Splat, ...set(of)]),
    ...[...get(WEIGHTS), ...set(weight), ...get(INPUTS), ...set(input)],
    ...[...get(WEIGHTS), ...get(WIDTH), ...constant(-2), ...OP.i32And, ...constant(4), ...OP.i32Mul, ...OP.i32Add],
    ...set(end),
    ...OP.loop, // over pairs of places
    ...span(rows).flatMap((m) => [...row(m), ...OP.v128Load64, ...OP.f64x2OfF32x2, ...set(read + m)]),
    ...span(inputs).flatMap((r) => [
      ...[...at(r), ...OP.v128Load, ...set(other)],
      ...pairs
        .filter((pair) => pair.r === r)
        .flatMap((pair) => [
          ...[...get(pair.sum), ...get(read + pair.m), ...get(other), ...OP.f64x2Mul, ...OP.f64x2Add, ...set(pair.sum)],
        ]),
    ]),
    ...[...get(weight), ...constant(8), ...OP.i32Add, ...set(weight)],
    ...[...get(input), ...constant(16), ...OP.i32Add, ...set(input)],
    ...[...get(weight), ...get(end), ...OP.i32LessUnsigned, ...OP.branchIf, ...OP.end],
    ...pairs.flatMap(({ m, r, sum: of }) => [
      ...place(out, m, r),
      ...[...get(of), ...lane(0), ...get(of), ...lane(1), ...OP.f64Add],
      ...OP.f64Store,
    ]),
    ...[...get(WIDTH), ...constant(1), ...OP.i32And, ...OP.if],
    ...pairs.flatMap(({ m, r }) => [
      ...[...place(out, m, r), ...place(out, m, r), ...OP.f64Load],
      ...[...row(m), ...OP.f32Load, ...OP.f64OfF32, ...at(r), ...OP.f64Load, ...OP.f64Mul, ...OP.f64Add],
      ...OP.f64Store,
    ]),
    ...OP.end,
    ...[...get(WEIGHTS), ...far(rows, wide), ...set(WEIGHTS)],
    ...[...get(out), ...constant(8 * rows), ...OP.i32Add, ...set(out)],
    ...[...get(out), ...get(OUT), ...OP.i32Sub, ...get(ROWS), ...constant(8), ...OP.i32Mul],
    ...[...OP.i32LessUnsigned, ...OP.branchIf, ...OP.end],
    ...OP.end,
  ];
  const locals = [
    [out - PARAMETERS + 1, TYPE.i32],
    [other - sum + 1, TYPE.v128],
  ];
  const all = [...vector(locals.map(([count, type]) => [...unsigned(count!), type!])), ...code];
  return [...unsigned(all.length), ...all];
}

/** Where the sum of weights' row m and inputs' row r goes. */
function place(out: number, m: number, r: number): number[] {
  return [...get(out), ...get(ROWS), ...constant(8 * r), ...OP.i32Mul, ...OP.i32Add, ...constant(8 * m), ...OP.i32Add];
}

/** Adds `count` times the local `step`. */
function far(count: number, step: number): number[] {
  return count ? [...get(step), ...constant(count), ...OP.i32Mul, ...OP.i32Add] : [];
}

function span(count: number): number[] {
  return [...Array(count).keys()];
}

function get(local: number): number[] {
  return [0x20, local];
}

function set(local: number): number[] {
  return [0x21, local];
}

function lane(of: number): number[] {
  return [0xfd, 0x21, of];
}

function constant(value: number): number[] {
  return [0x41, ...signed(value)];
}

function float(value: number): number[] {
  return [0x44, ...new Uint8Array(Float64Array.of(value).buffer)];
}

function text(of: string): number[] {
  const letters = [...new TextEncoder().encode(of)];
  return [...unsigned(letters.length), ...letters];
}

function vector(parts: readonly (readonly number[])[]): number[] {
  return [...unsigned(parts.length), ...parts.flat()];
}

function section(number: number, parts: readonly (readonly number[])[]): number[] {
  const content = vector(parts);
  return [number, ...unsigned(content.length), ...content];
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}
