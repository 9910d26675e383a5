import { meansOf, followedClass } from '../../data/answer';
import { answersOf } from '../../data/answers';
import { toProblem, type Problem } from '../../data/problem';
import { searchSentences, type SentenceHit, type SentenceSearch } from '../../data/queries';
import { agreement, type Agreement } from '../../model/agreement';
import { answered, apartBy, furthestFirst, idsByKey, type ApartBy, type ApartRow } from '../../model/apart';
import type { Outcome } from '../../state/apart';
import type { Explorer } from '../../state/explorer.svelte';
import type { Side } from '../../state/side.svelte';

export interface ApartFound {
  by: ApartBy;
  /** The class whose probability is compared; null where something else is. */
  followed: string | null;
  /** Every sentence of the search, the furthest apart first. */
  rows: ApartRow<SentenceHit>[];
  agreement: Agreement;
}

const WAIT = 200;

/** The rows of an outcome. */
export function ofOutcome(rows: readonly ApartRow<SentenceHit>[], outcome: Outcome): readonly ApartRow<SentenceHit>[] {
  if (outcome === 'any') return rows;
  const wanted = { a: [true, false], b: [false, true], neither: [false, false] }[outcome];
  return rows.filter(({ a, b }) => a.right === wanted[0] && b.right === wanted[1]);
}

export function rightOrWrong(right: boolean | null): string {
  return right === null ? '' : right ? 'right' : 'wrong';
}

/** Sentences that both sides were asked, by how far their answers lie apart: searched again whenever the choices change. */
export class ApartList {
  found = $state.raw<ApartFound | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  #turn = 0;
  #asked = '';

  constructor(
    private readonly explorer: Explorer,
    private readonly side: Side,
  ) {}

  /** Why there is no list; null where there is one. */
  get reason(): string | null {
    const { a, entries } = this.side;
    const { source } = this.explorer;
    if (!a || !entries || !source) return null;
    if (a.model === entries.model) return 'Both sides are one model: its answers are the same.';
    const lacking = [a, entries].find(({ model }) => source.table(model, 'predictions') === null);
    return lacking ? `What ${lacking.model.title} made of each sentence was not published.` : null;
  }

  /** Call it whenever the choices change. */
  refresh(): void {
    const { explorer, side } = this;
    const { apart } = explorer.view;
    const { a, entries: b } = side;
    if (!apart || !explorer.source || !a || !b || this.reason !== null) return;
    const asked = JSON.stringify([a.choice, b.choice, apart.text, apart.split, explorer.view.towards]);
    if (asked === this.#asked) return;
    const first = this.#asked === '';
    this.#asked = asked;
    const mine = ++this.#turn;
    this.busy = true;
    setTimeout(() => void this.#search(mine), first ? 0 : WAIT);
  }

  retry(): void {
    this.#asked = '';
    this.refresh();
  }

  async #search(mine: number): Promise<void> {
    if (mine !== this.#turn) return;
    try {
      const found = await this.#find();
      if (mine !== this.#turn) return;
      this.found = found;
      this.problem = null;
    } catch (error) {
      if (mine !== this.#turn) return;
      this.found = null;
      this.problem = toProblem(error, 'search');
    }
    this.busy = false;
  }

  async #find(): Promise<ApartFound | null> {
    const { explorer, side } = this;
    const { source, view } = explorer;
    const { a, entries: b } = side;
    if (!source || !a || !b || !view.apart) return null;
    const search: SentenceSearch = {
      match: 'words',
      text: view.apart.text,
      split: view.apart.split || null,
      label: null,
      verdict: null,
      order: 'corpus',
      limit: null,
      offset: 0,
    };
    const elsewhere = a.dataset !== b.dataset;
    const [hits, theirs, left, right] = await Promise.all([
      searchSentences(source, a.dataset, a.model, search),
      elsewhere ? searchSentences(source, b.dataset, b.model, { ...search, split: null }) : null,
      answersOf(source, a.model),
      answersOf(source, b.model),
    ]);
    if (!left || !right) return null;
    const by = apartBy(
      { means: meansOf(a.model), classes: a.model.classes },
      { means: meansOf(b.model), classes: b.model.classes },
    );
    const followed = by === 'probability' ? followedClass(a.model, view.towards) : null;
    const id = theirs && idsByKey(theirs.hits);
    const shared = id ? hits.hits.filter(({ key }) => id.has(key)) : hits.hits;
    const rows = furthestFirst(
      shared,
      (hit) => answered(left, hit.id, hit.label, by, followed),
      (hit) => answered(right, id ? id.get(hit.key) : hit.id, hit.label, by, followed),
    );
    return {
      by,
      followed: followed === null ? null : (a.model.classes[followed] ?? null),
      rows,
      agreement: agreement(
        rows.map((row) => row.a),
        rows.map((row) => row.b),
      ),
    };
  }
}
