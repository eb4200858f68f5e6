import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, readCertificate } from './certificate.ts';

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Every certificate in the PEM files of a folder, as trust anchors.
 *
 * @param names which files; all that end in .pem, .crt or .cer where absent
 * @throws Error naming the folder or file that cannot be read
 */
export function readAnchors(folder: string, names = /\.(pem|crt|cer)$/): Certificate[] {
  const anchors = readdirSync(folder)
    .filter((name) => names.test(name))
    .sort()
    .flatMap((name) => certificatesIn(join(folder, name)));
  if (anchors.length === 0)
    throw new Error(`нет сертификатов PEM / no PEM certificates: ${folder}`);
  return anchors;
}

function certificatesIn(file: string): Certificate[] {
  const texts = readFileSync(file, 'utf8').match(pem) ?? [];
  try {
    return texts.map(readCertificate);
  } catch {
    throw new Error(`сертификат не читается / certificate not readable: ${file}`);
  }
}
