import { SHAPES, type Manifest } from './manifestSchema';
import { DataProblem } from './problem';
import { FORMAT, VERSION } from './schema';
import type { Transport } from './remote';
import { check, Misshapen } from './shape';
import { seen } from './visible';

const ANEW = 'Publish the data again with “rnnvis publish”, and check it with “rnnvis verify”.';

/** The manifest, or a problem that names the field: nothing in it is trusted before this has looked at it. */
export function readManifest(source: string, url: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataProblem(`The manifest is not JSON: ${reason}`, url, ANEW);
  }
  const head = (value ?? {}) as { format?: unknown; version?: unknown };
  if (head.format !== FORMAT) {
    throw new DataProblem(
      'The manifest does not say that it is one of rnnvis',
      url,
      'Check the address in the attribute “src”.',
    );
  }
  if (!Number.isInteger(head.version) || (head.version as number) < 1 || (head.version as number) > VERSION) {
    throw new DataProblem(
      `The data has format version ${String(head.version)}; this explorer reads versions up to ${VERSION}`,
      url,
      'Update the explorer, or publish the data with the version of rnnvis that it came with.',
    );
  }
  try {
    check(value, SHAPES['Manifest']!, SHAPES, 'manifest');
  } catch (error) {
    if (error instanceof Misshapen) throw new DataProblem(`The manifest is damaged: ${error.message}`, url, ANEW);
    throw error;
  }
  return named(value as Manifest);
}

/** Titles as they can be shown: none turns the direction of the text beside it, none begins a line. */
function named(manifest: Manifest): Manifest {
  for (const dataset of manifest.datasets) {
    dataset.title = seen(dataset.title);
    if (dataset.about) dataset.about = seen(dataset.about);
    dataset.labels = dataset.labels.map(seen);
    for (const model of dataset.models) {
      model.title = seen(model.title);
      model.classes = model.classes.map(seen);
      for (const { states } of [model, ...(model.epochs ?? [])])
        for (const state of states) state.title = seen(state.title);
    }
  }
  return manifest;
}

export async function fetchManifest(url: string, transport: Transport): Promise<Manifest> {
  const { response, body } = await transport.get(url, { cache: 'no-cache' });
  if (!response.ok) {
    throw new DataProblem(
      response.status === 404 ? 'There is no data here' : `The server answered ${response.status}`,
      url,
      response.status === 404
        ? 'Publish it with “rnnvis publish”, or correct the address in the attribute “src”.'
        : 'Ask whoever runs the server to look at this address.',
    );
  }
  return readManifest(new TextDecoder().decode(body), url);
}
