import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkout } from '../harness/node.ts';
import { configKeys, generatedParts, leafCommands, presentPart, rewritePart } from './documents.ts';
import { readSource, readTree } from './tree.ts';

const update = process.env['UPDATE'] === '1';

describe('documents and source', () => {
  for (const part of generatedParts) {
    it(`${part.file}: ${part.mark} as the source has them (UPDATE=1 rewrites)`, async () => {
      const made = await part.make();
      expect(made.length).to.be.greaterThan(500);
      if (update) rewritePart(part, made);
      expect(presentPart(part)).to.equal(made);
    });
  }

  it('each key of the configuration says what it is for in two languages', () => {
    const keys = configKeys();
    expect(keys.length).to.be.greaterThan(30);
    for (const { path, schema } of keys) {
      expect(schema.ru, path).to.match(/[а-яё]/i);
      expect(schema.en, path).to.match(/[a-z]/i);
    }
  });

  it('each command says what it does', async () => {
    const commands = await leafCommands();
    expect(commands.length).to.be.greaterThan(10);
    for (const command of commands) {
      expect(command.description(), command.name()).not.to.equal('');
      for (const option of command.options)
        expect(option.description, option.flags).not.to.equal('');
    }
  });

  it('each environment variable that the tests or the source read is documented', () => {
    const named = readTree(['src', 'test', 'scripts'], '.ts', '.mjs', '.cjs')
      .flatMap(({ text }) => text.match(/\bMEZHVED_[A-Z_]+\b/g) ?? [])
      .filter((name) => !name.endsWith('_'));
    const documented = readSource('docs/configuration.md').text;
    const missing = [...new Set(named)].filter((name) => !documented.includes(name));
    expect(missing).to.deep.equal([]);
  });

  it('the documents lead to files that are there', () => {
    const documents = [
      ...['README.md', 'README.ru.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md'].map(
        readSource,
      ),
      ...readTree(['docs'], '.md'),
    ];
    const lost = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map(([, target]) => new URL(target ?? '', `file:///${path}`).pathname.slice(1))
        .filter((target) => !isThere(target))
        .map((target) => `${path}: ${target}`),
    );
    expect(lost).to.deep.equal([]);
  });

  it('SECURITY.md names tests that are there', () => {
    const named = readSource('SECURITY.md').text.match(/\btest\/[\w./-]+/g) ?? [];
    expect(named.length).to.be.greaterThan(5);
    const lost = [...new Set(named)].filter((path) => !isThere(path.replace(/[./]+$/, '')));
    expect(lost).to.deep.equal([]);
  });
});

function isThere(path: string): boolean {
  return existsSync(join(checkout, path));
}
