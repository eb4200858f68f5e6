import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  beginning,
  type EntryDraft,
  entryKinds,
  newEntryId,
  placeEntry,
} from '../../src/journal/entry.ts';

const documentation = readFileSync(
  new URL('../../docs/journal-format.md', import.meta.url),
  'utf8',
);

describe('a journal entry', () => {
  it('is hashed as the documented example says', () => {
    const text = /```json\n(\[.*\])\n```/.exec(documentation)?.[1] ?? '';
    const hash = /`([0-9a-f]{64})` is the hash of the example/.exec(documentation)?.[1];
    expect(createHash('sha256').update(text, 'utf8').digest('hex')).to.equal(hash);
    const content = { hash: createHash('sha256').update('пример').digest('hex'), size: 12 };
    const draft: EntryDraft = {
      id: '01HF00000000000000000000AB',
      at: 1_700_000_000_000,
      kind: 'refusal',
      protocol: 'SMEV',
      version: '1.2',
      system: 'Ведомство "А"',
      messageId: '00000000-0000-1000-8000-000000000001',
      content,
      verdict: 'CONTENT_INVALID',
      detail: { operation: 'SendRequest' },
    };
    const entry = placeEntry(draft, { node: 'node-1', sequence: 1, previousHash: beginning });
    expect(entry.hash).to.equal(hash);
  });

  it('is documented: every member in its order, and every kind', () => {
    const members = [...documentation.matchAll(/^\| \d+ \| `(\w+)`/gm)].map(([, name]) => name);
    const entry = placeEntry(
      { id: 'a', at: 0, kind: 'start', verdict: 'good' },
      { node: 'n', sequence: 1, previousHash: beginning },
    );
    expect([...members, 'hash'].sort()).to.deep.equal(Object.keys(entry).sort());
    const kindTable = /## Kinds\n[^#]*/.exec(documentation)?.[0] ?? '';
    const kinds = [...kindTable.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(kinds).to.deep.equal(Object.keys(entryKinds));
  });

  it('has an id of 26 letters that sorts by time', () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(time, time, random, random, (one, two, some, others) => {
        const [a, b] = [newEntryId(one, some), newEntryId(two, others)];
        expect(a).to.match(/^[0-9A-HJKMNP-TV-Z]{26}$/);
        if (one !== two) expect(a < b).to.equal(one < two);
        else expect(a === b).to.equal(Buffer.from(some).equals(Buffer.from(others)));
      }),
    );
  });
});
