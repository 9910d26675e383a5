import { CATALOGUE, type CatalogueTable } from '../catalogue';
import type { TableName } from '../schema';
import type { DatasetEntry, Manifest, ModelEntry, StateEntry, TableEntry } from '../types';

type Owner = DatasetEntry | ModelEntry | StateEntry;

/** A published table under the name that queries call it by. */
export interface NamedTable {
  /** Null for the tables of the dataset, model and state on the screen. */
  schema: string | null;
  name: TableName;
  owner: Owner;
  entry: TableEntry;
  about: CatalogueTable;
  /** Of how many of all sentences it holds rows, where these are fewer; null where they are all, or none is of a sentence. */
  sample: Sample | null;
}

export interface Sample {
  sentences: number;
  of: number;
  /** Whether all of held-out text is there besides. */
  heldOut?: boolean;
}

export interface TableGroup {
  title: string;
  schema: string | null;
  tables: NamedTable[];
}

/** A name that needs no quotes. */
export function plainName(...parts: string[]): string {
  const name = parts
    .join('_')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(name) ? name : `t_${name}`;
}

/** Tables that have rows of the sentences alone whose states are published. */
const OF_PUBLISHED_STATES: readonly TableName[] = ['states', 'answer_memory'];

function sampleOf(dataset: DatasetEntry, states: readonly StateEntry[]): Sample | null {
  const of = Object.values(dataset.splits).reduce((sum, n) => sum + n, 0);
  const sentences = Math.max(...states.map((state) => state.published_sentences ?? of));
  return states.length && sentences < of ? { sentences, of } : null;
}

/** The tables of `owner`, whose states are `states`. */
function tablesOf(
  owner: Owner,
  schema: string | null,
  dataset: DatasetEntry,
  states: readonly StateEntry[],
): NamedTable[] {
  const sample = sampleOf(dataset, states);
  return CATALOGUE.flatMap((about) => {
    const { name } = about;
    const entry = owner.tables[name];
    if (!entry || entry.rows === 0) return [];
    // Steps of a language model are those of the published states and of held-out text.
    const heldOut = name === 'steps' && 'kind' in owner && owner.kind === 'language model';
    const part = heldOut || OF_PUBLISHED_STATES.includes(name);
    return [{ schema, name, owner, entry, about, sample: part && sample ? { ...sample, heldOut } : null }];
  });
}

/** Those that a query with these words names. */
export function namedTables(groups: readonly TableGroup[], words: ReadonlySet<string>): NamedTable[] {
  return groups
    .flatMap(({ tables }) => tables)
    .filter(({ name, schema }) => words.has(name) && (schema === null || words.has(schema)));
}

/** Every published table: those on the screen by their plain names, the others behind the name of their model and state. */
export function tableGroups(
  manifest: Manifest,
  dataset: DatasetEntry,
  model: ModelEntry,
  state: StateEntry,
): TableGroup[] {
  const taken = new Set<string>(['main', 'temp', 'system', 'pg_catalog', 'information_schema']);
  const free = (...parts: string[]): string => {
    const base = plainName(...parts);
    let name = base;
    for (let i = 2; taken.has(name); i += 1) name = `${base}_${i}`;
    taken.add(name);
    return name;
  };
  const groups: TableGroup[] = [
    { title: dataset.title, schema: null, tables: tablesOf(dataset, null, dataset, []) },
    { title: model.title, schema: null, tables: tablesOf(model, null, dataset, model.states) },
    { title: state.title, schema: null, tables: tablesOf(state, null, dataset, [state]) },
  ];
  const add = (title: string, schema: string, owner: Owner, of: DatasetEntry, states: readonly StateEntry[]): void => {
    groups.push({ title, schema, tables: tablesOf(owner, schema, of, states) });
  };
  for (const other of manifest.datasets) {
    const before = other === dataset ? [] : [other.name];
    if (other !== dataset) add(other.title, free(other.name), other, other, []);
    for (const candidate of other.models) {
      const prefix = other === dataset ? '' : `${other.title}, `;
      if (candidate !== model)
        add(`${prefix}${candidate.title}`, free(...before, candidate.name), candidate, other, candidate.states);
      for (const own of candidate.states) {
        if (own !== state)
          add(`${prefix}${candidate.title}, ${own.title}`, free(...before, candidate.name, own.name), own, other, [
            own,
          ]);
      }
    }
  }
  return groups.filter(({ tables }) => tables.length > 0);
}

const TYPES: Record<string, string> = {
  int8: 'TINYINT',
  uint8: 'UTINYINT',
  int16: 'SMALLINT',
  int32: 'INTEGER',
  int64: 'BIGINT',
  float16: 'FLOAT',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  string: 'VARCHAR',
  bool: 'BOOLEAN',
};

/** A column's type as DuckDB has it. */
export function sqlType(type: string): string {
  const item = /^list<(\w+)>$/.exec(type)?.[1];
  return item ? `${TYPES[item] ?? 'VARCHAR'}[]` : (TYPES[type] ?? 'VARCHAR');
}
