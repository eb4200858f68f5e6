import { withXml, type XmlElement } from '../xml/document.ts';
import { childElements, isNamed, type QName } from '../xml/navigate.ts';
import { ConnectorFailure } from './failure.ts';

export const wsdlNamespace = 'http://schemas.xmlsoap.org/wsdl/';
const bindings = [
  { soap: '1.1', namespace: 'http://schemas.xmlsoap.org/wsdl/soap/' },
  { soap: '1.2', namespace: 'http://schemas.xmlsoap.org/wsdl/soap12/' },
] as const;

/** An operation of a service (WSDL 1.1), document/literal. */
export interface Operation {
  readonly soap: '1.1' | '1.2';
  readonly service: string;
  readonly port: string;
  readonly name: string;
  readonly action: string;
  readonly input: QName;
  readonly output: QName;
  /** Elements that stand in the detail of its faults. */
  readonly faults: readonly QName[];
}

/**
 * The operation of that name, of the first port that has it; SOAP 1.1 before 1.2.
 *
 * @throws ConnectorFailure NOT_SENT
 */
export function readOperation(files: readonly Uint8Array[], name: string): Operation {
  const parts = files.flatMap(readParts);
  const ports = parts.filter(({ kind }) => kind === 'port');
  for (const { soap } of bindings) {
    for (const port of ports) {
      const binding = find(parts, 'binding', port.refers['binding']);
      const bound = binding?.children.find(
        (each) => each.kind === 'operation' && each.name === name,
      );
      if (binding === undefined || bound === undefined || binding.soap?.version !== soap) continue;
      const abstract = find(parts, 'portType', binding.refers['type'])?.children.find(
        (each) => each.kind === 'operation' && each.name === name,
      );
      if (abstract === undefined) throw unfit(name, 'stands in a binding and in no portType');
      return describe(parts, port, binding, bound, abstract);
    }
  }
  throw unfit(name, 'is not in a SOAP port of the WSDL');
}

function describe(
  parts: readonly Part[],
  port: Part,
  binding: Part,
  bound: Part,
  abstract: Part,
): Operation {
  const { name } = bound;
  const style = bound.soap?.style ?? binding.soap?.style ?? 'document';
  if (style !== 'document') throw unfit(name, `is of style ${style}; document/literal is called`);
  const element = (kind: string) => {
    const side = bound.children.find((each) => each.kind === kind);
    if (side?.soap?.use === 'encoded') throw unfit(name, 'is encoded; document/literal is called');
    return elementOf(parts, abstract, kind, side?.soap?.parts)[0];
  };
  const input = element('input');
  const output = element('output');
  if (input === undefined) throw unfit(name, 'has no one element for its input');
  if (output === undefined) throw unfit(name, 'has no one element for its output');
  return {
    soap: binding.soap?.version ?? '1.1',
    service: port.parent,
    port: port.name,
    name,
    action: bound.soap?.action ?? '',
    input,
    output,
    faults: elementOf(parts, abstract, 'fault', undefined),
  };
}

/** The elements of the messages of a side; a message with several parts says in the binding which. */
function elementOf(
  parts: readonly Part[],
  operation: Part,
  kind: string,
  chosen: string | undefined,
): QName[] {
  return operation.children
    .filter((each) => each.kind === kind)
    .flatMap((each) => {
      const message = find(parts, 'message', each.refers['message']);
      const all = message?.children.filter((part) => part.kind === 'part') ?? [];
      const named = chosen?.trim();
      const [one, second] = named ? all.filter((part) => part.name === named) : all;
      const element = one?.refers['element'];
      return element === undefined || second !== undefined ? [] : [element];
    });
}

/** An element of a WSDL. */
interface Part {
  readonly kind: string;
  readonly name: string;
  /** Name of the element that it stands in. */
  readonly parent: string;
  readonly target: string;
  readonly refers: Readonly<Record<string, QName>>;
  readonly soap: Extension | undefined;
  readonly children: readonly Part[];
}

interface Extension {
  readonly version: '1.1' | '1.2';
  readonly style: string | undefined;
  readonly action: string | undefined;
  readonly use: string | undefined;
  readonly parts: string | undefined;
}

function readParts(bytes: Uint8Array): Part[] {
  return withXml(
    bytes,
    ({ root }) => {
      if (!isNamed(root, wsdlNamespace, 'definitions')) return [];
      const target = root.attr('targetNamespace')?.value ?? '';
      const top = childElements(root).map((each) => read(each, target, ''));
      const services = top.filter(({ kind }) => kind === 'service');
      return [...top, ...services.flatMap(({ children }) => children)];
    },
    { processingInstructions: 'allow' },
  );
}

const references = ['binding', 'type', 'message', 'element'];

function read(element: XmlElement, target: string, parent: string): Part {
  const name = element.attr('name')?.value ?? '';
  const inner = childElements(element);
  return {
    kind: element.namespaceUri === wsdlNamespace ? element.name : '',
    name,
    parent,
    target,
    refers: Object.fromEntries(
      element.attrs
        .filter((each) => references.includes(each.name))
        .map((each) => [each.name, expand(element, each.value)]),
    ),
    soap: inner.map(extensionOf).find((each) => each !== undefined),
    children: inner
      .filter(({ namespaceUri }) => namespaceUri === wsdlNamespace)
      .map((each) => read(each, target, name)),
  };
}

function extensionOf(element: XmlElement): Extension | undefined {
  const version = bindings.find(({ namespace }) => namespace === element.namespaceUri)?.soap;
  // soap:header stands beside soap:body and says nothing of it.
  if (version === undefined || !['binding', 'operation', 'body'].includes(element.name)) {
    return undefined;
  }
  const of = (name: string) => element.attr(name)?.value;
  const [style, action, use, parts] = [of('style'), of('soapAction'), of('use'), of('parts')];
  return { version, style, action, use, parts };
}

function expand(element: XmlElement, name: string): QName {
  const [first = '', second] = name.trim().split(':');
  const [prefix, local] = second === undefined ? ['', first] : [first, second];
  return { namespace: element.namespaces[prefix] ?? '', local };
}

function find(parts: readonly Part[], kind: string, name: QName | undefined): Part | undefined {
  return parts.find(
    (each) => each.kind === kind && each.name === name?.local && each.target === name.namespace,
  );
}

function unfit(operation: string, why: string): ConnectorFailure {
  return new ConnectorFailure('NOT_SENT', `wsdl: the operation ${operation} ${why}`);
}
