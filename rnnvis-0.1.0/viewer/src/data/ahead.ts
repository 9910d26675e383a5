/** What is read of a manifest before it has been looked at: nothing in it is believed, only fetched from beside it. */
interface Glance {
  datasets?: { first_view?: { path?: unknown } | null; tables?: { words?: { files?: { path?: unknown }[] } } }[];
}

const NAME = /^[\w.-]+$/;

/**
 * Asks for the manifest, and for the files of the first view if `first`, while the explorer's code is still on its way.
 * The result fetches as `fetch` does, and hands over each of these once.
 */
export function fetchAhead(manifest: string, first: boolean): typeof fetch {
  const held = new Map<string, Promise<Response>>();
  const hold = (url: string, response: Promise<Response>): void => {
    response.catch(() => undefined);
    held.set(url, response);
  };
  const glance = async (response: Response): Promise<Response> => {
    const seen = first && response.ok ? await read(response.clone()) : {};
    for (const path of filesOf(seen)) hold(new URL(path, manifest).href, fetch(new URL(path, manifest).href));
    return response;
  };
  hold(manifest, fetch(manifest, { cache: 'no-cache' }).then(glance));
  return (input, init) => {
    const early = init?.headers || typeof input !== 'string' ? undefined : held.get(input);
    if (!early) return fetch(input, init);
    held.delete(input as string);
    return early;
  };
}

async function read(response: Response): Promise<Glance> {
  try {
    return ((await response.json()) as Glance | null) ?? {};
  } catch {
    return {};
  }
}

function filesOf({ datasets }: Glance): string[] {
  const dataset = Array.isArray(datasets) ? datasets[0] : undefined;
  const words = dataset?.tables?.words?.files;
  const paths = [dataset?.first_view?.path, ...(Array.isArray(words) ? words : []).map((file) => file?.path)];
  return paths.filter((path) => typeof path === 'string' && NAME.test(path)) as string[];
}
