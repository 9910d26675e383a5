/** Pages of the explorer by the name that links use. `shell/pages.ts` says what each shows. */
export const PAGE_NAMES = ['picture', 'find', 'compare', 'units', 'unit', 'map', 'sql'] as const;

export type PageName = (typeof PAGE_NAMES)[number];

/** The page of that name; null where this version has none. */
export function pageNamed(name: string): PageName | null {
  return PAGE_NAMES.find((one) => one === name) ?? null;
}
