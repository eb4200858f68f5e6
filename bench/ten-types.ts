import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { paymentNamespace, paymentRequest } from '../test/harness/content.ts';
import { checkout } from '../test/harness/node.ts';

// Message types of the shape of payment-status, each in a namespace of its own.

/** Name of the type, and of its lane. */
export function typeIdOf(index: number): string {
  return `bench-${index}`;
}

export function namespaceOf(index: number): string {
  return `urn://mezhved.example/bench-${index}/1.0.0`;
}

export function requestOf(index: number): string {
  return paymentRequest().replaceAll(paymentNamespace, namespaceOf(index));
}

/** Writes schemas and declarations into a folder; the file for `apply`. */
export async function declareTypes(folder: string, ports: readonly number[]): Promise<string> {
  const model = join(checkout, 'config', 'sandbox', 'schemas', 'payment-status-1.0.0.xsd');
  const schema = await readFile(model, 'utf8');
  const documents: string[] = [];
  for (const [index, port] of ports.entries()) {
    const id = typeIdOf(index);
    await writeFile(
      join(folder, `${id}.xsd`),
      schema.replaceAll(paymentNamespace, namespaceOf(index)),
    );
    documents.push(stringify(declarationOf(index, port)));
  }
  const file = join(folder, 'types.yaml');
  await writeFile(file, documents.join('---\n'));
  return file;
}

function declarationOf(index: number, port: number): object {
  return {
    kind: 'messageType',
    id: typeIdOf(index),
    name: `Вид сведений для замера ${index}`,
    versions: [
      {
        namespace: namespaceOf(index),
        requestRoot: 'PaymentStatusRequest',
        responseRoot: 'PaymentStatusResponse',
        schemas: [`${typeIdOf(index)}.xsd`],
      },
    ],
    senders: ['agency-a'],
    providers: ['agency-b'],
    route: { kind: 'rest', url: `http://127.0.0.1:${port}/payments` },
  };
}
