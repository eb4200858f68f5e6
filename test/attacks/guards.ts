// biome-ignore-all lint/suspicious/noTemplateCurlyInString: lines of the source hold template strings

/** One line of the source that keeps attacks out, and the same line as if nobody had thought of it. */
export interface Guard {
  /** Path from the top of the project. */
  readonly file: string;
  /** Exact text; it must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

const verify = 'src/signature/verify.ts';
const structure = 'src/signature/structure.ts';
const judge = 'src/compute/judge.ts';
const document = 'src/xml/document.ts';
const envelope = 'src/soap/envelope.ts';
const key = 'src/signature/key.ts';

const guardTable = {
  'envelope schema': {
    file: judge,
    find: "if (!envelope.valid) throw new Fault('ENVELOPE_INVALID', { findings: envelope.findings });",
    replace: '',
  },
  'the place of an Include': {
    file: 'src/soap/xop.ts',
    find: "if (parent === null || !mayBeIn(parent)) refuse(element, 'не в AttachmentContent/Content');",
    replace: "if (parent === null) refuse(element, '');",
  },
  'content schema': {
    file: judge,
    find: 'only !== undefined && only.findings.length > 0) {',
    replace: 'only !== undefined && only.findings.length > 1e9) {',
  },
  'the Id names the element at the place of the operation': {
    file: verify,
    find: 'if (only === undefined || !only.isSameNode(target)) {',
    replace: 'if (only === undefined) {',
  },
  'the digest is over the element at that place': {
    file: verify,
    find: 'const octets = transformed(structure, target);',
    replace:
      'const octets = transformed(structure, elementsWithId(document, structure.targetId)[0] ?? target);',
  },
  'the request is read from the verified octets': {
    file: judge,
    find: 'request: readRequest(operation, endpoint, again.root),',
    replace: 'request: readRequest(operation, endpoint, signed),',
  },
  'one bearer of the Id': {
    file: verify,
    find: 'if (meant.length > 1) {',
    replace: 'if (meant.length > 1e9) {',
  },
  'one signature in its container, and nothing else': {
    file: verify,
    find: "if (others.length > 0 || !isNamed(signature, dsNamespace, 'Signature')) {",
    replace: 'if (others.length > 1e9) {',
  },
  'no more parts of Signature': {
    file: structure,
    find: "if (rest.length > 0) malformed('лишние элементы в Signature');",
    replace: '',
  },
  'one Reference': {
    file: structure,
    find: "if (others.length > 0) malformed('в SignedInfo должен быть один Reference');",
    replace: '',
  },
  'no more parts of Reference': {
    file: structure,
    find: "if (others.length > 0) malformed('лишние элементы в Reference');",
    replace: '',
  },
  'each part of Signature by its name': {
    file: structure,
    find: 'if (element === undefined || !isNamed(element, dsNamespace, local)) {',
    replace: 'if (element === undefined) {',
  },
  'nothing between the parts of Signature': {
    file: structure,
    find: "else if (!(node instanceof XmlText) || node.content.trim() !== '') {",
    replace: 'else if (found.length > 1e9) {',
  },
  'base64 is text alone': {
    file: structure,
    find: 'if (!(node instanceof XmlText)) malformed(`${element.name}: только текст`);',
    replace: '',
  },
  'the signature in its own place': {
    file: judge,
    find: 'const container = child(payload, smevNamespaces[endpoint].types, signatureContainer);',
    replace:
      'const container = ((at) => at && at.parent)(document.get("//*[local-name()=\\"Signature\\"]"));',
  },
  'the digest holds': {
    file: verify,
    find: 'if (!digestHolds(structure, octets)) throw wrongDigest(structure, target, octets);',
    replace: '',
  },
  'the value holds': {
    file: verify,
    find: 'if (!valueHolds(structure, certificate)) throw wrongValue(structure);',
    replace: '',
  },
  'parts of Signature in their order': {
    file: structure,
    find: 'const [signedInfo, value, keyInfo, ...rest] = children(signature);',
    replace:
      "const [signedInfo, value, keyInfo, ...rest] = ['SignedInfo', 'SignatureValue', 'KeyInfo'].map((name) => child(signature, dsNamespace, name));",
  },
  'the enveloped transform leaves out the signature itself': {
    file: 'src/signature/transforms.ts',
    find: 'if (algorithm === envelopedUri) without = signature;',
    replace:
      'if (algorithm === envelopedUri) without = signature.doc.get(\'//*[local-name()="Signature"]\') as never;',
  },
  'few parts': {
    file: structure,
    find: 'const childrenMax = 20;',
    replace: 'const childrenMax = 1e9;',
  },
  'base64 is of its alphabet': {
    file: structure,
    find: 'if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) malformed(`${element.name}: не base64`);',
    replace: '',
  },
  'no namespace name that canonical XML escapes': {
    file: document,
    find: 'if (escaped !== undefined) {',
    replace: 'if (bytes.byteLength < 0) {',
  },
  'canonicalization of SignedInfo by its exact name': {
    file: structure,
    find: 'const canonicalization = algorithmOf(method);',
    replace: "const canonicalization = algorithmOf(method).replace('WithComments', '');",
  },
  'transforms by their exact names': {
    file: structure,
    find: 'return { algorithm: algorithmOf(step), prefixes: prefixList(step) };',
    replace:
      "return { algorithm: algorithmOf(step).replace('WithComments', ''), prefixes: prefixList(step) };",
  },
  'the Id is what follows the #': {
    file: structure,
    find: 'targetId: uri.slice(1),',
    replace: "targetId: /(?:.*#)?(?:xpointer.id.')?([^'()]*)/.exec(uri)?.[1] ?? '',",
  },
  'the whole document only where a profile says so': {
    file: structure,
    find: "const fits = shaped.find((each) => targetId !== '' || each.wholeDocument);",
    replace: 'const [fits] = shaped;',
  },
  'a Reference has a URI': {
    file: structure,
    find: "const uri = reference.attr('URI')?.value;",
    replace: "const uri = reference.attr('URI')?.value ?? '';",
  },
  'an Id that is there': {
    file: verify,
    find: 'const [only] = meant;',
    replace: 'const only = meant[0] ?? target;',
  },
  'no Type of a Reference': {
    file: structure,
    find: "if (reference.attr('Type') !== null) malformed('Reference с Type');",
    replace: '',
  },
  'no parameters of a transform but a PrefixList': {
    file: structure,
    find: 'if (!known || others.length > 0 || algorithmOf(method) !== exclusive) {',
    replace: 'if (others.length > 1e9) {',
  },
  'octets only of a canonicalization': {
    file: 'src/signature/transforms.ts',
    find: "if (octets === undefined) throw new Fault('SIGNATURE_FORMAT', { public: 'нет Transform' });",
    replace: 'if (octets === undefined) return canonicalize(target);',
  },
  'a certificate in KeyInfo itself': {
    file: verify,
    find: "if (element === undefined) throw new Fault('CERTIFICATE_MISSING');",
    replace:
      'if (element === undefined) return { keyKind: "rsa", keyBits: 2048, publicKey: { asymmetricKeyDetails: { publicExponent: 65537n } }, fingerprint: "" } as never;',
  },
  'closed table of methods': {
    file: 'src/signature/algorithms.ts',
    find: "[`${ds}rsa-sha1`]: { keyKind: 'rsa', hash: 'sha1' },",
    replace:
      "'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256': { keyKind: 'rsa', hash: 'sha256' }, 'http://www.w3.org/2007/05/xmldsig-more#rsa-pss': { keyKind: 'rsa', hash: 'sha256' }, 'urn:none': { keyKind: 'rsa', hash: 'sha256' },",
  },
  'no HMAC': {
    file: key,
    find: 'if (publicKey === undefined) return false;',
    replace:
      "if (process.getBuiltinModule('node:crypto').createHmac(hash, publicKey.export({ type: 'spki', format: 'der' })).update(octets).digest().equals(value)) return true;",
  },
  'no parameters of SignatureMethod': {
    file: structure,
    find: "if (children(signatureMethod).length > 0) malformed('SignatureMethod с параметрами');",
    replace: '',
  },
  'PKCS #1 v1.5 alone': {
    file: key,
    find: "{ key: publicKey, dsaEncoding: 'ieee-p1363' }",
    replace: '{ key: publicKey, padding: 6, saltLength: -2 }',
  },
  'methods of a profile': {
    file: 'src/signature/profiles.ts',
    find: 'return keyKinds.includes(row.keyKind) && hashes.includes(row.hash) && hashes.includes(hash);',
    replace: 'return true;',
  },
  'strong RSA keys': {
    file: key,
    find: 'if (keyBits < rsaBitsMin || keyBits > rsaBitsMax || exponent < 65_537n || exponent >> 64n > 0n) {',
    replace: 'if (exponent < 0n) {',
  },
  'curves that are strong': {
    file: key,
    find: "if (!curves.includes(curve)) throw new Fault('SIGNATURE_KEY_WEAK', { public: curve });",
    replace: '',
  },
  'nothing after a certificate': {
    file: 'src/pki/certificate.ts',
    find: "if (!x509.raw.equals(der)) throw new Error('bytes follow the certificate');",
    replace: '',
  },
  'one item of DER': {
    file: 'src/pki/der.ts',
    find: "if (item?.tag !== wanted || others.length > 0) throw new RangeError('unexpected DER');",
    replace: "if (item?.tag !== wanted) throw new RangeError('unexpected DER');",
  },
  'no DOCTYPE': {
    file: document,
    find: 'checkProlog(bytes);\n  const document',
    replace: 'checkProlog(Buffer.alloc(0));\n  const document',
  },
  'limits of the parser': {
    file: document,
    find: 'ParseOption.XML_PARSE_COMPACT,',
    replace: 'ParseOption.XML_PARSE_COMPACT | ParseOption.XML_PARSE_HUGE,',
  },
  'no byte order mark': {
    file: document,
    find: 'if (a === 0xef && b === 0xbb && c === 0xbf) {',
    replace: 'if (a === 0xef && b === 0xbb && c === 0) {',
  },
  'UTF-8 by the first bytes': {
    file: document,
    find: 'if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0) {',
    replace: 'if (a === 0 && b === 0) {',
  },
  'UTF-8 by the declaration': {
    file: document,
    find: "if (declared !== undefined && declared.toLowerCase() !== 'utf-8') {",
    replace: "if (declared === 'none') {",
  },
  'SOAPAction agrees with the Body': {
    file: judge,
    find: 'checkSoapAction(soapAction, operation.soapAction);',
    replace: '',
  },
  'namespace of the address': {
    file: judge,
    find: 'if (version !== endpoint) {',
    replace: "if (version === '1.3') {",
  },
  'operation by its name': {
    file: judge,
    find: 'const operation = operationOf(endpoint, payload.name);',
    replace:
      "const operation = operationOf(endpoint, payload.name) ?? operationOf(endpoint, 'SendRequestRequest');",
  },
  'no header that must be understood': {
    file: envelope,
    find: "if (must !== undefined && must.value.trim() !== '0') {",
    replace: "if (must?.value === 'never') {",
  },
  'nothing after the Body': {
    file: envelope,
    find: 'if (others[0] !== undefined) refuse(others[0]);',
    replace: '',
  },
  'the envelope of SOAP 1.1': {
    file: envelope,
    find: "if (root.name === 'Envelope' && root.namespaceUri !== soapNamespace) {",
    replace: "if (root.name === '') {",
  },
  'an Envelope at the root': {
    file: envelope,
    find: "if (!isNamed(root, soapNamespace, 'Envelope')) refuse(root);",
    replace: '',
  },
  'a Body by its name': {
    file: envelope,
    find: "if (!isNamed(body, soapNamespace, 'Body')) refuse(body);",
    replace: '',
  },
  'the payload in its Body': {
    file: judge,
    find: 'const payload = openEnvelope(document);',
    replace: 'const payload = document.root;',
  },
  'no namespace that is a relative reference': {
    file: 'src/xml/canonicalize.ts',
    find: 'checkCanonicalForm(element.doc);',
    replace: '',
  },
  'no test curve': {
    file: key,
    find: "if (gostKey.curve.name.endsWith('-Test')) {",
    replace: "if (gostKey.curve.name === '') {",
  },
  'a point of the curve': {
    file: 'src/gost/keys.ts',
    find: 'if (!isOnCurve(curve, x, y)) throw new RangeError(`the public key is not a point of ${name}`);',
    replace: '',
  },
  'not after its time': {
    file: 'src/pki/path-checks.ts',
    find: "check('not-after', time <= notAfter);",
    replace: "check('not-after', true);",
  },
  'not before its time': {
    file: 'src/pki/path-checks.ts',
    find: "check('not-before', notBefore <= time);",
    replace: "check('not-before', true);",
  },
  'a key that may sign': {
    file: 'src/pki/path-checks.ts',
    find: "check('purpose', certificate.maySign);",
    replace: "check('purpose', true);",
  },
  'issued by an anchor': {
    file: 'src/pki/path-checks.ts',
    find: 'good: path.broken === undefined }',
    replace: 'good: true }',
  },
  'one child of the Body': {
    file: envelope,
    find: 'if (second !== undefined) refuse(second);',
    replace: '',
  },
  'no processing instruction': {
    file: document,
    find: "if (rules.processingInstructions !== 'allow' && holds(",
    replace: 'if (bytes.byteLength < 0 && holds(',
  },
  'transforms in the order of a profile': {
    file: structure,
    find: 'each.transforms.some((row) => isSame(row, transforms)),',
    replace: 'each.transforms.length > 0,',
  },
  'no unknown transform': {
    file: 'src/signature/transforms.ts',
    find: "} else throw new Fault('SIGNATURE_FORMAT', { public: `Transform ${algorithm.slice(0, 200)}` });",
    replace: '}',
  },
  'the Reference names an Id of this document': {
    file: structure,
    find: 'if (uri === undefined || !/^(#[^#()]+)?$/.test(uri)) {',
    replace: 'if (uri === undefined) {',
  },
  'key of the kind that the method names': {
    file: key,
    find: 'if (certificate.keyKind !== keyKind) {',
    replace: 'if (certificate.keyKind === undefined) {',
  },
} as const satisfies Record<string, Guard>;

export type GuardName = keyof typeof guardTable;

export const guards: Readonly<Record<GuardName, Guard>> = guardTable;
