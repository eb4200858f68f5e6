import type { MessageType } from '../participants/registry.ts';
import { XsdUnread } from '../schema/xsd-components.ts';
import { withXml, XmlRefused } from '../xml/document.ts';
import { isNamed, type QName } from '../xml/navigate.ts';
import type { AgencyRequest } from './connector.ts';
import { ConnectorFailure } from './failure.ts';
import { jsonOfXml } from './json-of-xml.ts';
import { type ElementShape, shapeOf } from './json-shape.ts';
import { canonicalText } from './ordered-xml.ts';
import { Unmapped } from './unmapped.ts';
import { xmlOfJson } from './xml-of-json.ts';

type Version = MessageType['versions'][number];

/** The business content of a message type in the forms that agencies take and give. */
export interface ContentForms {
  /** @throws ConnectorFailure NOT_SENT */
  requestJson(request: AgencyRequest): string;
  /** The document of an answer in JSON. @throws ConnectorFailure ANSWER_BROKEN */
  answerOfJson(request: AgencyRequest, text: string): Uint8Array;
  /** The document of an answer in XML. @throws ConnectorFailure ANSWER_BROKEN */
  answerOfXml(request: AgencyRequest, bytes: Uint8Array): Uint8Array;
}

/** Schemas are read when the first message needs them, then kept. */
export function contentForms(type: MessageType): ContentForms {
  const shapes = new Map<string, ElementShape>();
  const shape = (version: Version, local: string): ElementShape => {
    const root = { namespace: version.namespace, local };
    const key = `{${root.namespace}}${local}`;
    const made = shapes.get(key) ?? shapeOf(version.schemas, root);
    if (made === undefined) throw new ConnectorFailure('NOT_SENT', `the schema has no ${key}`);
    shapes.set(key, made);
    return made;
  };
  return {
    requestJson: (request) =>
      mapped('NOT_SENT', () => {
        const version = versionOf(type, request.root);
        return jsonOfXml(request.content, shape(version, version.requestRoot));
      }),
    answerOfJson: (request, text) =>
      mapped('ANSWER_BROKEN', () => {
        const version = versionOf(type, request.root);
        return xmlOfJson(text, shape(version, version.responseRoot));
      }),
    answerOfXml: (request, bytes) => {
      const root = responseRootOf(type, request.root);
      return mapped('ANSWER_BROKEN', () => answerDocument(bytes, root));
    },
  };
}

/** The root that an answer must have: of the version that was asked in. @throws ConnectorFailure NOT_SENT */
export function responseRootOf(type: MessageType, requestRoot: QName): QName {
  const version = versionOf(type, requestRoot);
  return { namespace: version.namespace, local: version.responseRoot };
}

function versionOf(type: MessageType, { namespace, local }: QName): Version {
  const found = type.versions.find(
    (version) => version.namespace === namespace && version.requestRoot === local,
  );
  if (found !== undefined) return found;
  throw new ConnectorFailure('NOT_SENT', `${type.id} has no version with {${namespace}}${local}`);
}

/** @throws Unmapped, XmlRefused */
function answerDocument(bytes: Uint8Array, root: QName): Uint8Array {
  const fits = withXml(bytes, (document) => isNamed(document.root, root.namespace, root.local));
  if (!fits) throw new Unmapped('/', `the root {${root.namespace}}${root.local} is expected`);
  return Buffer.from(canonicalText(bytes));
}

function mapped<T>(code: 'NOT_SENT' | 'ANSWER_BROKEN', work: () => T): T {
  try {
    return work();
  } catch (error) {
    // libxml2's own words may quote what it read.
    if (error instanceof XmlRefused) {
      throw new ConnectorFailure(code, `not XML (${error.problem}), line ${error.line}`);
    }
    if (error instanceof Unmapped) throw new ConnectorFailure(code, error.message);
    if (error instanceof XsdUnread) throw new ConnectorFailure('NOT_SENT', error.message);
    throw error;
  }
}
