/** A file of an archive. */
export interface Entry {
  name: string;
  content: Blob;
}

/** Length of a local header and of an entry of the directory, without its name. */
const LOCAL = 30;
const CENTRAL = 46;
const END = 22;
/** 1 January 1980, the first day that the format knows: the same picture gives the same bytes. */
const DAY = 0x21;
/** Names are UTF-8. */
const UTF8 = 0x0800;

const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** CRC-32 of ISO 3309, as ZIP has it. */
export function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (rest >>> 8) ^ REMAINDERS[(rest ^ byte) & 0xff]!;
  return ~rest >>> 0;
}

/** What both headers of a file say of it, from the version that can read it to the length of its extra field. */
function facts(view: DataView, at: number, name: Uint8Array, bytes: Uint8Array): void {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, UTF8, true);
  view.setUint16(at + 8, DAY, true);
  view.setUint32(at + 10, crc32(bytes), true);
  view.setUint32(at + 14, bytes.length, true);
  view.setUint32(at + 18, bytes.length, true);
  view.setUint16(at + 22, name.length, true);
}

/** The files in one ZIP archive, not compressed. */
export async function toZip(entries: readonly Entry[]): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name);
    const bytes = new Uint8Array(await entry.content.arrayBuffer());
    const local = new DataView(new ArrayBuffer(LOCAL));
    local.setUint32(0, 0x04034b50, true);
    facts(local, 4, name, bytes);
    const central = new DataView(new ArrayBuffer(CENTRAL));
    central.setUint32(0, 0x02014b50, true);
    central.setUint16(4, 20, true);
    facts(central, 6, name, bytes);
    central.setUint32(42, offset, true);
    parts.push(new Uint8Array(local.buffer), name, bytes);
    directory.push(new Uint8Array(central.buffer), name);
    offset += LOCAL + name.length + bytes.length;
  }
  const end = new DataView(new ArrayBuffer(END));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(
    12,
    directory.reduce((total, part) => total + part.length, 0),
    true,
  );
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, new Uint8Array(end.buffer)], { type: 'application/zip' });
}
