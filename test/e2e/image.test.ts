import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { issueCertificate } from '../../src/pki/issue.ts';
import { newGostKey } from '../../src/pki/issuing-key.ts';
import { checkout, temporaryFolder } from '../harness/node.ts';

/** What the last stage of the Dockerfile copies. */
function copied(): string[] {
  const [, last = ''] = readFileSync(join(checkout, 'Dockerfile'), 'utf8')
    .split(/^WORKDIR .*$/m)
    .slice(-2);
  return [...last.matchAll(/^COPY (?:--from=\S+ )?(.+) \.\S*$/gm)].flatMap(([, names = '']) =>
    names.split(' ').map((name) => name.replace('/app/', '')),
  );
}

describe('what an image holds', function () {
  this.timeout(60_000);

  it('is enough for a node that has keys of its own', async () => {
    const { path, remove } = await temporaryFolder();
    const names = copied();
    expect(names).to.include.members(['dist', 'config', 'package.json']);
    for (const name of names) {
      if (name === 'node_modules') symlinkSync(join(checkout, name), join(path, name));
      else cpSync(join(checkout, name), join(path, name), { recursive: true });
    }
    const now = Date.now();
    const wish = { commonName: 'узел', organization: 'Тест', notBefore: now, notAfter: now + 1e9 };
    const { key, certificate } = issueCertificate(newGostKey('gost2012-256'), wish);
    writeFileSync(join(path, 'key.pem'), key);
    writeFileSync(join(path, 'crt.pem'), certificate);
    const keys = [{ key: 'key.pem', certificate: 'crt.pem' }];
    writeFileSync(join(path, 'node.yaml'), stringify({ profile: 'production', node: { keys } }));
    const env = { ...process.env, MEZHVED_CONFIG: join(path, 'node.yaml') };
    const checked = await promisify(execFile)(
      process.execPath,
      [join(path, 'dist', 'main.js'), 'check-config', '--json'],
      { cwd: path, env },
    ).catch((error: { stdout: string }) => error);
    expect(JSON.parse(checked.stdout).problems).to.deep.equal([]);
    await remove();
  });
});
