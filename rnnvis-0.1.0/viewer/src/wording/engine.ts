import type { EngineSize } from '../data/engine';
import type { Fetching } from '../infer/types';
import { bytes } from './format';

/** How far the engine has come. A server that packs it sends fewer bytes than arrive unpacked: both are named. */
export function engineText(loaded: number, size: EngineSize | null): string {
  const once = 'Loading the search engine, once';
  if (size === null) return `${once}: it comes from this site and stays in the browser`;
  const { transfer, packed } = size;
  if (packed)
    return `${once}: ${transfer === null ? '' : `about ${bytes(transfer)} packed, `}${bytes(loaded)} unpacked so far`;
  if (transfer === null) return `${once}: ${bytes(loaded)} so far`;
  return loaded >= transfer
    ? `Starting the search engine: ${bytes(transfer)} loaded`
    : `${once}: ${bytes(loaded)} of ${bytes(transfer)}`;
}

/** What is on its way before a model can run: the model, and for some what runs it, of a size that is named. */
export function fetchingText(fetching: Fetching | null): string {
  if (!fetching) return 'Fetching the model';
  const { cached, bytes: size, packed } = fetching;
  const much = size === null ? '' : `, ${bytes(size)}${packed ? ' packed' : ''}`;
  return `Fetching the model, and onnxruntime, which runs it${much}${cached ? ', from your cache' : ', once'}`;
}
