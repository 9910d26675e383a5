import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { crc32, toZip } from './zip';

const READ = `import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    print(json.dumps([archive.testzip(), {name: archive.read(name).decode() for name in archive.namelist()}]))`;

it('has the check value of CRC-32', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

it('is an archive that another program reads, with names and letters of any script', async () => {
  const files = { 'a – b.svg': '<svg>ħ</svg>', 'empty.csv': '', 'c.csv': 'x,y\r\n1,2\r\n' };
  const made = () => toZip(Object.entries(files).map(([name, text]) => ({ name, content: new Blob([text]) })));
  const bytes = new Uint8Array(await (await made()).arrayBuffer());
  expect(new Uint8Array(await (await made()).arrayBuffer())).toEqual(bytes);
  const path = join(mkdtempSync(join(tmpdir(), 'zip-')), 'made.zip');
  writeFileSync(path, bytes);
  expect(JSON.parse(execFileSync('python3', ['-c', READ, path], { encoding: 'utf8' }))).toEqual([null, files]);
});
