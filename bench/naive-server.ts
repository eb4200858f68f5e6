// What one gets by putting the well-known packages together: soap takes the message,
// fast-xml-parser reads it, xmllint-wasm validates it, xml-crypto verifies it and builds the
// signature, node-forge signs, SQLite keeps it. It does the same work as SendRequest in Mezhved:
// valid, verified, durable, answered under a signature. No trust, no rights, no queue.
import { createHash, createSign, createVerify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import express from 'express';
import { XMLParser } from 'fast-xml-parser';
import forge from 'node-forge';
import soap from 'soap';
import { SignedXml } from 'xml-crypto';
import { validateXML } from 'xmllint-wasm';

const [, , kind = 'rsa', folder = '.', certs = 'certs.example', schemas = 'schemas/smev/1.2'] =
  process.argv;
const stem = `${certs}/node${kind === 'ec' ? '-ec' : ''}`;
const key = readFileSync(`${stem}.key.pem`, 'utf8');
const certificate = readFileSync(`${stem}.crt.pem`, 'utf8');

const database = new Sqlite(`${folder}/naive.db`);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec('CREATE TABLE message (id TEXT PRIMARY KEY, hash TEXT, bytes BLOB, answer TEXT)');
const insert = database.prepare('INSERT INTO message VALUES (?, ?, ?, ?)');

const file = (name: string) => ({
  fileName: name,
  contents: readFileSync(`${schemas}/${name}`, 'utf8'),
});
const version = '1.2';
const typesXsd = file('types.xsd');
const preload = [file('basic.xsd')];

const ecdsa = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
const rsa = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

/** RSA through node-forge, since that is what people take; ECDSA, which it lacks, through Node. */
class ForgeRsa {
  getSignature = (info: string) => {
    const digest = forge.md.sha256.create();
    digest.update(info, 'utf8');
    return forge.util.encode64(forge.pki.privateKeyFromPem(key).sign(digest));
  };
  verifySignature = (info: string, pem: string, value: string) => {
    const digest = forge.md.sha256.create();
    digest.update(info, 'utf8');
    const publicKey = forge.pki.certificateFromPem(pem).publicKey as forge.pki.rsa.PublicKey;
    return publicKey.verify(digest.digest().bytes(), forge.util.decode64(value));
  };
  getAlgorithmName = () => rsa;
}
class NodeEcdsa {
  getSignature = (info: string) =>
    createSign('SHA256').update(info).sign({ key, dsaEncoding: 'ieee-p1363' }, 'base64');
  verifySignature = (info: string, pem: string, value: string) =>
    createVerify('SHA256')
      .update(info)
      .verify({ key: pem, dsaEncoding: 'ieee-p1363' }, value, 'base64');
  getAlgorithmName = () => ecdsa;
}

function withAlgorithms(signed: SignedXml): SignedXml {
  Object.assign(signed.SignatureAlgorithms, { [rsa]: ForgeRsa, [ecdsa]: NodeEcdsa });
  return signed;
}

async function accept(raw: string): Promise<string> {
  const parsed = new XMLParser({ removeNSPrefix: true, ignoreAttributes: false }).parse(raw);
  const data = parsed.Envelope.Body.SendRequestRequest.SenderProvidedRequestData;
  const body = raw.slice(raw.indexOf('<soap:Body>') + 11, raw.lastIndexOf('</soap:Body>'));
  const verdict = await validateXML({
    xml: [{ fileName: 'request.xml', contents: body }],
    schema: [typesXsd],
    preload,
  });
  if (!verdict.valid) throw new Error(verdict.errors[0]?.message);
  const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(raw)?.[0] ?? '';
  const sender = /<ds:X509Certificate>([^<]+)/.exec(signature)?.[1] ?? '';
  const pem = `-----BEGIN CERTIFICATE-----\n${sender.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
  const verifier = withAlgorithms(new SignedXml({ publicCert: pem }));
  verifier.loadSignature(signature);
  if (!verifier.checkSignature(raw)) throw new Error('signature');
  const answer = sign(data.MessageID);
  insert.run(
    data.MessageID,
    createHash('sha256').update(raw).digest('hex'),
    Buffer.from(raw),
    answer,
  );
  return answer;
}

function sign(messageId: string): string {
  const types = `urn://x-artefacts-smev-gov-ru/services/message-exchange/types/${version}`;
  const metadata =
    `<t:SendRequestResponse xmlns:t="${types}"><t:MessageMetadata Id="SIGNED_BY_SMEV">` +
    `<t:MessageId>${messageId}</t:MessageId><t:MessageType>REQUEST</t:MessageType>` +
    `<t:Sender><t:Mnemonic>agency-a</t:Mnemonic><t:HumanReadableName>A</t:HumanReadableName></t:Sender>` +
    `<t:SendingTimestamp>${new Date().toISOString()}</t:SendingTimestamp>` +
    '<t:DestinationName>agency-b.request</t:DestinationName><t:SupplementaryData>' +
    '<t:InteractionType>NotDetected</t:InteractionType></t:SupplementaryData>' +
    '<t:Status>requestIsQueued</t:Status></t:MessageMetadata></t:SendRequestResponse>';
  const signer = withAlgorithms(
    new SignedXml({
      privateKey: key,
      publicCert: certificate,
      signatureAlgorithm: kind === 'ec' ? ecdsa : rsa,
      canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
    }),
  );
  signer.addReference({
    xpath: "//*[local-name(.)='MessageMetadata']",
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    transforms: ['http://www.w3.org/2001/10/xml-exc-c14n#'],
  });
  signer.computeSignature(metadata);
  return signer.getSignedXml();
}

const app = express();
app.use(express.raw({ type: () => true, limit: '5mb' }));
const wsdl = readFileSync(`wsdl/smev-${version}.wsdl`, 'utf8');
const server = app.listen(0, '127.0.0.1', () => {
  const handler = (
    _args: unknown,
    done: (answer: unknown) => void,
    _headers: unknown,
    request: { body: Buffer },
  ) => {
    accept(request.body.toString()).then(
      (answer) => done({ $xml: answer }),
      (error: Error) => done({ Fault: { faultcode: 'soap:Server', faultstring: error.message } }),
    );
  };
  soap.listen(app, {
    path: '/ws',
    xml: wsdl,
    uri: resolve(`wsdl/smev-${version}.wsdl`),
    services: {
      SMEVMessageExchangeService: { SMEVMessageExchangeEndpoint: { SendRequest: handler } },
    },
    callback: () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      process.stdout.write(`SOAP http://127.0.0.1:${port}/ws\n`);
    },
  } as unknown as Parameters<typeof soap.listen>[1]);
});
