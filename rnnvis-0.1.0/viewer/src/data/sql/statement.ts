/** What DuckDB's own tokeniser says of a text: where each token starts, and its type. */
export interface Tokens {
  offsets: ArrayLike<number>;
  types: ArrayLike<number>;
}

const COMMENT = 5;
/** A token without the blanks and comments that reach to the next one. */
const LEXEME = /^(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|[\w$]+|\S)/;

/** A text of the console before it is run. */
export type Statement =
  | { kind: 'nothing' }
  | { kind: 'several' }
  /** Something else than a question, by its first word. */
  | { kind: 'refused'; verb: string }
  /** One question: `sql` as it runs, `question` the same without EXPLAIN where it was `explained`, `words` every name and text in it, in lower case. */
  | { kind: 'question'; sql: string; question: string; explained: boolean; words: ReadonlySet<string> };

const QUESTIONS = [
  'select',
  'with',
  'from',
  'values',
  'table',
  'describe',
  'desc',
  'show',
  'summarize',
  'pivot',
  'unpivot',
  '(',
];

/** Reads one statement. What it lets pass is proven to be a question by preparing it inside a SELECT, not here. */
export function readStatement(text: string, { offsets, types }: Tokens): Statement {
  const tokens: { text: string; start: number }[] = [];
  for (let i = 0; i < offsets.length; i += 1) {
    const start = offsets[i]!;
    const token = LEXEME.exec(text.slice(start, offsets[i + 1] ?? text.length))?.[0];
    if (types[i] !== COMMENT && token) tokens.push({ text: token, start });
  }
  let last = tokens.length;
  while (last > 0 && tokens[last - 1]!.text === ';') last -= 1;
  const end = last < tokens.length ? tokens[last]!.start : text.length;
  const own = tokens.slice(0, last);
  if (!own.length) return { kind: 'nothing' };
  if (own.some((token) => token.text === ';')) return { kind: 'several' };
  let first = 0;
  if (own[0]!.text.toLowerCase() === 'explain') first = own[1]?.text.toLowerCase() === 'analyze' ? 2 : 1;
  const verb = own[first]?.text.toLowerCase() ?? '';
  if (/^[a-z]+$/.test(verb) && !QUESTIONS.includes(verb)) return { kind: 'refused', verb: verb.toUpperCase() };
  const words = new Set(own.map((token) => token.text.toLowerCase().replace(/^["']|["']$/g, '')));
  return {
    kind: 'question',
    sql: text.slice(0, end),
    question: text.slice(own[first]?.start ?? end, end),
    explained: first > 0,
    words,
  };
}

/** The sentence for what is refused. */
export function refusal(verb: string): string {
  return `This console only reads: ${verb} is not allowed here. Begin with SELECT, FROM, WITH, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN.`;
}

/** The place that a message of DuckDB points at, line and column from 1; null where it points nowhere. */
export function placeOf(message: string): { line: number; column: number | null } | null {
  const found = /^LINE (\d+): (.*)\n( *)\^/m.exec(message);
  if (!found) {
    const line = /^LINE (\d+):/m.exec(message);
    return line ? { line: Number(line[1]), column: null } : null;
  }
  const column = found[3]!.length - `LINE ${found[1]!}: `.length + 1;
  return { line: Number(found[1]), column: found[2]!.startsWith('...') || column < 1 ? null : column };
}

/** Offset of a place in a text. */
export function offsetOf(text: string, { line, column }: { line: number; column: number | null }): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, part) => sum + part.length + 1, 0);
  return Math.min(text.length, before + (column ?? 1) - 1);
}
