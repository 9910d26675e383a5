import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const SRC = new URL('..', import.meta.url);
const components = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.svelte') && !name.endsWith('Kit.svelte'))
  .map((name) => {
    const [markup = '', style = ''] = readFileSync(new URL(name, SRC), 'utf8').split('<style>');
    return { name, markup, style };
  });

/** Components whose styles say what the kit says. */
const saying = (what: RegExp): string[] => components.filter(({ style }) => what.test(style)).map(({ name }) => name);
/** Components that write this element themselves. */
const writing = (what: RegExp): string[] =>
  components.filter(({ markup }) => what.test(markup)).map(({ name }) => name);

it('the focus ring is written once: components say only how far off it stands', () => {
  expect(components.length).toBeGreaterThan(90);
  expect(saying(/outline: (?!none|var\(--ring\)|2px solid Highlight)/)).toEqual([]);
});

it('sizes of the scale are written once', () => {
  expect(saying(/font: (\d+ )?(11px\/16px|12px\/1[68]px|1[23]px\/20px|14px\/20px) var\(--sans\)/)).toEqual([]);
});

it('colours come from the theme: components write only shadows', () => {
  expect(saying(/#[0-9a-f]{3,8}\b/i)).toEqual([]);
});

it('a table, and text for who listens, are styled once', () => {
  expect(saying(/border-collapse/)).toEqual([]);
  expect(saying(/(?<!\.skip:not\(:focus\) \{\s*)clip-path: inset\(50%\)/)).toEqual([]);
});

it('a dialog, a box to tick, a list under a field, the controls of a picture and a page have one component each', () => {
  // The tour darkens all but what it speaks of.
  expect(writing(/<dialog\b/).sort()).toEqual(['features/tour/Tour.svelte', 'ui/Dialog.svelte']);
  // In the grid of units a click on the box is no click on the row.
  expect(writing(/type="checkbox"/).sort()).toEqual(['features/units/UnitCells.svelte', 'ui/Checkbox.svelte']);
  expect(writing(/role="listbox"/).sort()).toEqual(['features/unit/Rail.svelte', 'ui/ComboList.svelte']);
  expect(writing(/aria-label="Controls"/)).toEqual(['ui/page/Strip.svelte']);
  expect(writing(/<h1\b/).sort()).toEqual(['ui/page/PageTitle.svelte']);
});
