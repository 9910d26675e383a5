import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { measure } from '../../model/text';
import { inUnit, type AnswerWords } from '../../wording/answer';
import { signed, tick } from '../../wording/format';
import { corpus, type Segment, type TooltipContent } from '../../wording/tip';
import { axisText } from '../../paint/paintAxis';
import { placeLabels, type PushStrip, type PushValues } from './pushStrip';

const AXIS = 10;
const LINE = 28;
const BAND = 12;
const LABEL = 48;
const ROW = 15;
const DOT = 4.5;

interface Label {
  text: string;
  weight: number;
  fill: string;
  x: number;
  row: number;
}

/** Labels of the dots under the strip, `gap` apart: more where other fonts may stand in for the measured ones. */
export function pushLabels(strip: PushStrip, values: PushValues, width: number, theme: Tokens, gap = 12): Label[] {
  const alike = values.reversed !== null && signed(values.here) === signed(values.reversed);
  const digits = alike && values.here !== values.reversed ? 3 : 2;
  const wanted = [
    { text: `here ${signed(values.here, digits)}`, weight: 600, fill: theme.ink, at: strip.x(values.here) },
  ];
  if (values.reversed !== null) {
    const text = `in reversed sentence ${signed(values.reversed, digits)}`;
    wanted.push({ text, weight: 400, fill: theme.ink2, at: strip.x(values.reversed) });
  }
  const sized = wanted.map(({ text, weight, at }) => ({ x: at, width: measure(text, 'interface', 11, weight).width }));
  const placed = placeLabels(sized, 0, width, gap);
  return wanted.map(({ text, weight, fill }, i) => ({ text, weight, fill, ...placed[i]! }));
}

export function pushHeight(labels: readonly Label[]): number {
  return LABEL + 6 + ROW * Math.max(0, ...labels.map((label) => label.row));
}

export function describePush(values: PushValues, word: string, said: AnswerWords): TooltipContent {
  const lines: Segment[][] = [[`Here: ${inUnit(signed(values.here), said)}.`]];
  const q = values.quantiles;
  if (q)
    lines.push(
      ['Half of the uses of “', corpus(word), `” push ${signed(q[1]!)} to ${signed(q[3]!)}, median ${signed(q[2]!)}.`],
      [`9th to 91st percentile: ${signed(q[0]!)} to ${signed(q[4]!)}.`],
    );
  if (values.reversed !== null) lines.push([`In the reversed sentence: ${signed(values.reversed)}.`]);
  return { title: [`Push on ${said.subject}`], lines, hint: null };
}

export function paintPush(
  surface: Surface,
  strip: PushStrip,
  values: PushValues,
  labels: readonly Label[],
  frame: { left: number; right: number },
  theme: Tokens,
  title: string,
): void {
  const { axis, x } = strip;
  axis.ticks.forEach((value) => {
    const align = value === axis.high ? 'right' : 'center';
    surface.text(value === axis.high ? frame.right : x(value), AXIS, tick(value, axis.digits), axisText(theme, align));
  });
  const band = (from: number, to: number, fill: string): void =>
    surface.rect(x(from), LINE - BAND / 2, Math.max(1, x(to) - x(from)), BAND, { fill, title });
  if (strip.outer) band(...strip.outer, theme.keptTrack);
  surface.line(frame.left, LINE, frame.right, LINE, { stroke: theme.strongLine });
  if (strip.inner) band(...strip.inner, theme.grey);
  if (strip.median !== null) surface.rect(x(strip.median) - 1, LINE - 9, 2, 18, { fill: theme.ink, title });
  if (values.reversed !== null) {
    const hidden = Math.abs(x(values.reversed) - x(values.here)) < DOT;
    const radius = hidden ? 2 * DOT - 1 : DOT;
    surface.circle(x(values.reversed), LINE, radius, {
      fill: theme.surface,
      stroke: theme.ink,
      strokeWidth: 1.8,
      title,
    });
  }
  surface.circle(x(values.here), LINE, DOT + 1.5, { fill: theme.surface });
  surface.circle(x(values.here), LINE, DOT, { fill: theme.ink, title });
  for (const { x: at, row, text, weight, fill } of labels)
    surface.text(at, LABEL + row * ROW, text, { family: 'interface', size: 11, weight, fill, align: 'center' });
}
