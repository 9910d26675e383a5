import typescript from 'typescript-eslint';

/** The scripts of a component as one module: what the linter follows when it looks for circles of imports. */
export function parseForESLint(code, options) {
  const scripts = [...code.matchAll(/<script\b(?:"[^"]*"|[^>"])*>([\s\S]*?)<\/script>/g)].map(([, script]) => script);
  return typescript.parser.parseForESLint(scripts.join('\n'), { ...options, extraFileExtensions: ['.svelte'] });
}
