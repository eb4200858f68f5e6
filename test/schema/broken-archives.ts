import { deflateRawSync } from 'node:zlib';
import type { AdmissionRule } from '../../src/schema/admission/table.ts';
import { type ArchiveWish, archive, type Zipped } from './archives.ts';
import { roots } from './poisoned-sets.ts';
import { schemaText } from './schemas.ts';

export interface BrokenArchive {
  readonly zip: Buffer;
  readonly rule: AdmissionRule;
}

const text = schemaText(roots);
const right: Zipped = { name: 'a.xsd', content: text };
const spoilt = (change: Partial<Zipped>, rule: AdmissionRule): BrokenArchive => ({
  zip: archive([{ ...right, ...change }]),
  rule,
});
const beside = (name: string, rule: AdmissionRule, content = 'x'): BrokenArchive => ({
  zip: archive([right, { name, content }]),
  rule,
});
const wished = (wish: ArchiveWish, rule: AdmissionRule): BrokenArchive => ({
  zip: archive([right], wish),
  rule,
});

const whole = archive([right]);
const zip64Extra = Buffer.concat([Buffer.from([1, 0, 16, 0]), Buffer.alloc(16)]);
const otherName = Buffer.concat([
  Buffer.from([0x75, 0x70, 10, 0, 1, 0, 0, 0, 0]),
  Buffer.from('b.xsd'),
]);

