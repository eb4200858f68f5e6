import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { differenceOf } from '../../../src/schema/difference/difference.ts';
import { smevNamespaces, type Version } from '../../../src/smev/namespaces.ts';
import { checkout } from '../../harness/node.ts';
import { needReference } from '../../oracle/schema-reference.ts';
import { type Published, publishedSchemas } from '../published.ts';

describe('the difference of published versions', function () {
  this.timeout(60_000);
  let all: Published[];

  before(function () {
    all = publishedSchemas(needReference(this), 'xsd/vs');
  });

  function version(path: string, requestRoot: string, responseRoot: string) {
    const found = all.find((each) => each.path === path);
    if (found === undefined) return expect.fail(`no ${path}`);
    return { namespace: found.namespace, schemas: found.files, requestRoot, responseRoot };
  }

  const vipul = (path: string) =>
    version(`gosha20777/${path}/fns-vipul-tosmv-ru.xsd`, 'FNSVipULRequest', 'FNSVipULResponse');

  it('tells the register of legal entities 4.0.5 from 4.0.6', () => {
    const { changes, request, answer } = differenceOf(vipul('16351'), vipul('34087'));
    expect(
      changes.map(({ kind, path, sides, verdict }) => [kind, path, sides, verdict]),
    ).to.deep.equal([
      ['namespace-changed', 'FNSVipULRequest', ['request', 'answer'], 'compatible'],
      ['namespace-changed', 'FNSVipULRequest', ['request', 'answer'], 'compatible'],
      ['element-added-optional', 'FNSVipULResponse/AttachmentsBlock', ['answer'], 'compatible'],
      [
        'documentation-changed',
        'FNSVipULResponse/СвЮЛ/СвЗапЕГРЮЛ/СвСтатусЗап/ГРНДатаИспр',
        ['answer'],
        'compatible',
      ],
    ]);
    expect(changes.every(({ places }) => places === 1)).to.equal(true);
    expect(request).to.include({ refusesOld: false, allowsNew: false, verdict: 'compatible' });
    expect(answer).to.include({ refusesOld: false, allowsNew: true, verdict: 'breaking' });
    expect(answer.breaks).to.deep.equal(['readers']);
  });

  it('tells them the other way', () => {
    const { changes, answer } = differenceOf(vipul('34087'), vipul('16351'));
    expect(changes.map(({ kind }) => kind)).to.deep.equal([
      'element-removed',
      'namespace-changed',
      'namespace-changed',
      'documentation-changed',
    ]);
    expect(answer).to.deep.include({ refusesOld: true, allowsNew: false, breaks: ['senders'] });
  });

  it('finds nothing between copies of one version', () => {
    const again = version(
      's-sokolko/34087/fns-vipul-tosmv-ru.xsd',
      'FNSVipULRequest',
      'FNSVipULResponse',
    );
    expect(differenceOf(vipul('34087'), again).changes).to.deep.equal([]);
  });
});

describe('the difference of the envelopes that are shipped', () => {
  function envelope(folder: string, version: Version, root: string) {
    const names = ['types.xsd', 'basic.xsd', 'faults.xsd'];
    const schemas = names.map((name) => ({
      name,
      bytes: readFileSync(join(checkout, 'schemas/smev', folder, name)),
    }));
    const namespace = smevNamespaces[version].types;
    return { namespace, requestRoot: root, responseRoot: root, schemas };
  }

  it('shows that the tolerant reading of 1.2 refuses nothing, and where it takes more', () => {
    const root = 'GetResponseResponse';
    const { changes, request } = differenceOf(
      envelope('1.2', '1.2', root),
      envelope('1.2-tolerant', '1.2', root),
    );
    expect(request).to.include({ refusesOld: false, allowsNew: true });
    expect(changes.every(({ verdict }) => verdict === 'compatible')).to.equal(true);
    const inside = `${root}/ResponseMessage/Response`;
    const optional = changes.filter(({ kind }) => kind === 'made-optional').map(({ path }) => path);
    // As deviations of tolerance.ts has them.
    for (const local of ['OriginalMessageId', 'ReferenceMessageID', 'MessageMetadata/Sender']) {
      expect(optional).to.include(`${inside}/${local}`);
    }
  });

  it('tells 1.1 from 1.2 by name and namespace', () => {
    const root = 'GetResponseResponse';
    const { changes } = differenceOf(envelope('1.1', '1.1', root), envelope('1.2', '1.2', root));
    const breaking = changes.filter(({ verdict }) => verdict === 'breaking');
    const inside = `${root}/ResponseMessage/Response`;
    expect(breaking.map(({ kind, path }) => [kind, path])).to.deep.include.members([
      ['made-required', `${inside}/OriginalMessageId`],
      ['element-removed', `${inside}/MessageMetadata/MessageBroker`],
    ]);
    expect(changes.filter(({ kind }) => kind === 'namespace-changed')).to.have.lengthOf(3);
  });
});
