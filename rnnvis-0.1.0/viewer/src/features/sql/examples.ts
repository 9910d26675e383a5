import type { TableName } from '../../data/schema';
import type { TableGroup } from '../../data/sql/names';
import type { ViewState } from '../../state/types';

/** A worked example: what it asks, and the query that answers it. */
export interface Example {
  title: string;
  /** Tables that it reads; without one of them it cannot run. */
  needs: readonly TableName[];
  sql: string;
}

interface Setting {
  view: Pick<ViewState, 'method' | 'selection' | 'k'>;
  /** The word that the examples are about. */
  word: string;
  unit: number;
  /** Place of the state among those of the model, from 0. */
  stateIndex: number;
  minimumCount: number;
  classes: readonly string[];
  groups: readonly TableGroup[];
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Examples from simple to rich, about what is on the screen. */
export function examplesFor({ view, word, unit, stateIndex, minimumCount, classes, groups }: Setting): Example[] {
  const clustering = `method = ${text(view.method)} AND selection = ${text(view.selection)}`;
  const examples: Example[] = [
    {
      title: `Words that move unit ${unit} most`,
      needs: ['responses', 'words'],
      sql: `-- Lists count from 1: unit ${unit} stands at place ${unit + 1} of "mean".
SELECT w.text, r.count AS uses,
       r.mean[${unit + 1}] AS response,
       r.standard_error[${unit + 1}] AS standard_error
FROM responses r JOIN words w USING (word_id)
WHERE r.count >= ${minimumCount} AND NOT w.special
ORDER BY abs(response) DESC
LIMIT 20`,
    },
    {
      title: `Concordance of “${word}”`,
      needs: ['sentences'],
      sql: `-- Every use of a word, with five words on either side. A key, with a step from 0, opens the picture there.
SELECT array_to_string(surface[greatest(i - 5, 1) : i - 1], ' ') AS before,
       surface[i] AS word,
       array_to_string(surface[i + 1 : i + 5], ' ') AS after,
       split, key, i - 1 AS step
FROM (SELECT *, unnest(range(1, length + 1)) AS i FROM sentences)
WHERE lower(surface[i]) = ${text(word)}
ORDER BY after`,
    },
    {
      title: 'Accuracy by length of the sentence',
      needs: ['predictions', 'sentences'],
      sql: `SELECT s.length // 10 * 10 AS from_words,
       count(*) AS sentences,
       avg((p.predicted = s.label)::INTEGER) AS accuracy,
       avg(p.loss) AS loss
FROM predictions p JOIN sentences s USING (sentence_id)
WHERE s.label IS NOT NULL AND s.split = 'test'
GROUP BY ALL
ORDER BY from_words`,
    },
    {
      title: `The most surprising uses of “${word}”`,
      needs: ['steps', 'words', 'sentences'],
      sql: `-- Surprise is a percentile: 99 means that the state moved less like the word's usual than in 99 % of its uses.
SELECT st.surprise[${stateIndex + 1}] AS surprise, st.push, s.key, st.step, s.text
FROM steps st JOIN words w ON w.word_id = st.token_id JOIN sentences s USING (sentence_id)
WHERE w.text = ${text(word)}
ORDER BY surprise DESC, sentence_id
LIMIT 25`,
    },
    {
      title: `The cluster of “${word}” for every k`,
      needs: ['cluster_labels', 'words'],
      sql: `-- The number that is drawn is the place of the label in "order".
SELECT c.k, list_position(c."order", c.labels[list_position(c.ids, w.word_id)]) AS cloud,
       len(list_filter(c.labels, x -> x = c.labels[list_position(c.ids, w.word_id)])) AS words_in_it
FROM cluster_labels c, words w
WHERE w.text = ${text(word)} AND c.side = 'words' AND ${clustering}
ORDER BY c.k`,
    },
    {
      title: 'The chips and their units',
      needs: ['units', 'cluster_labels'],
      sql: `-- The number that is drawn on a chip is the place of its label in "order". A unit opens its page.
SELECT list_position(c."order", c.labels[list_position(c.ids, u.unit)]) AS chip, u.unit, u.time_scale
FROM units u, cluster_labels c
WHERE c.side = 'units' AND ${clustering} AND c.k = ${view.k}
ORDER BY chip, u.unit`,
    },
    {
      title: 'Units and the five words that raise each most',
      needs: ['units', 'words'],
      sql: `SELECT u.unit, u.output_weight, u.time_scale, u.label_auc,
       (SELECT list(w.text ORDER BY list_position(u.top_words, w.word_id))
        FROM words w WHERE list_contains(u.top_words[1:5], w.word_id)) AS raised_by
FROM units u
ORDER BY abs(u.output_weight) DESC NULLS LAST, u.unit`,
    },
    {
      title: 'Sentences that the model is sure of, and wrong',
      needs: ['predictions', 'sentences'],
      sql: `SELECT p.loss, s.label, p.predicted, s.key, s.text
FROM predictions p JOIN sentences s USING (sentence_id)
WHERE s.split = 'test' AND s.label IS NOT NULL AND p.predicted <> s.label
ORDER BY p.loss DESC
LIMIT 50`,
    },
    { title: 'What is in a table', needs: ['words'], sql: 'SUMMARIZE words' },
  ];
  const other = groups.find(
    ({ schema, tables }) => schema !== null && tables.some(({ name }) => name === 'word_effects'),
  );
  if (other?.schema) {
    examples.splice(8, 0, {
      title: 'Words on which two models disagree',
      needs: ['word_effects', 'words'],
      sql: `-- Tables of another model stand behind its name. ${other.title}, against the one on the screen.
SELECT w.text, class, a.count AS uses, a.push AS here, b.push AS there
FROM word_effects a
JOIN ${other.schema}.word_effects b USING (word_id, class)
JOIN words w USING (word_id)
WHERE a.count >= 50
ORDER BY abs(a.push - b.push) DESC
LIMIT 30`,
    });
  }
  return classes.length ? examples : examples.filter(({ needs }) => !needs.includes('predictions'));
}
