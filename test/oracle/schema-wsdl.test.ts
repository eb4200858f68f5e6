import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { publishedWsdl } from '../../src/schema/files.ts';
import { versions } from '../../src/smev/namespaces.ts';
import { operations } from '../../src/smev/operations.ts';
import { withXml, type XmlElement } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';
import { needReference, publishedFolder } from './schema-reference.ts';

const soap = 'http://schemas.xmlsoap.org/wsdl/soap/';

describe('WSDL against the published one', () => {
  for (const version of versions) {
    it(`names the same messages, operations and faults in ${version}`, function () {
      const folder = publishedFolder(needReference(this), version);
      const file = join(folder, `smev-message-exchange-service-${version}.wsdl`);
      const published = summary(readFileSync(file));
      const own = summary(Buffer.from(publishedWsdl(version)));
      expect(own).deep.equal(published);
      const names = Object.values(operations).filter((row) => row.versions.includes(version));
      expect(Object.keys(own.operations).sort()).deep.equal(names.map(({ name }) => name).sort());
    });
  }
});

/** What a client sees of a WSDL, without prefixes, notes and order. */
function summary(bytes: Uint8Array) {
  return withXml(bytes, ({ root }) => {
    const parts = (name: string) => childElements(root).filter((part) => part.name === name);
    const [portType] = parts('portType');
    const [binding] = parts('binding');
    const [service] = parts('service');
    return {
      namespace: value(root, 'targetNamespace'),
      messages: Object.fromEntries(parts('message').map((m) => [value(m, 'name'), messageOf(m)])),
      portType: value(portType, 'name'),
      operations: Object.fromEntries(inner(portType).map((o) => [value(o, 'name'), facesOf(o)])),
      binding: [value(binding, 'name'), local(value(binding, 'type')), styleOf(binding)],
      actions: Object.fromEntries(inner(binding).map((o) => [value(o, 'name'), boundOf(o)])),
      service: [value(service, 'name'), ...portsOf(service)],
    };
  });
}

function inner(element: XmlElement | undefined): XmlElement[] {
  if (element === undefined) return [];
  return childElements(element).filter(({ name }) => name === 'operation');
}

function value(element: XmlElement | undefined, name: string): string {
  return element?.attr(name)?.value ?? '';
}

function local(name: string): string {
  return name.replace(/^.*:/, '');
}

function messageOf(message: XmlElement): string[] {
  return childElements(message).map((part) => {
    const [prefix = '', name = ''] = value(part, 'element').split(':');
    return `${value(part, 'name')} {${part.namespaces[prefix]}}${name}`;
  });
}

function facesOf(operation: XmlElement): string[] {
  return childElements(operation)
    .filter(({ name }) => name !== 'documentation')
    .map((face) => `${face.name} ${value(face, 'name')} ${local(value(face, 'message'))}`)
    .sort();
}

function styleOf(binding: XmlElement | undefined): string {
  const style = binding && childElements(binding).find(isSoap);
  return `${value(style, 'style')} ${value(style, 'transport')}`;
}

function boundOf(operation: XmlElement): string[] {
  const soapAction = childElements(operation).find(isSoap);
  const faces = childElements(operation)
    .filter((face) => !isSoap(face))
    .flatMap((face) =>
      childElements(face).map(
        (bound) => `${face.name} ${bound.name} ${value(bound, 'name')} ${value(bound, 'use')}`,
      ),
    );
  return [value(soapAction, 'soapAction'), ...faces.sort()];
}

function portsOf(service: XmlElement | undefined): string[] {
  const ports = service === undefined ? [] : childElements(service);
  return ports
    .filter(({ name }) => name === 'port')
    .map((port) => `${value(port, 'name')} ${local(value(port, 'binding'))}`);
}

function isSoap(element: XmlElement): boolean {
  return element.namespaceUri === soap;
}
