import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { warnings } from '../../src/config/warnings.ts';
import { webhook } from '../../src/warnings/webhook.ts';
import { type Agency, type Behaviour, startAgency } from '../connectors/agencies.ts';
import { temporaryFolder } from '../harness/node.ts';
import { TlsAuthority } from '../harness/tls-authority.ts';
import { day, ending, start } from './made.ts';

const never = new AbortController().signal;
const letter = {
  ...{ node: 'node1', at: start, test: false },
  warnings: [{ ending: ending('ИС-1', -1), threshold: 0 }],
};

describe('a warning by webhook', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const closing: (() => unknown)[] = [];
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await folder.remove();
  });

  async function receiver(behaviour: Behaviour): Promise<Agency> {
    const agency = await startAgency(behaviour);
    closing.push(() => agency.close());
    return agency;
  }

  function way(settings: object) {
    const parsed = warnings.parse({ webhook: { timeoutMs: 5000, ...settings } });
    if (parsed.webhook === undefined) throw new Error('no settings');
    return webhook(parsed.webhook);
  }

  const refusal = (settings: object) =>
    way(settings)
      .tell(letter, never)
      .then(
        () => 'taken',
        (error: Error) => `${error.name}: ${error.message}`,
      );

  it('is a POST of JSON, signed where there is a secret', async () => {
    const agency = await receiver((response) => response.writeHead(204).end());
    const secretFile = join(folder.path, 'secret');
    await writeFile(secretFile, 'тайна\n');
    expect(await way({ url: agency.url, secretFile }).tell(letter, never)).to.equal('HTTP 204');
    const [got] = agency.got;
    expect(got?.method).to.equal('POST');
    const mac = createHmac('sha256', 'тайна')
      .update(got?.body ?? '')
      .digest('hex');
    expect(got?.headers).to.include({
      'content-type': 'application/json',
      'mezhved-signature': `sha256=${mac}`,
    });
    const told = JSON.parse(got?.body ?? '');
    expect(told).to.include({ format: 1, node: 'node1', test: false });
    expect(told.warnings[0]).to.include({
      ...{ what: 'systemCertificate', owner: 'ИС-1', expired: true, daysBefore: 0 },
      endsAt: new Date(start - day).toISOString(),
    });
    await way({ url: agency.url }).tell(letter, never);
    expect(agency.got[1]?.headers).not.to.have.property('mezhved-signature');
  });

  it('goes under TLS to a receiver whose authority is known, and to no other', async () => {
    const authority = new TlsAuthority();
    const { key, certificate } = authority.issue();
    const agency = await startAgency((response) => response.end(), { key, cert: certificate });
    closing.push(() => agency.close());
    const ca = join(folder.path, 'ca');
    await writeFile(ca, authority.certificate);
    expect(await refusal({ url: agency.url })).to.match(/^NotTold: https:/);
    expect(agency.got).to.deep.equal([]);
    expect(await way({ url: agency.url, ca }).tell(letter, never)).to.equal('HTTP 200');
  });

  it('was not taken by any other answer, nor follows one elsewhere', async () => {
    const agency = await receiver((response) =>
      response.writeHead(307, { Location: '/else' }).end(),
    );
    expect(await refusal({ url: agency.url })).to.match(/^NotTold: http:\S+: HTTP 307$/);
    expect(agency.got).to.have.lengthOf(1);
  });

  it('ends at its deadline, and at an answer without end', async () => {
    const silent = await receiver(() => undefined);
    expect(await refusal({ url: silent.url, timeoutMs: 100 })).to.match(/^NotTold: http:/);
    const endless = await receiver((response) => response.end(Buffer.alloc(100_000)));
    expect(await refusal({ url: endless.url })).to.match(/^NotTold: http:/);
  });

  it('says why without the path of the address, which may be a secret', async () => {
    const url = 'http://127.0.0.1:1/SECRET?token=SECRET';
    const why = await refusal({ url });
    expect(why).to.match(/^NotTold: http:\/\/127\.0\.0\.1:1: /);
    expect(why).not.to.include('SECRET');
    expect(await refusal({ url, secretFile: join(folder.path, 'none') })).to.match(
      /cannot be read/,
    );
  });
});
