// The package has no types of its own.
declare module 'aws4' {
  interface SignedRequest {
    readonly path: string;
    readonly headers: Record<string, string>;
  }
  interface ToSign {
    readonly service: 's3';
    readonly region: string;
    readonly method: string;
    readonly host: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
  }
  const aws4: {
    /** Signature Version 4 in the headers; the clock is asked only without X-Amz-Date. */
    sign(
      request: ToSign,
      credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
    ): SignedRequest;
  };
  export default aws4;
}
