/** The steps of code of its own: an ONNX graph takes one after the other, with states held. */

import { isInside, type Hold } from './holds';
import type { Work } from './kernels';
import { begun, checkFinite, type LayerRun } from './layer';
import type { GraphLayer } from './parts';
import { given, type GraphInput } from './runner';

/** Runs the words; `earlier` is a run whose `same` first steps (in the order in which the layer reads) were the same. */
export function* runSteps(
  layer: GraphLayer,
  tokens: Int32Array,
  holds: readonly Hold[],
  initial: LayerRun['initial'],
  earlier: LayerRun | null,
  same: number,
): Work<LayerRun> {
  const steps = tokens.length;
  const { runner, reversed } = layer;
  if (!runner) throw new Error('the graph is not open');
  const { parts } = begun(layer, steps, earlier, same);
  for (let done = same; done < steps; done++) {
    const word = reversed ? steps - 1 - done : done;
    const before = reversed ? word + 1 : word - 1;
    const inputs: Record<string, GraphInput> = {
      tokens: { data: BigInt64Array.of(BigInt(tokens[word]!)), dims: [1] },
    };
    for (const [part, units] of layer.parts) {
      const dims = [1, units];
      const along = parts.get(part)!;
      const state = done ? along.slice(before * units, (before + 1) * units) : initial.get(part)!.slice();
      const { scale, shift } = affineOf(holds, part, word, state);
      inputs[part] = { data: state, dims };
      inputs[`${part} scale`] = { data: scale, dims };
      inputs[`${part} shift`] = { data: shift, dims };
    }
    const wanted = Object.fromEntries(runner.reads.map((name) => [name, inputs[name]!]));
    const found = yield* given(runner, wanted);
    [...layer.parts].forEach(([part, units], i) => {
      if (found[i]?.length !== units) throw new Error(`the graph gives ${found[i]?.length} numbers of ${part}`);
      parts.get(part)!.set(found[i], word * units);
    });
  }
  for (const [part, values] of parts) checkFinite(values, part, holds);
  return { parts, gates: new Float32Array(0), initial };
}

/** What holds a state after the step of a word, which started from `before`: scale · state + shift. */
function affineOf(
  holds: readonly Hold[],
  part: string,
  word: number,
  before: Float32Array,
): { scale: Float32Array; shift: Float32Array } {
  const scale = new Float32Array(before.length).fill(1);
  const shift = new Float32Array(before.length);
  for (const hold of holds) {
    if (hold.part !== part || !isInside(hold, word)) continue;
    hold.units.forEach((unit, i) => {
      if (hold.scale !== null) {
        scale[unit]! *= hold.scale;
        shift[unit]! *= hold.scale;
      } else {
        scale[unit] = 0;
        shift[unit] = hold.values ? hold.values[i]! : before[unit]!;
      }
    });
  }
  return { scale, shift };
}
