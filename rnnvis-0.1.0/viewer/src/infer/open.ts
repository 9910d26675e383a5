/** Opens the step model of a published model. */

import { DataProblem } from '../data/problem';
import type { RemoteFile } from '../data/remote';
import type { Source } from '../data/source';
import type { DatasetEntry, ModelEntry } from '../data/types';
import { faultOf, refused } from './fault';
import type { Opened, Reply } from './messages';
import { errorOf, PlacedModel, type Place } from './model';
import { onPage, worker } from './places';
import { FORMAT, newer } from './spec';
import type { Fetching, StepModel } from './types';

/** After so many ms without a word a worker is taken for one that does not run. */
const SILENT = 15_000;
/** Bytes of a file that is opened at most. */
const LARGEST = 512 * 1024 * 1024;

/**
 * Throws `DataProblem` where there is none, or its file is missing, damaged, or of a newer version. `told` hears what
 * else has to be fetched for it.
 */
export async function openStepModel(
  source: Source,
  _dataset: DatasetEntry,
  model: ModelEntry,
  told: (fetching: Fetching) => void = () => undefined,
): Promise<StepModel> {
  const entry = model.step_model;
  if (!entry)
    throw refused(
      `${model.title} was published without the model itself${model.no_step_model ? `: ${model.no_step_model}` : ''}`,
      'Everything that was recorded can be seen; no new sentence can be run.',
    );
  if (entry.bytes > LARGEST)
    throw refused(
      `${model.title} has ${Math.round(entry.bytes / 1e6).toLocaleString('en')} MB, too many for a page`,
      'Run new sentences in Python.',
    );
  const file = source.file({ path: entry.path, bytes: entry.bytes, sha256: entry.sha256 });
  if (entry.format > FORMAT) throw newer(entry.format, faultOf(file.url));
  if (entry.runtime === 'onnx') {
    const [{ place, runtime }, bytes] = await Promise.all([
      import('./graphPlace').then(({ graphPlace }) => graphPlace(told)),
      proven(file),
    ]);
    return openBytes(bytes, file.url, place, runtime);
  }
  const place = worker(); // Starts while the file is on its way.
  const bytes = await proven(file).catch(async (error: unknown) => {
    (await place)?.close();
    throw error;
  });
  return openBytes(bytes, file.url, await place);
}

/** The model in the bytes of a file, which `url` names, at work in `place`, or else on the page; one with a graph there alone. */
export async function openBytes(
  bytes: ArrayBuffer,
  url: string,
  place: Place | null,
  runtime?: ArrayBuffer,
): Promise<StepModel> {
  if (place) {
    const opened = await openedIn(place, bytes, url, runtime);
    if (opened && !(opened instanceof Error)) return new PlacedModel(place, opened);
    place.close();
    if (opened) throw opened;
  }
  const page = onPage();
  const opened = await openedIn(page, bytes, url);
  if (opened instanceof Error) throw opened;
  return new PlacedModel(page, opened!);
}

/** What was opened; the problem of the file; null where the place does not run at all. */
function openedIn(
  place: Place,
  bytes: ArrayBuffer,
  url: string,
  runtime?: ArrayBuffer,
): Promise<Opened | Error | null> {
  return new Promise((resolve) => {
    const silent = place.apart ? setTimeout(() => resolve(null), SILENT) : undefined;
    place.failed(() => resolve(null));
    place.hear((reply: Reply) => {
      clearTimeout(silent);
      if ('opened' in reply) resolve(reply.opened);
      else if ('problem' in reply || 'failed' in reply) resolve(errorOf(reply));
    });
    try {
      place.send({ open: bytes, url, ...(runtime && { runtime }) });
    } catch (error) {
      resolve(error instanceof DataProblem ? error : null);
    }
  });
}

/** The whole file, its SHA-256 checked also where the browser has no means of its own: on pages without HTTPS. */
async function proven(file: RemoteFile): Promise<ArrayBuffer> {
  const bytes = await file.bytes();
  if (file.proven) return bytes;
  const [{ sha256 }, { bytesToHex }] = await Promise.all([
    import('@noble/hashes/sha2.js'),
    import('@noble/hashes/utils.js'),
  ]);
  if (bytesToHex(sha256(new Uint8Array(bytes))) !== file.file.sha256)
    throw faultOf(file.url)('is damaged: its SHA-256 is not the one that the manifest names');
  return bytes;
}
