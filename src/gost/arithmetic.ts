/**
 * What signatures need of one curve. There are two of it: WebAssembly, and plain TypeScript, which is
 * the reference and serves where the other cannot run. Lengths are those of the curve, checked before.
 */
export interface Arithmetic {
  /** Whether signing takes a time that does not depend on the scalar or the nonce. */
  readonly constantTime: boolean;
  /**
   * The base point times a scalar.
   *
   * @param scalar little-endian, 0 < scalar < q
   * @returns x and y, each little-endian
   */
  multiplyBase(scalar: Uint8Array): Buffer;
  /**
   * GOST R 34.10-2012 §6.1 with a nonce that was already made.
   *
   * @param scalar little-endian, 0 < scalar < q
   * @param digest little-endian
   * @param nonce little-endian, 0 < nonce < q
   * @returns s and r, each big-endian; undefined where one of them is 0, and another nonce is needed
   */
  sign(scalar: Uint8Array, digest: Uint8Array, nonce: Uint8Array): Buffer | undefined;
  /**
   * GOST R 34.10-2012 §6.2; false as well for a point that is not on the curve.
   *
   * @param point x and y, each little-endian
   * @param digest little-endian
   * @param signature s and r, each big-endian
   */
  verify(point: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}
