import { signTemplate } from '../../../src/compute/sign-template.ts';
import { ackCall } from '../../../src/smev/calls.ts';
import { smevNamespaces, soap12Namespace, soapNamespace } from '../../../src/smev/namespaces.ts';
import { freshMessageId } from '../../harness/client.ts';
import type { Attack, Chapter } from '../attack.ts';
import {
  attack,
  changed,
  part,
  parts,
  posting,
  signedNote,
  signer,
  withHeader,
} from '../messages.ts';

const unsigned = { verify: undefined } as const;
const envelope = { code: 'SOAP_ENVELOPE' } as const;
const action = {
  ...unsigned,
  code: 'SOAP_ACTION_MISMATCH',
  guards: ['SOAPAction agrees with the Body'],
} as const;
const elsewhere = ['namespace of the address', 'envelope schema'] as const;

const envelopes: readonly Attack[] = [
  {
    ...action,
    name: 'SOAPAction of another operation',
    make: () => posting(signedNote(), { soapAction: '"urn:Ack"' }),
  },
  {
    ...action,
    name: 'SOAPAction of the operation, the Body of another',
    make: () =>
      posting(signTemplate(ackCall('1.2', freshMessageId()), signer), {
        soapAction: '"urn:SendRequest"',
      }),
  },
  attack(
    'the operation in a namespace of another version',
    (t) =>
      changed(
        changed(
          t,
          '<t:SendRequestRequest',
          `<e:SendRequestRequest xmlns:e="${smevNamespaces['1.1'].types}"`,
        ),
        '</t:SendRequestRequest',
        '</e:SendRequestRequest',
      ),
    { code: 'NAMESPACE_UNKNOWN', verify: 'SIGNATURE_TARGET', guards: elsewhere },
  ),
  attack(
    'the operation in a namespace that nobody knows',
    (t) =>
      changed(
        changed(t, '<t:SendRequestRequest', '<e:SendRequestRequest xmlns:e="urn:e"'),
        '</t:SendRequestRequest',
        '</e:SendRequestRequest',
      ),
    { code: 'NAMESPACE_UNKNOWN', verify: 'SIGNATURE_TARGET', guards: elsewhere },
  ),
  attack(
    'a Fault sent as a request',
    (t) =>
      changed(
        t,
        parts.payload,
        (payload) =>
          `<soap:Fault xmlns:t="${smevNamespaces['1.2'].types}" xmlns:b="${smevNamespaces['1.2'].basic}">${part(payload, parts.data)}${part(payload, parts.container)}</soap:Fault>`,
      ),
    {
      code: 'NAMESPACE_UNKNOWN',
      verify: 'SIGNATURE_TARGET',
      guards: [...elsewhere, 'operation by its name'],
    },
  ),
  attack(
    'a header that must be understood',
    (t) => withHeader(t, '<x xmlns="urn:x" soap:mustUnderstand="1"/>'),
    { ...unsigned, code: 'SOAP_MUST_UNDERSTAND', guards: ['no header that must be understood'] },
  ),
  attack(
    'a header that must be understood, said in another way',
    (t) => withHeader(t, '<x xmlns="urn:x" soap:mustUnderstand=" true "/>'),
    { ...unsigned, code: 'SOAP_MUST_UNDERSTAND', guards: ['no header that must be understood'] },
  ),
  attack(
    'a second Body',
    (t) =>
      changed(
        t,
        '</soap:Envelope>',
        (end) =>
          `<soap:Body>${part(t, parts.payload).replaceAll('SIGNED_BY_CALLER', 'SECOND')}</soap:Body>${end}`,
      ),
    { ...envelope, verify: 'SIGNATURE_TARGET', guards: ['nothing after the Body'] },
  ),
  attack(
    'a second operation in the Body',
    (t) =>
      changed(
        t,
        parts.payload,
        (payload) => payload + payload.replaceAll('SIGNED_BY_CALLER', 'SECOND'),
      ),
    { ...envelope, verify: 'SIGNATURE_TARGET', guards: ['one child of the Body'] },
  ),
  attack(
    'the Body before the Header',
    (t) =>
      changed(
        t,
        '</soap:Envelope>',
        (end) => `<soap:Header><x xmlns="urn:x"/></soap:Header>${end}`,
      ),
    { ...envelope, ...unsigned, guards: ['nothing after the Body'] },
  ),
  attack('an envelope of SOAP 1.2', (t) => t.replaceAll(soapNamespace, soap12Namespace), {
    ...unsigned,
    code: 'SOAP_VERSION',
    guards: ['the envelope of SOAP 1.1', 'an Envelope at the root', 'a Body by its name'],
  }),
  attack('the operation alone, without an envelope', (t) => part(t, parts.payload), {
    ...envelope,
    ...unsigned,
    guards: ['the payload in its Body'],
  }),
];

export const soap: Chapter = {
  title: 'SOAP',
  file: 'test/attacks/catalogue/soap.ts',
  attacks: envelopes,
};
