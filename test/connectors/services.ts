import { createServer } from 'node:http';
import { listen as listenSoap } from 'soap';
import { type Agency, closeServer, type Got, listen, type temporaryFolder } from './agencies.ts';
import { namespace } from './message-type.ts';

interface Names {
  readonly namespace: string;
  readonly input: string;
  readonly output: string;
  readonly soap12?: boolean;
  readonly style?: string;
}

/** The names of the message type itself, and others. */
export const sameNames: Names = { namespace, input: 'Ask', output: 'Tell' };
export const otherNames: Names = {
  namespace: 'urn:service',
  input: 'FindRecord',
  output: 'FindRecordResponse',
};

export function wsdlText({ namespace, input, output, soap12, style = 'document' }: Names): string {
  const soap = `http://schemas.xmlsoap.org/wsdl/${soap12 ? 'soap12' : 'soap'}/`;
  return `<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="${soap}"
  xmlns:s="${namespace}" xmlns:t="urn:wsdl" targetNamespace="urn:wsdl">
  <wsdl:types><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
    <xs:import namespace="${namespace}" schemaLocation="service.xsd"/></xs:schema></wsdl:types>
  <wsdl:message name="In"><wsdl:part name="body" element="s:${input}"/></wsdl:message>
  <wsdl:message name="Out"><wsdl:part name="body" element="s:${output}"/></wsdl:message>
  <wsdl:message name="Bad"><wsdl:part name="fault" element="s:NotFound"/></wsdl:message>
  <wsdl:portType name="Records"><wsdl:operation name="find"><wsdl:input message="t:In"/>
    <wsdl:output message="t:Out"/><wsdl:fault name="bad" message="t:Bad"/></wsdl:operation></wsdl:portType>
  <wsdl:binding name="RecordsBinding" type="t:Records">
    <soap:binding style="${style}" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="find"><soap:operation soapAction="urn:find"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>
      <wsdl:fault name="bad"><soap:fault name="bad" use="literal"/></wsdl:fault>
    </wsdl:operation></wsdl:binding>
  <wsdl:service name="RecordService"><wsdl:port name="RecordPort" binding="t:RecordsBinding">
    <soap:address location="http://nowhere.invalid/"/></wsdl:port></wsdl:service>
</wsdl:definitions>`;
}

export function xsdText({ namespace, input, output }: Names): string {
  return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${namespace}" elementFormDefault="qualified">
  <xs:element name="${input}"><xs:complexType><xs:sequence><xs:element name="Name" type="xs:string"/>
    <xs:element name="Tag" type="xs:string" minOccurs="0" maxOccurs="9"/></xs:sequence></xs:complexType></xs:element>
  <xs:element name="${output}"><xs:complexType><xs:sequence>
    <xs:element name="State" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
  <xs:element name="NotFound" type="xs:string"/>
</xs:schema>`;
}

/** Writes WSDL and XSD; the path of the WSDL. */
export function writeWsdl(files: ReturnType<typeof temporaryFolder>, names: Names): string {
  files.write('service.xsd', xsdText(names));
  return files.write('service.wsdl', wsdlText(names));
}

export type Handler = (args: unknown) => unknown;

/** A service by the package `soap`, which reads the WSDL and dispatches by it. */
export async function startService(wsdl: string, names: Names, find: Handler): Promise<Agency> {
  const got: Got[] = [];
  const server = createServer((_request, response) => response.writeHead(404).end());
  const port = await listen(server);
  const service = listenSoap(server, {
    path: '/service',
    services: { RecordService: { RecordPort: { find } } },
    xml: wsdlText(names),
    uri: wsdl,
  });
  service.on('request', (_request: unknown, _method: string) => undefined);
  service.log = (type, data, request) => {
    if (type !== 'received' || request === undefined) return;
    const { method = '', url: path = '', headers } = request;
    got.push({ method, path, headers, body: String(data) });
  };
  return { url: `http://localhost:${port}/service`, got, close: () => closeServer(server) };
}
