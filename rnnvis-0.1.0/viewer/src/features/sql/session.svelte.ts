import { DataProblem, type Problem } from '../../data/problem';
import type { SqlConsole, Phase } from '../../data/sql/console';
import { tableGroups, type TableGroup } from '../../data/sql/names';
import { SqlProblem } from '../../data/sql/problems';
import type { SqlResult } from '../../data/sql/result';
import type { Explorer } from '../../state/explorer.svelte';

/** What the console shows; kept while other pages are open. */
export class SqlSession {
  text = $state('');
  phase = $state<Phase | null>(null);
  result = $state.raw<SqlResult | null>(null);
  /** The query that the result answers. */
  answered = $state('');
  /** The dataset, model and state whose tables it was asked. */
  #asked = $state('');
  wrong = $state.raw<SqlProblem | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Queries that were written, chosen or run here: those of a link are none of them until they are run. */
  #own: readonly string[] = $state.raw([]);
  #console: Promise<SqlConsole> | null = null;

  constructor(private readonly explorer: Explorer) {}

  get groups(): TableGroup[] {
    const { source, dataset, model, state } = this.explorer;
    return source && dataset && model && state ? tableGroups(source.manifest, dataset, model, state) : [];
  }

  get #shown(): string {
    const { dataset, model, state } = this.explorer.view;
    return JSON.stringify([dataset, model, state]);
  }

  /** Whether the result is one of the dataset, model and state on the screen. */
  get current(): boolean {
    return this.#asked === this.#shown;
  }

  get running(): boolean {
    return this.phase !== null;
  }

  /** Whether the query came with the link and nobody has run it or touched it yet. */
  get linked(): boolean {
    return this.text.trim() !== '' && !this.#own.includes(this.text);
  }

  /** Takes the query that the view names, unless it is the one that is being written. */
  follow(sql: string): void {
    if (sql && sql !== this.text) this.text = sql;
  }

  write(text: string): void {
    this.text = text;
    this.#claim(text);
    this.explorer.setSql(text);
  }

  async run(): Promise<void> {
    const { source } = this.explorer;
    if (this.running || !source) return;
    const text = this.text;
    const asked = this.#shown;
    this.#claim(text);
    this.explorer.setSql(text);
    this.phase = 'starting';
    this.wrong = this.problem = null;
    try {
      this.#console ??= source.console();
      const sql = await this.#console;
      this.result = await sql.run(text, this.groups, (phase) => (this.phase = phase));
      this.answered = text;
      this.#asked = asked;
    } catch (error) {
      this.result = null;
      if (error instanceof SqlProblem) this.wrong = error;
      else if (error instanceof DataProblem) this.problem = { what: error.what, where: error.where, fix: error.fix };
      else this.wrong = new SqlProblem(error instanceof Error ? error.message : String(error), null);
    } finally {
      this.phase = null;
    }
  }

  cancel(): void {
    void this.#console?.then((sql) => sql.cancel());
  }

  #claim(text: string): void {
    this.#own = [...this.#own.filter((other) => other !== text), text].slice(-200);
  }
}

const sessions = new WeakMap<Explorer, SqlSession>();

export function sessionOf(explorer: Explorer): SqlSession {
  let session = sessions.get(explorer);
  if (!session) {
    session = new SqlSession(explorer);
    sessions.set(explorer, session);
  }
  return session;
}
