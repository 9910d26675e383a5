import type { Component } from 'svelte';
import type { DatasetEntry } from '../data/types';
import type { Explorer } from '../state/explorer.svelte';
import type { PageName } from '../state/pages';
import { sideA, usualB } from '../state/sides';

export interface Page {
  name: PageName;
  title: string;
  /** One line that says what it shows. */
  about: string;
  /** The page's own code, fetched when it is first opened; null for the picture, which is always there. */
  load: (() => Promise<{ default: Component<{ explorer: Explorer }> }>) | null;
  /** Whether it has a tab; a unit's page is reached from its unit. */
  listed: boolean;
  /** Whether it is made of answers of DuckDB. */
  queries?: true;
}

/** Why this folder has nothing to show on a page; null where it has. */
export function missing({ name }: Page, dataset: DatasetEntry | null): string | null {
  if (name !== 'find' || dataset === null || (dataset.tables['sentences']?.rows ?? 0) > 0) return null;
  return 'published without its sentences';
}

/** Whether the page is among those to choose from: what this folder, or this file, can show. */
export function offered(page: Page, { dataset, source, view }: Pick<Explorer, 'dataset' | 'source' | 'view'>): boolean {
  if (page.name === view.page) return true;
  if (!page.listed || source === null || missing(page, dataset) !== null) return false;
  if (page.queries && !source.queries) return false;
  return page.name !== 'compare' || usualB(sideA(view), source.manifest) !== null;
}

export const PAGES: readonly Page[] = [
  {
    name: 'picture',
    title: 'Picture',
    about: 'One sentence, the memory chips and the words that move them',
    load: null,
    listed: true,
  },
  {
    name: 'units',
    title: 'Units',
    about: 'All hidden units with their measures, to sort and filter',
    load: () => import('../features/units/UnitsPage.svelte'),
    listed: true,
  },
  {
    name: 'find',
    title: 'Find',
    about: 'Sentences, a word in its contexts, where a unit fires, and steps like this one',
    load: () => import('../features/find/FindPage.svelte'),
    listed: true,
    queries: true,
  },
  {
    name: 'unit',
    title: 'Unit',
    about: 'Everything about one hidden unit',
    load: () => import('../features/unit/UnitPage.svelte'),
    listed: false,
  },
  {
    name: 'map',
    title: 'Map',
    about: 'Units and words in two dimensions: neighbours answer alike',
    load: () => import('../features/map/MapPage.svelte'),
    listed: true,
  },
  {
    name: 'compare',
    title: 'Compare',
    about: 'Two models, states, epochs or corpora around one sentence',
    load: () => import('../features/compare/ComparePage.svelte'),
    listed: true,
  },
  {
    name: 'sql',
    title: 'SQL',
    about: 'Ask the published tables anything, in SQL',
    load: () => import('../features/sql/SqlPage.svelte'),
    listed: true,
    queries: true,
  },
];
