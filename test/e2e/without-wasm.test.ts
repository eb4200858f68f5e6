import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { checkout, startNode, temporaryFolder } from '../harness/node.ts';

/** The program as it was built, but for WebAssembly. @returns the path of its main.js */
function builtWithoutWasm(): string {
  const folder = join(checkout, '.build', 'without-wasm');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const isWasm = (path: string) => path.endsWith('.wasm');
  cpSync(join(checkout, 'dist'), join(folder, 'dist'), {
    recursive: true,
    filter: (path) => !isWasm(path),
  });
  for (const each of ['certs.example', 'config', 'package.json', 'schemas', 'wsdl']) {
    symlinkSync(join(checkout, each), join(folder, each));
  }
  return join(folder, 'dist', 'main.js');
}

describe('a node without WebAssembly', function () {
  this.timeout(60_000);

  it('says so when it starts, and speaks GOST all the same', async () => {
    const folder = await temporaryFolder();
    const node = await startNode(folder.path, {}, ['serve'], builtWithoutWasm());
    try {
      expect(node.output()).to.include('WARNING: WebAssembly does not run');
      for (const kind of ['gost', 'gost512'] as const) {
        const sender = new Client(node.url, '1.2', sandboxSigner('agency-a', kind));
        const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
        expect((await sender.sendRequest(call)).code, kind).to.equal(undefined);
      }
    } finally {
      await node.stop();
      await folder.remove();
    }
  });
});
