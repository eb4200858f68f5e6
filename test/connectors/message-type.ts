import { filePolicySchema } from '../../src/participants/file-policy.ts';
import type { MessageType } from '../../src/participants/registry.ts';
import { type Route, routeSchema } from '../../src/participants/routes.ts';
import { always } from '../../src/pki/window.ts';

export const namespace = 'urn:records';
export const askRoot = { namespace, local: 'Ask' };
export const askXml = `<r:Ask xmlns:r="${namespace}"><r:Name>Ё &amp; 007</r:Name><r:Tag>a</r:Tag></r:Ask>`;
export const tellXml = `<Tell xmlns="${namespace}"><State>found</State></Tell>`;

const schema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${namespace}"
  elementFormDefault="qualified">
  <xs:element name="Ask"><xs:complexType><xs:sequence>
    <xs:element name="Name" type="xs:string"/>
    <xs:element name="Tag" type="xs:string" minOccurs="0" maxOccurs="9"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="Tell"><xs:complexType><xs:sequence>
    <xs:element name="State" type="xs:string"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>`;

/** A message type with one version, and a route. */
export function messageType(route: Route): MessageType {
  const schemas = [{ name: 'records.xsd', bytes: Buffer.from(schema) }];
  return {
    id: 'records',
    name: 'Records',
    versions: [
      {
        ...{ version: '1', window: always, rollback: undefined },
        ...{ namespace, requestRoot: 'Ask', responseRoot: 'Tell', schemas },
      },
    ],
    pins: {},
    senders: [],
    providers: [],
    route,
    ...{ secondOpinion: 0, personalSignature: 'optional', schemaSigners: [] },
    attachments: filePolicySchema.parse({}),
  };
}

/** A route as an operator writes it. */
export function routeOf<K extends Route['kind']>(
  kind: K,
  members: object,
): Extract<Route, { kind: K }> {
  return routeSchema.parse({ kind, ...members }) as Extract<Route, { kind: K }>;
}
