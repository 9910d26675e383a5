import type { Plugin } from 'vite';

/** Leaves these modules out of the bundle: what imports them gets an empty module. */
export function without(files: readonly string[]): Plugin {
  return {
    name: 'rnnvis-without',
    enforce: 'pre',
    load(id) {
      return files.includes(id.split('?')[0] ?? id)
        ? 'export default null; export const Database = null, SqlConsole = null, graphPlace = null;'
        : null;
    },
  };
}
