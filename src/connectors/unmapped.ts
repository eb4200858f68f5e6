/** XML and JSON do not say the same here. Names are told, no value. */
export class Unmapped extends Error {
  override readonly name = 'Unmapped';

  /** @param path local names from the root, such as /Request/Person/@id */
  constructor(path: string, why: string) {
    super(`${path}: ${why}`);
  }
}
