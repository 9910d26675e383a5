import type { AsyncBuffer } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { DataProblem } from './problem';
import type { RemoteFile } from './remote';

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 as in Ethernet, gzip and Parquet. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 255]! ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

type Header = Record<`field_${number}`, unknown>;

/** Whether a page's header, which no checksum covers, says what this project's writer says: plain, dictionary or delta values, levels as RLE. */
function sound(header: Header): boolean {
  const data = header['field_5'] as Header | undefined;
  const dictionary = header['field_7'] as Header | undefined;
  if (header['field_1'] === 2)
    return (
      !data &&
      Number.isInteger(dictionary?.['field_1']) &&
      (dictionary?.['field_2'] === 0 || dictionary?.['field_2'] === 2)
    );
  const values = data?.['field_1'];
  return (
    header['field_1'] === 0 &&
    !dictionary &&
    typeof values === 'number' &&
    values > 0 &&
    [0, 2, 5, 7, 8].includes(data?.['field_2'] as number) &&
    data?.['field_3'] === 3 &&
    data['field_4'] === 3
  );
}

/** The offset of the first page whose bytes are not those that were written; null where all are. `bytes` begins with a page. */
export function brokenPage(bytes: ArrayBuffer): number | null {
  const reader = { view: new DataView(bytes), offset: 0 };
  while (reader.offset < bytes.byteLength) {
    const start = reader.offset;
    try {
      const header = deserializeTCompactProtocol(reader);
      const size: unknown = header['field_3'];
      const crc: unknown = header['field_4'];
      if (!sound(header)) return start;
      if (typeof size !== 'number' || size < 0 || reader.offset + size > bytes.byteLength) return start;
      if (typeof crc !== 'number' || crc >>> 0 !== crc32(new Uint8Array(bytes, reader.offset, size))) return start;
      reader.offset += size;
    } catch {
      return start;
    }
  }
  return null;
}

/** The file as hyparquet reads it, every range checked: pages by their own checksums, the index at the end by the manifest's. */
export function checked(file: RemoteFile): AsyncBuffer {
  const { index_bytes: size, index_crc32: crc } = file.file;
  if (size === null || size === undefined || crc === null || crc === undefined) return file;
  const border = file.byteLength - size;
  let index: Promise<ArrayBuffer> | null = null;
  const wholeIndex = async (): Promise<ArrayBuffer> => {
    const bytes = await file.slice(border, file.byteLength);
    if (crc32(new Uint8Array(bytes)) !== crc) throw damaged(file, border);
    return bytes;
  };
  return {
    byteLength: file.byteLength,
    async slice(start, end = file.byteLength) {
      if (start >= border) {
        index ??= wholeIndex();
        index.catch(() => (index = null));
        return (await index).slice(start - border, end - border);
      }
      const bytes = await file.slice(start, end);
      const broken = file.proven || start < 4 || end > border ? null : brokenPage(bytes);
      if (broken !== null) throw damaged(file, start + broken);
      return bytes;
    },
  };
}

function damaged(file: RemoteFile, at: number): DataProblem {
  return new DataProblem(
    `A data file is damaged: what lies at byte ${at.toLocaleString('en')} is not what was published`,
    file.url,
    `Publish the data again, or restore this file from the published folder; “rnnvis verify” finds every damaged file. Its SHA-256 must be ${file.file.sha256}.`,
  );
}
