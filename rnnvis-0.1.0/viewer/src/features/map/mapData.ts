import type { Source } from '../../data/source';
import type { Clustering, StateEntry, UnitRow, Vocabulary } from '../../data/types';
import { groups, unitClusters, chipNumbers } from '../../model/groups';
import { clusterColour, diverging, type Tokens } from '../../paint/colour';
import { speechColour } from '../../paint/speech';
import type { MapColour, MapMethod } from '../../state/mapView';
import type { Effects } from '../../state/effects';
import type { MapPoint } from './plane';

export interface Coordinates {
  ids: number[];
  x: number[];
  y: number[];
}

/** Both pictures of a state, and the share of the variance along each principal axis. */
export interface Projection {
  at: Record<MapMethod, { unit: Coordinates; word: Coordinates }>;
  shares: { unit: (number | null)[]; word: (number | null)[] };
}

/** The published coordinates of a state; null where it has none. */
export async function loadProjection(source: Source, state: StateEntry): Promise<Projection | null> {
  const table = source.table(state, 'projection');
  if (!table) return null;
  const [rows, figures] = await Promise.all([
    table.all(['method', 'item', 'id', 'x', 'y']),
    source.table(state, 'state_measures')?.all(['measure', 'value']) ?? [],
  ]);
  const empty = (): Coordinates => ({ ids: [], x: [], y: [] });
  const at = { pca: { unit: empty(), word: empty() }, tsne: { unit: empty(), word: empty() } };
  for (const { method, item, id, x, y } of rows) {
    const into =
      (method === 'pca' || method === 'tsne') && (item === 'unit' || item === 'word') ? at[method][item] : null;
    into?.ids.push(id);
    into?.x.push(x);
    into?.y.push(y);
  }
  const value = new Map(figures.map((row) => [row.measure, row.value]));
  const shares = (item: string): (number | null)[] =>
    [1, 2].map((axis) => value.get(`pca_${item}_share_${axis}`) ?? null);
  return { at, shares: { unit: shares('unit'), word: shares('word') } };
}

export interface Facts {
  vocabulary: Vocabulary;
  clustering: Clustering;
  effects: Effects | null;
  units: readonly UnitRow[];
  colour: MapColour;
  wordIds: readonly number[];
  selectedUnits: readonly number[];
  theme: Tokens;
}

/** End of the colour scale: all but the strongest twentieth lie inside. */
export function limitOf(values: readonly (number | null)[]): number {
  const sizes = values
    .filter((value) => value !== null)
    .map(Math.abs)
    .sort((a, b) => a - b);
  return sizes[Math.floor(0.95 * (sizes.length - 1))] || 1;
}

/** Drawn number of the cloud of every clustered word. */
export function cloudNumbers(clustering: Clustering): Map<number, number> {
  return chipNumbers(clustering.words);
}

function painted(
  facts: Facts,
  number: number | null,
  value: number | null,
  limit: number,
  part: string | null | undefined,
): { colour: string; hollow: boolean } {
  const { theme } = facts;
  if (facts.colour === 'cluster')
    return { colour: number === null ? theme.grey : clusterColour(number - 1, theme), hollow: number === null };
  if (facts.colour === 'speech') return { colour: speechColour(part, theme), hollow: part === undefined };
  return { colour: value === null ? theme.grey : diverging(theme).colour(value / limit), hollow: value === null };
}

export function wordPoints(at: Coordinates, facts: Facts): MapPoint[] {
  const { clustering, vocabulary } = facts;
  const numbers = cloudNumbers(clustering);
  const strongest = new Map<number, number>();
  for (const group of groups(clustering.words)) {
    for (const index of group.members) {
      const row = clustering.strengths.subarray(
        index * unitClusters(clustering),
        (index + 1) * unitClusters(clustering),
      );
      strongest.set(
        clustering.words.ids[index]!,
        row.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      );
    }
  }
  const values = at.ids.map((id) => facts.effects?.(id) ?? null);
  const limit = limitOf(values);
  return at.ids.map((id, i) => {
    const number = numbers.get(id) ?? null;
    return {
      id,
      name: vocabulary.text[id] ?? '',
      x: at.x[i]!,
      y: at.y[i]!,
      number,
      ...painted(facts, number, values[i]!, limit, vocabulary.speech ? vocabulary.speech.part[id] : undefined),
      selected: facts.wordIds.indexOf(id),
      weight: strongest.get(id) ?? -1 / (1 + (vocabulary.count[id] ?? 0)),
    };
  });
}

export function unitPoints(at: Coordinates, facts: Facts): MapPoint[] {
  const numbers = chipNumbers(facts.clustering.units);
  const rows = new Map(facts.units.map((row) => [row.unit, row]));
  const values = at.ids.map((id) => rows.get(id)?.outputWeight ?? null);
  const limit = limitOf(values);
  return at.ids.map((id, i) => {
    const number = numbers.get(id) ?? null;
    return {
      id,
      name: String(id),
      x: at.x[i]!,
      y: at.y[i]!,
      number,
      ...painted(facts, number, values[i]!, limit, undefined),
      selected: facts.selectedUnits.indexOf(id),
      weight: Math.abs(values[i] ?? rows.get(id)?.meanAbsolute ?? 0),
    };
  });
}
