import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve, sep } from 'node:path';
import type { Plugin } from 'vite';

const duckdb = dirname(createRequire(import.meta.url).resolve('@duckdb/duckdb-wasm/dist/duckdb-eh.wasm'));

/** DuckDB's engine and worker, under names that the data layer knows. Pages without COOP/COEP need no other bundle. */
const DUCKDB_FILES = ['duckdb-eh.wasm', 'duckdb-browser-eh.worker.js'];

/** Before DuckDB's worker: a promise in it that nobody waits for, such as that of memory which is refused, ends as an error that the page hears. */
const HEARD =
  "'use strict'; addEventListener('unhandledrejection', (event) => { event.preventDefault(); setTimeout(() => { throw event.reason; }); });\n";

/** Files in the output folder that something else than Vite puts there. */
const KEPT = join('duckdb', 'extensions');

const MIME: Record<string, string> = {
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.js': 'text/javascript',
};

function clear(folder: string, keep: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (path === keep) continue;
    if (keep.startsWith(path + sep)) clear(path, keep);
    else rmSync(path, { recursive: true });
  }
}

/** Writes DuckDB beside the bundle, and a bare page that shows nothing but the explorer. */
export function assets(outside: { app: string; data: string }): Plugin {
  let output = outside.app;
  return {
    name: 'rnnvis-assets',
    configResolved(config) {
      output = resolve(config.root, config.build.outDir);
    },
    buildStart() {
      if (this.environment.mode === 'build') clear(output, join(output, KEPT));
    },
    generateBundle() {
      for (const name of DUCKDB_FILES) {
        const source = readFileSync(join(duckdb, name));
        this.emitFile({
          type: 'asset',
          fileName: `duckdb/${name}`,
          source: name.endsWith('.js') ? HEARD + withoutMap(source) : source,
        });
      }
      this.emitFile({
        type: 'asset',
        fileName: 'index.html',
        source: readFileSync(new URL('page.html', import.meta.url)),
      });
    },
    configureServer(server) {
      serve(server.middlewares, '/data/', outside.data);
      serve(server.middlewares, '/duckdb/extensions/', join(outside.app, KEPT));
      serve(server.middlewares, '/duckdb/', duckdb);
    },
  };
}

/** The map is not shipped, and browsers' developer tools would ask for it. */
function withoutMap(source: Buffer): string {
  return source.toString('utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
}

type Middlewares = import('vite').Connect.Server;

function serve(middlewares: Middlewares, prefix: string, folder: string): void {
  middlewares.use((request, response, next) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
    const file = join(folder, path.slice(prefix.length));
    if (!path.startsWith(prefix) || !file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile())
      return next();
    const size = statSync(file).size;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    response.setHeader('Content-Type', MIME[extname(file)] ?? 'application/octet-stream');
    response.setHeader('Accept-Ranges', 'bytes');
    if (!range) {
      response.setHeader('Content-Length', size);
      createReadStream(file).pipe(response);
      return;
    }
    const start = Number(range[1]);
    const end = Math.min(range[2] ? Number(range[2]) : size - 1, size - 1);
    response.statusCode = 206;
    response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
    response.setHeader('Content-Length', end - start + 1);
    createReadStream(file, { start, end }).pipe(response);
  });
}
