/** The published folder inside the page itself: a page that was saved as one file asks nobody for anything. */

/** Address of the manifest among the inlined files; of no scheme that a browser would fetch. */
export const INLINED_MANIFEST = 'inlined:///manifest.json';

/** Answers as `fetch` does, from the page's `<script data-file="name">` elements: Base64, and the manifest as JSON. */
export function inlinedFiles(page: ParentNode): typeof fetch {
  return (input) => {
    const name = (input instanceof Request ? input.url : String(input)).slice(INLINED_MANIFEST.lastIndexOf('/') + 1);
    const text = page.querySelector(`script[data-file="${CSS.escape(name)}"]`)?.textContent;
    if (text === null || text === undefined) return Promise.resolve(new Response(null, { status: 404 }));
    return Promise.resolve(new Response(name.endsWith('.json') ? text : decoded(text)));
  };
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
