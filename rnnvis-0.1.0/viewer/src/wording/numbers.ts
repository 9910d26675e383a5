import type { NumberFormat } from '../data/said';
import { fixed, percent, signed } from './format';

/** `0.42 bits`; a third decimal where it is small. */
export function bits(value: number): string {
  if (value > 0 && value < 0.0005) return '< 0.001 bits';
  return `${fixed(value, Math.abs(value) < 0.1 ? 3 : 2)} bits`;
}

/** Decimals that show two digits of an amount in nats, two to six of them. */
export function natDigits(amount: number): number {
  const size = Number(Math.abs(amount).toPrecision(2));
  return size > 0 && Number.isFinite(size) ? Math.max(2, Math.min(6, 1 - Math.floor(Math.log10(size)))) : 2;
}

/** `+0.0042 nats`. */
export function nats(value: number): string {
  return `${signed(value, natDigits(value))} nats`;
}

interface Written {
  format: NumberFormat;
  digits: number;
  unit?: string;
}

/** How a figure is written, as it was declared; a share without decimals has one where it is small. */
export function numberText({ format, digits, unit }: Written): (value: number) => string {
  const plain: Record<NumberFormat, (value: number) => string> = {
    number: (value) => fixed(value, digits),
    signed: (value) => signed(value, digits),
    share: (value) => (digits ? `${fixed(100 * value, digits)} %` : percent(value)),
    bits,
    nats,
  };
  return unit ? (value) => `${plain[format](value)} ${unit}` : plain[format];
}
