/** The folder with package.json, schemas, config and certs.example; src and dist both lie in it. */
export const checkout = new URL('../', import.meta.url);

/**
 * What a thread starts with: always as it was built, since a thread has no loader of TypeScript.
 *
 * @param module path under src, without its ending
 */
export function threadScript(module: string): URL {
  return new URL(`dist/${module}.js`, checkout);
}
