import { expect } from 'chai';
import { publishedWsdl, publishedXsd } from '../../src/schema/files.ts';
import { schemaFileNames } from '../../src/schema/smev.ts';
import { versions } from '../../src/smev/namespaces.ts';
import { publishWsdl, publishXsd } from '../../src/smev/publish.ts';
import { withXml } from '../../src/xml/document.ts';
import { everyElement } from '../../src/xml/navigate.ts';

const url = 'https://node.example/smev/v1.1/ws';

/** Every address in a document: of the service, and of the schemas it imports. */
function addresses(text: string): string[] {
  return withXml(Buffer.from(text), (document) =>
    [...everyElement(document)].flatMap((element) => {
      const name = element.name === 'address' ? 'location' : 'schemaLocation';
      const value = element.attr(name)?.value;
      return value === undefined ? [] : [value];
    }),
  );
}

describe('publishing WSDL and XSD', () => {
  for (const version of versions) {
    it(`rewrites every address of ${version}, to files that are there`, () => {
      const wsdl = publishWsdl(publishedWsdl(version), url);
      const [types, faults, service, ...more] = addresses(wsdl);
      expect(service).equal(url);
      expect([types, faults, more]).deep.equal([
        `${url}?xsd=types.xsd`,
        `${url}?xsd=faults.xsd`,
        [],
      ]);
      for (const name of schemaFileNames(version)) {
        const xsd = publishXsd(publishedXsd(version, name) ?? '', url);
        for (const address of addresses(xsd)) {
          expect(address.startsWith(`${url}?xsd=`)).equal(true);
          expect(schemaFileNames(version)).include(address.slice(`${url}?xsd=`.length));
        }
      }
    });
  }

  it('escapes the address', () => {
    const wsdl = publishWsdl(publishedWsdl('1.1'), 'http://h/"><evil a="&$1$&');
    expect(addresses(wsdl)[2]).equal('http://h/"><evil a="&$1$&');
  });

  it('gives out the files of the version and no others', () => {
    for (const name of [
      '../1.2/types.xsd',
      '../../../package.json',
      '/etc/passwd',
      'types.xsd\0',
      'TYPES.XSD',
      'routing.xsd',
      '',
      'constructor',
    ]) {
      expect(publishedXsd('1.1', name), name).equal(undefined);
    }
    expect(publishedXsd('1.3', 'routing.xsd')).include('RoutingInformation');
  });
});
