import type { Rules } from '../../src/compute/judge.ts';
import { loadSmevSchemas } from '../../src/schema/files.ts';
import { buildContentRegistry } from '../../src/schema/registry.ts';
import { nodeProfiles, profiles } from '../../src/signature/profiles.ts';

export const noteNamespace = 'urn://mezhved.example/test/note/1.0.0';

const schema = `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${noteNamespace}"
  xmlns="${noteNamespace}" elementFormDefault="qualified">
  <xs:complexType name="Note">
    <xs:sequence>
      <xs:element name="Text" type="xs:string"/>
      <xs:element name="Count" type="xs:int" minOccurs="0"/>
      <xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attribute name="Id" type="xs:ID"/>
  </xs:complexType>
  <xs:element name="NoteRequest" type="Note"/>
  <xs:element name="NoteResponse" type="Note"/>
</xs:schema>`;

/** A small message type of the tests' own. */
export const noteType = {
  id: 'note',
  versions: [
    {
      version: '1',
      namespace: noteNamespace,
      requestRoot: 'NoteRequest',
      responseRoot: 'NoteResponse',
      schemas: [{ name: 'note.xsd', bytes: Buffer.from(schema) }],
    },
  ],
};

export function noteRequest(text: string, extra = ''): string {
  return `<n:NoteRequest xmlns:n="${noteNamespace}"><n:Text>${text}</n:Text>${extra}</n:NoteRequest>`;
}

export function noteResponse(text: string): string {
  return `<n:NoteResponse xmlns:n="${noteNamespace}"><n:Text>${text}</n:Text></n:NoteResponse>`;
}

/** The signature profiles that a node accepts where nothing else is configured. */
export const acceptedProfiles = nodeProfiles.map((name) => profiles[name]);

let made: Rules | undefined;

/** The rules that a worker would judge by, compiled once for all tests. */
export function testRules(): Rules {
  made ??= {
    smev: loadSmevSchemas(),
    content: buildContentRegistry([noteType]),
    profiles: acceptedProfiles,
  };
  return made;
}
