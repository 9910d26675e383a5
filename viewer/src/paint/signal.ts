import type { SequenceColumn } from '../model/layout';
import type { Row, SequenceScene } from '../model/sequenceScene';
import { share, signalLanes, valueAt } from '../model/signal';
import { fit } from '../model/text';
import { trackPath } from '../model/track';
import { mix, type Tokens } from './colour';
import type { Surface } from './surface';

const LABEL = 11;

/** What the model was fed, beside its events: a line for each of few channels, tints from low to high of many. */
export function paintSignal(
  surface: Surface,
  { rows, signal }: SequenceScene,
  column: SequenceColumn,
  theme: Tokens,
  visible: (row: Row) => boolean,
): void {
  const { signal: place } = column;
  if (!place || !signal) return;
  const { strip, lines } = signalLanes(signal);
  const half = column.rowPitch / 2;
  if (strip.length && place.strip) {
    const width = place.strip.width / strip.length;
    for (const row of rows) {
      if (!visible(row)) continue;
      strip.forEach((channel, i) => {
        const t = share(valueAt(signal, row.step, channel), signal.channels[channel]!);
        if (t > 0.02)
          surface.rect(place.strip!.x + i * width, row.y - half, width + 0.25, column.rowPitch, {
            fill: mix(theme.background, theme.ink2, t),
          });
      });
    }
  }
  const [first, last] = [rows[0], rows.at(-1)];
  lines.forEach((channel, i) => {
    const x = place.lines[i];
    if (x === undefined || !first || !last) return;
    const of = signal.channels[channel]!;
    const at = (step: number): number => x + 1 + share(valueAt(signal, step, channel), of) * (place.width - 2);
    for (const end of [x, x + place.width])
      surface.line(end + 0.5, first.y - half, end + 0.5, last.y + half, { stroke: theme.line });
    const points = rows.map((row) => [at(row.step), row.y] as const);
    const stroke = of.truth ? theme.ink3 : theme.ink2;
    if (points.length > 1)
      surface.path(trackPath(points), {
        stroke,
        strokeWidth: 1.5,
        lineJoin: 'round',
        ...(of.truth && { dash: [3, 2] }),
      });
    else surface.circle(at(first.step), first.y, 2, { fill: stroke });
  });
}

/** The names of the channels above their lines. */
export function paintSignalHead(
  surface: Surface,
  { signal }: SequenceScene,
  column: SequenceColumn,
  y: number,
  theme: Tokens,
): void {
  const { signal: place } = column;
  if (!place || !signal) return;
  const { strip, lines } = signalLanes(signal);
  const label = { family: 'interface', size: LABEL, fill: theme.ink3, align: 'center' } as const;
  const left = place.strip?.x ?? place.lines[0]!;
  const right = (place.lines.at(-1) ?? place.strip!.x) + (place.lines.length ? place.width : place.strip!.width);
  surface.text((left + right) / 2, y - 15, 'signal', { ...label, size: 12 });
  if (strip.length && place.strip) surface.text(place.strip.x + place.strip.width / 2, y, `1–${strip.length}`, label);
  lines.forEach((channel, i) => {
    const x = place.lines[i];
    if (x !== undefined)
      surface.text(
        x + place.width / 2,
        y,
        fit(signal.channels[channel]!.name, place.width + 4, 'interface', LABEL),
        label,
      );
  });
}