/** Archives that no package may be; each name says what is wrong. */
export const brokenArchives: Readonly<Record<string, BrokenArchive>> = {
  'a file climbs out of its folder': beside('../b.xsd', 'package-escape'),
  'a file climbs out in the middle of its path': beside('d/../../b.xsd', 'package-escape'),
  'a readme climbs out of its folder': beside('../readme.txt', 'package-escape'),
  'a path is absolute': beside('/etc/b.xsd', 'package-escape'),
  'a path names a drive': beside('C:/b.xsd', 'package-escape'),
  'a path is written with backslashes': beside('d\\b.xsd', 'package-escape'),
  'a path has a step of one dot': beside('./b.xsd', 'package-escape'),
  'a name holds a zero octet': beside('b.xsd\0.txt', 'package-escape'),
  'a name has letters that are not Latin': beside('схема.xsd', 'package-name'),
  'a name has a space': beside('my schema.xsd', 'package-name'),
  'a path is too long': beside(`${'d'.repeat(200)}/b.xsd`, 'package-path'),
  'folders are too deep': beside(`${'d/'.repeat(11)}b.xsd`, 'package-path'),
  'a name stands twice': beside('a.xsd', 'package-duplicate'),
  'names differ in letter case alone': beside('A.XSD', 'package-duplicate'),
  'a file has the name of a folder': beside('a.xsd/b.xsd', 'package-duplicate'),
  'there is no schema in it': {
    zip: archive([{ name: 'readme.md', content: '' }]),
    rule: 'package-empty',
  },
  'there is nothing in it': { zip: archive([]), rule: 'package-empty' },
  'it holds another archive': beside('more.zip', 'zip-nested'),
  'it holds an archive that is called a schema': beside(
    'b.xsd',
    'zip-nested',
    whole.toString('latin1'),
  ),
  'a file is encrypted': spoilt({ flags: 1 }, 'zip-encrypted'),
  'a file is strongly encrypted': spoilt({ flags: 0x41 }, 'zip-encrypted'),
  'a file is a symbolic link': spoilt({ mode: 0o120777, content: '/etc/passwd' }, 'zip-symlink'),
  'a file is a device': spoilt({ mode: 0o060600 }, 'zip-symlink'),
  'a file is packed by bzip2': spoilt({ method: 12 }, 'zip-method'),
  'a file is packed by lzma': spoilt({ method: 14 }, 'zip-method'),
  'a checksum is wrong': spoilt({ crc: 1 }, 'zip-lies'),
  'a file is longer than it is said to be': spoilt({ size: text.length - 1 }, 'zip-lies'),
  'a file is shorter than it is said to be': spoilt({ size: text.length + 1 }, 'zip-lies'),
  'a stored file has two sizes': spoilt({ method: 0, size: text.length + 1 }, 'zip-lies'),
  'what is packed is no deflate': spoilt({ packed: Buffer.alloc(50, 0xff) }, 'zip-lies'),
  'something follows the packed data': spoilt(
    { packed: Buffer.concat([deflateRawSync(text), Buffer.from('x')]) },
    'zip-lies',
  ),
  'a bomb is packed a thousand to one': spoilt(
    { content: Buffer.alloc(10 << 20, 32) },
    'package-ratio',
  ),
  'a bomb says that it is small': spoilt(
    { packed: deflateRawSync(Buffer.alloc(64 << 20, 32)), size: 100_000 },
    'zip-lies',
  ),
  'bombs are many and each is small': {
    zip: archive([
      right,
      ...Array.from({ length: 40 }, (_, i) => ({
        name: `b${i}.xsd`,
        content: '',
        packed: Buffer.alloc(10_000),
        size: 1_000_000,
      })),
    ]),
    rule: 'package-unpacked',
  },
  'the archive is too large': {
    zip: archive([right, { name: 'photo.jpg', content: Buffer.alloc(17 << 20), method: 0 }]),
    rule: 'package-size',
  },
  'there are too many files': {
    zip: archive([
      right,
      ...Array.from({ length: 1100 }, (_, i) => ({ name: `${i}.txt`, content: '' })),
    ]),
    rule: 'package-files',
  },
  'there are too many schemas': {
    zip: archive([
      right,
      ...Array.from({ length: 300 }, (_, i) => ({ name: `${i}.xsd`, content: text })),
    ]),
    rule: 'package-files',
  },
  'two files lie on the same octets': {
    zip: archive([right, { ...right, name: 'b.xsd', offset: () => 0, local: { name: 'b.xsd' } }]),
    rule: 'zip-disagrees',
  },
  'a file begins inside another': {
    zip: archive([
      { name: 'a.xsd', content: archive([{ name: 'b.xsd', content: text }]), method: 0 },
      { name: 'b.xsd', content: text, offset: () => 35 },
    ]),
    rule: 'zip-overlap',
  },
  'something stands before the first file': wished({ before: Buffer.from('MZ') }, 'zip-gap'),
  'something stands between file and directory': spoilt({ after: Buffer.from('x') }, 'zip-gap'),
  'something stands between directory and end': wished(
    { betweenDirectoryAndEnd: Buffer.from('x') },
    'zip-gap',
  ),
  'the headers name another file': spoilt({ local: { name: 'b.xsd' } }, 'zip-disagrees'),
  'the headers have another checksum': spoilt({ local: { crc: 7 } }, 'zip-disagrees'),
  'the headers have another size': spoilt({ local: { size: 7 } }, 'zip-disagrees'),
  'a name has a second name in Unicode': spoilt({ extra: otherName }, 'zip-disagrees'),
  'a file has sizes of ZIP64': spoilt({ extra: zip64Extra }, 'zip-zip64'),
  'the archive ends as ZIP64': wished(
    {
      betweenDirectoryAndEnd: Buffer.concat([Buffer.from('PK\x06\x07'), Buffer.alloc(16)]),
    },
    'zip-zip64',
  ),
  'the archive is cut off': { zip: whole.subarray(0, -10), rule: 'zip-malformed' },
  'the archive is cut off in the middle': { zip: whole.subarray(0, 100), rule: 'zip-malformed' },
  'the archive says that it holds more': wished({ entries: 3 }, 'zip-malformed'),
  'the archive says that it holds less': {
    zip: archive([right, { name: 'b.xsd', content: text }], { entries: 1 }),
    rule: 'zip-gap',
  },
  'another archive lies in the comment': wished({ comment: whole }, 'zip-gap'),
  'the archive is a schema': { zip: Buffer.from(text), rule: 'zip-malformed' },
  'the archive is empty': { zip: Buffer.alloc(0), rule: 'zip-malformed' },
};
