import type { Drawing } from '../../paint/drawing';

/** What is saved, in both its forms: as a picture, and as the numbers behind it. */
export interface Saved {
  drawing: () => Drawing | Promise<Drawing>;
  csv: () => string | Promise<string>;
}

export interface Format {
  /** The ending of its files. */
  name: string;
  title: string;
  about: string;
  /** The formats that it holds: small figures, which offer all in a line, leave it out. */
  holds?: readonly string[];
  /** `name`: of the file, without its ending. */
  write: (saved: Saved, name: string) => Promise<Blob>;
}

/** Every format in which a page, or a figure of one, is saved. */
export const FORMATS: readonly Format[] = [
  {
    name: 'svg',
    title: 'SVG',
    about: 'the picture as shapes and text',
    write: async ({ drawing }) => (await import('./svg')).toSvg(await drawing()),
  },
  {
    name: 'png',
    title: 'PNG',
    about: 'the picture at twice its size',
    write: async ({ drawing }) => (await import('./png')).toPng(await drawing()),
  },
  {
    name: 'csv',
    title: 'CSV',
    about: 'the numbers behind it',
    write: async ({ csv }) => new Blob([await csv()], { type: 'text/csv;charset=utf-8' }),
  },
  {
    name: 'zip',
    title: 'Both',
    about: 'shapes and numbers in one ZIP',
    holds: ['svg', 'csv'],
    write: async (saved, name) => {
      const { toZip } = await import('./zip');
      const both = FORMATS.filter((one) => ['svg', 'csv'].includes(one.name));
      return toZip(
        await Promise.all(
          both.map(async (one) => ({ name: `${name}.${one.name}`, content: await one.write(saved, name) })),
        ),
      );
    },
  },
];
