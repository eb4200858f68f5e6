import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { smevTransform } from '../signature/smev-transform.ts';
import { canonicalize } from '../xml/canonicalize.ts';
import { withXml, type XmlElement, XmlRefused } from '../xml/document.ts';
import { elementsWithId } from '../xml/ids.ts';
import { capturedXml } from './captured.ts';
import { readInput, run, UsageError } from './run.ts';

interface Options {
  readonly id?: string;
  readonly out?: string;
}

export function register(program: Command): void {
  program
    .command('transform')
    .description(
      'октеты exc-c14n и преобразования СМЭВ / the octets of exc-c14n, then the SMEV transform',
    )
    .argument('<file>', 'an XML file, or a captured multipart message')
    .option('--id <id>', 'the element with this Id; the root where absent')
    .option('--out <file>', 'write there instead of standard output')
    .action((file: string, options: Options) =>
      run(() => {
        const octets = transformFile(file, options.id);
        if (options.out === undefined) process.stdout.write(octets);
        else writeFileSync(options.out, octets);
        return 0;
      }),
    );
}

/**
 * @throws UsageError where the file is unreadable or no single element has the Id; Fault
 *   TRANSFORM_REFUSED
 */
function transformFile(file: string, id: string | undefined): Buffer {
  try {
    const { xml } = capturedXml(readInput(file));
    return withXml(
      xml,
      (document) => {
        const element = id === undefined ? document.root : only(elementsWithId(document, id), id);
        return smevTransform(canonicalize(element));
      },
      { processingInstructions: 'allow' },
    );
  } catch (error) {
    if (error instanceof XmlRefused)
      throw new UsageError(`${file}:${error.line}: ${error.message}`);
    throw error;
  }
}

function only(found: readonly XmlElement[], id: string): XmlElement {
  const [element, second] = found;
  if (element === undefined || second !== undefined) {
    throw new UsageError(
      `Id ${id}: элементов ${found.length}, нужен один / ${found.length} elements, one is needed`,
    );
  }
  return element;
}
