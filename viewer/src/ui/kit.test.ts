import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const SRC = new URL('..', import.meta.url);
const styles = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.svelte') && !name.endsWith('Kit.svelte'))
  .map((name) => ({ name, style: readFileSync(new URL(name, SRC), 'utf8').split('<style>')[1] ?? '' }));

/** Components whose styles say what the kit says. */
const saying = (what: RegExp): string[] => styles.filter(({ style }) => what.test(style)).map(({ name }) => name);

it('the focus ring is written once: components say only how far off it stands', () => {
  expect(styles.length).toBeGreaterThan(90);
  expect(saying(/outline: (?!none|var\(--ring\)|2px solid Highlight)/)).toEqual([]);
});

it('sizes of the scale are written once', () => {
  expect(saying(/font: (\d+ )?(11px\/16px|12px\/1[68]px|1[23]px\/20px|14px\/20px) var\(--sans\)/)).toEqual([]);
});

it('colours come from the theme: components write only shadows', () => {
  expect(saying(/#[0-9a-f]{3,8}\b/i)).toEqual([]);
});
