import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { CarriedFile } from '../../src/connectors/carried-file.ts';
import type { AgencyAnswer, AgencyRequest, Connector } from '../../src/connectors/connector.ts';
import { takeCollected } from '../../src/exchange/collect.ts';
import { filesOf } from '../../src/exchange/files.ts';
import { gostDigest } from '../../src/gost/digest.ts';
import { readDetached } from '../../src/pki/cms-read.ts';
import { verifyDetached } from '../../src/pki/cms-verify.ts';
import { readAttachmentHeaders } from '../../src/smev/attachments.ts';
import { withXml } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';
import { failureOf } from '../connectors/agencies.ts';
import { bodyOf, sandboxSigner } from '../harness/client.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { sha256, signatureOf } from '../harness/files.ts';
import { noteResponse } from '../harness/rules.ts';
import { type FileStand, fileStand } from './file-stand.ts';
import { scripted } from './stand.ts';

const content = Buffer.from(noteResponse('ответ'));

forEachDatabase((_, open) => {
  describe('files through a connector', function () {
    this.timeout(60_000);
    let files: FileStand;
    afterEach(() => files.close());

    /** A connector that answers so, and what it was given. */
    function answering(
      answer: () => Promise<AgencyAnswer>,
    ): Connector & { given: AgencyRequest[] } {
      const given: AgencyRequest[] = [];
      return {
        ...scripted(),
        given,
        deliver: async (request) => {
          given.push(request);
          return answer();
        },
      };
    }
    const plain = async (): Promise<AgencyAnswer> => ({ kind: 'content', content });
    const headersOf = (envelope: string) =>
      withXml(Buffer.from(envelope), (document) => {
        const [data] = childElements(bodyOf(document));
        if (data === undefined) throw new Error('no data');
        return readAttachmentHeaders(data, '1.2');
      });
    const read = async (file: CarriedFile | undefined, from = 0) => {
      if (file === undefined) throw new Error('no file');
      return buffer(await file.open(from));
    };
    /** The files of the answer, in the database and in its envelope. */
    async function answered(exchange: Awaited<ReturnType<FileStand['accept']>>) {
      const [[kind, envelope] = ['', '']] = await files.stand.answers(exchange);
      expect(kind).to.equal('response');
      const { kysely } = files.stand.database;
      const { message_id: id } = await kysely
        .selectFrom('message')
        .select('message_id')
        .where('exchange_id', '=', exchange.id)
        .where('kind', '=', 'response')
        .executeTakeFirstOrThrow();
      return { rows: await filesOf(kysely, id), headers: headersOf(envelope), envelope };
    }

    it('are given to it with the request, as the sender signed them', async () => {
      files = await fileStand(await open());
      const octets = randomBytes(200_000);
      const connector = answering(plain);
      await files.stand.attempt(await files.accept(octets), connector);
      const [file, ...others] = connector.given[0]?.files ?? [];
      expect(others).to.deep.equal([]);
      expect(file).to.include({ place: 'attached', name: 'scan', size: 200_000 });
      expect(file?.sha256).to.equal(sha256(octets));
      expect((await read(file)).equals(octets)).to.equal(true);
      expect((await read(file, 199_990)).equals(octets.subarray(-10))).to.equal(true);
      const signature = readDetached(file?.signature ?? Buffer.alloc(0), { gost2001: false });
      expect(() => verifyDetached(signature, Buffer.from(sha256(octets), 'hex'))).not.to.throw();
    });

    it('are not left behind by a route that carries none any more', async () => {
      files = await fileStand(await open());
      const exchange = await files.accept(randomBytes(10));
      const connector: Connector = { ...answering(plain), carries: 'nothing' };
      await files.stand.attempt(exchange, connector);
      expect(await files.stand.delivery(exchange)).to.include({ state: 'dead' });
      expect((await files.stand.delivery(exchange)).cause).to.include('NOT_SENT');
    });

    it('of an answer go to the sender, signed by the node where the agency did not', async () => {
      files = await fileStand(await open());
      const [own, theirs] = [randomBytes(5000), randomBytes(100)];
      const signature = signatureOf('agency-b', 'gost', theirs);
      const exchange = await files.accept(randomBytes(10));
      const arrived = await files.arrived(
        { name: 'Справка №1.bin', octets: own },
        { name: '7', octets: theirs, signature },
      );
      await files.stand.attempt(
        exchange,
        answering(async () => ({ kind: 'content', content, files: arrived })),
      );
      const { rows, headers } = await answered(exchange);
      expect(rows.map(({ name }) => name)).to.deep.equal(['Справка__1.bin', '_7']);
      expect(rows.map((row) => row.sha256)).to.deep.equal([sha256(own), sha256(theirs)]);
      for (const [n, octets] of [own, theirs].entries()) {
        const row = rows[n];
        const kept = await buffer(await files.store.read(row?.file_key ?? ''));
        expect(kept.equals(octets)).to.equal(true);
        expect(headers.attached[n]?.contentId).to.equal(row?.name);
      }
      expect(rows[0]?.signer).to.equal(sandboxSigner('node').certificate.fingerprint);
      expect(rows[1]?.signer).to.equal(sandboxSigner('agency-b', 'gost').certificate.fingerprint);
      const cms = readDetached(headers.attached[0]?.signature ?? Buffer.alloc(0), {
        gost2001: false,
      });
      expect(() => verifyDetached(cms, Buffer.from(sha256(own), 'hex'))).not.to.throw();
      expect(Buffer.from(headers.attached[1]?.signature ?? []).equals(signature)).to.equal(true);
      const acceptance = (await files.stand.journal(exchange)).find(
        ({ kind, detail }) => kind === 'acceptance' && 'attachments' in detail,
      );
      expect(JSON.stringify(acceptance?.detail)).to.include(sha256(own));
    });

    it('of an answer that do not fit into a message go by the file store', async () => {
      files = await fileStand(await open(), {}, 1000);
      const [small, large] = [randomBytes(600), randomBytes(500)];
      const exchange = await files.accept(randomBytes(10));
      const arrived = await files.arrived(
        { name: 'small', octets: small },
        { name: 'a/large', octets: large },
        { name: 'wanted', octets: small, place: 'stored' },
      );
      await files.stand.attempt(
        exchange,
        answering(async () => ({ kind: 'content', content, files: arrived })),
      );
      const { rows, headers } = await answered(exchange);
      expect(rows.map(({ place, file_name: name }) => [place, name])).to.deep.equal([
        ...[
          ['attached', null],
          ['stored', 'a_large'],
          ['stored', 'wanted'],
        ],
      ]);
      expect(headers.attached).to.have.lengthOf(1);
      for (const [n, octets] of [large, small].entries()) {
        const header = headers.stored[n];
        expect(header?.uuid).to.equal(rows[n + 1]?.name);
        expect(Buffer.from(header?.hash ?? []).equals(gostDigest('streebog256', octets))).to.equal(
          true,
        );
      }
    });

    for (const [what, sent, policy] of [
      ['a wrong signature', { signature: signatureOf('agency-b', 'rsa', Buffer.from('x')) }, {}],
      ['what is no signature', { signature: Buffer.from('garbage') }, {}],
      ['another type than it claims', { mimeType: 'application/pdf' }, {}],
      ['a type that is not allowed', {}, { types: ['application/pdf'] }],
    ] as const) {
      it(`of an answer with ${what} make a dead letter, and nothing of them stays`, async () => {
        const types = 'types' in policy ? { types: [...policy.types] } : {};
        files = await fileStand(await open(), types);
        const exchange = await files.accept(randomBytes(10));
        const arrived = await files.arrived(
          { name: 'good', octets: randomBytes(10) },
          {
            ...{ name: 'bad', octets: randomBytes(3000) },
            ...sent,
          },
        );
        expect(await files.left()).to.equal(3);
        await files.stand.attempt(
          exchange,
          answering(async () => ({ kind: 'content', content, files: arrived })),
        );
        expect(await files.stand.delivery(exchange)).to.include({ state: 'dead' });
        expect((await files.stand.delivery(exchange)).cause).to.include('ANSWER_BROKEN');
        expect(await files.left()).to.equal(1);
      });
    }

    it('of an answer that is not of the type, or not wanted any more, do not stay', async () => {
      files = await fileStand(await open());
      const exchange = await files.accept(randomBytes(10));
      const take = async (messageId: string, text = content) =>
        takeCollected(files.stand.context, 'note', {
          messageId,
          answer: {
            kind: 'content',
            content: text,
            files: await files.arrived({ name: 'file', octets: randomBytes(100) }),
          },
        });
      expect(await take('6a7f3c52-0000-11f1-8000-000000000001')).to.equal('unknown');
      expect(await files.left()).to.equal(1);
      expect(await take(exchange.message_id)).to.equal('taken');
      expect(await files.left()).to.equal(2);
      expect(await take(exchange.message_id)).to.equal('taken');
      expect(await files.left()).to.equal(2);
      const other = await files.accept(randomBytes(10));
      const broken = Buffer.from(noteResponse('x').replaceAll('NoteResponse', 'Other'));
      expect(await take(other.message_id, broken)).to.equal('taken');
      expect(await files.left()).to.equal(3);
    });

    it('of an answer that may have been altered on the line leave it where it is', async () => {
      files = await fileStand(await open());
      const exchange = await files.accept(randomBytes(10));
      const signature = signatureOf('agency-b', 'rsa', Buffer.from('before it was altered'));
      const arrived = await files.arrived({ name: 'file', octets: randomBytes(100), signature });
      const taking = takeCollected(files.stand.context, 'note', {
        messageId: exchange.message_id,
        mayBeAltered: true,
        answer: { kind: 'content', content, files: arrived },
      });
      expect((await failureOf(taking)).message).to.include('ATTACHMENT_SIGNATURE_INVALID');
      expect(await files.stand.delivery(exchange)).to.include({ state: 'due' });
      expect(await files.left()).to.equal(1);
    });

    it('of an answer that finds the quota used up are left with the agency', async () => {
      files = await fileStand(await open(), { quotaBytes: 100 }, 0);
      const exchange = await files.accept(randomBytes(10));
      const arrived = await files.arrived({ name: 'file', octets: randomBytes(101) });
      await files.stand.attempt(
        exchange,
        answering(async () => ({ kind: 'content', content, files: arrived })),
      );
      expect(await files.stand.delivery(exchange)).to.include({ state: 'due', failures: 1 });
      expect((await files.stand.delivery(exchange)).cause).to.include('QUOTA_EXCEEDED');
      expect(await files.left()).to.equal(1);
    });
  });
});
