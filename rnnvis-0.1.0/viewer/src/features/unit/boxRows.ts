import { axisOver, extentOf, type Axis } from '../../model/axis';

/** One word of a unit: its mean change there, its quantiles where it is frequent enough, and its uses. */
export interface WordBox {
  wordId: number;
  text: string;
  uses: number;
  mean: number;
  standardError: number | null;
  /** 9, 25, 50, 75, 91 %. */
  quantiles: readonly [number, number, number, number, number] | null;
}

export interface BoxRows {
  axis: Axis;
  rows: { word: WordBox; y: number; rising: boolean }[];
  height: number;
}

export const ROW_PITCH = 18.5;
const GAP = 13;
const TOP = 20;

/** Rising words above, falling words below, each from the strongest; one axis for both, with as many ticks as `width` has room for. */
export function boxRows(rising: readonly WordBox[], falling: readonly WordBox[], width = 500): BoxRows {
  const all = [...rising, ...falling];
  const spans = all.flatMap(({ quantiles, mean, standardError }) =>
    quantiles ? [quantiles[0], quantiles[4], mean] : [mean - 2 * (standardError ?? 0), mean + 2 * (standardError ?? 0)],
  );
  const [low, high] = extentOf(spans, [0]) ?? [-1, 1];
  const pad = (high - low) * 0.03;
  const gap = rising.length > 0 && falling.length > 0 ? GAP : 0;
  const rows = all.map((word, i) => ({
    word,
    y: TOP + (i + 0.5) * ROW_PITCH + (i >= rising.length ? gap : 0),
    rising: i < rising.length,
  }));
  return {
    axis: axisOver(low - pad, high + pad, Math.max(2, Math.round((width - 150) / 50))),
    rows,
    height: TOP + all.length * ROW_PITCH + gap + 2,
  };
}
