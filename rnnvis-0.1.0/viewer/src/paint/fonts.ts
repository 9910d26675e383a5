/** The web fonts of the page, carried along in a file: a viewer that has none of them shows what the screen shows. */

interface Face {
  /** Name without quotes. */
  family: string;
  weight: string;
  range: string;
  source: string;
  format: string;
}

/** Code points of a `unicode-range`, both ends included; everything without one. */
export function pointsOf(range: string): [number, number][] {
  const parts = range.split(',').flatMap((part): [number, number][] => {
    const found = /^\s*U\+([0-9A-F?]+)(?:-([0-9A-F]+))?\s*$/i.exec(part);
    if (!found) return [];
    const [, from, to] = found as unknown as [string, string, string?];
    return [[parseInt(from.replaceAll('?', '0'), 16), parseInt(to ?? from.replaceAll('?', 'F'), 16)]];
  });
  return parts.length ? parts : [[0, 0x10ffff]];
}

/** Letters that a drawing writes in each family that it names first. */
export function lettersOf(svg: string): Map<string, Set<number>> {
  const used = new Map<string, Set<number>>();
  for (const text of new DOMParser().parseFromString(svg, 'image/svg+xml').querySelectorAll('text')) {
    const family = /^\s*["']?([^"',]+)/.exec(text.getAttribute('font-family') ?? '')?.[1]?.trim();
    if (!family) continue;
    const letters = used.get(family) ?? new Set<number>();
    for (const letter of text.textContent) letters.add(letter.codePointAt(0)!);
    used.set(family, letters);
  }
  return used;
}

function facesOf(page: Document): Face[] {
  const rulesOf = (sheet: CSSStyleSheet): CSSRule[] => {
    try {
      return [...sheet.cssRules];
    } catch {
      // The sheet of another host says nothing of itself.
      return [];
    }
  };
  return [...page.styleSheets].flatMap(rulesOf).flatMap((rule): Face[] => {
    if (!(rule instanceof CSSFontFaceRule)) return [];
    const of = (name: string): string => rule.style.getPropertyValue(name);
    const source = /url\(["']?([^"')]+)["']?\)(?:\s*format\(["']?([\w-]+)["']?\))?/.exec(of('src'));
    if (!source) return [];
    const base = rule.parentStyleSheet?.href ?? page.baseURI;
    return [
      {
        family: of('font-family').replace(/^["']|["']$/g, ''),
        weight: of('font-weight') || '400',
        range: of('unicode-range'),
        source: new URL(source[1]!, base).href,
        format: source[2] ?? 'woff2',
      },
    ];
  });
}

async function base64(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the font ${url} could not be read`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** The drawing with those files of the page's fonts in it whose letters it writes. */
export async function withFonts(svg: string, page: Document = document): Promise<string> {
  const used = lettersOf(svg);
  const needed = facesOf(page).filter(({ family, range }) => {
    const letters = used.get(family);
    return (
      letters && pointsOf(range).some(([from, to]) => [...letters].some((letter) => from <= letter && letter <= to))
    );
  });
  const rules = await Promise.all(
    needed.map(
      async ({ family, weight, range, source, format }) =>
        `@font-face{font-family:"${family}";font-weight:${weight};src:url(data:font/woff2;base64,${await base64(source)})format("${format}")${range ? `;unicode-range:${range}` : ''}}`,
    ),
  );
  if (!rules.length) return svg;
  return svg.replace(/<svg [^>]*>/, (start) => `${start}<style>${rules.join('')}</style>`);
}
