import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { parseMediaType } from '../../src/soap/media-type.ts';
import { multipartHead } from '../../src/soap/multipart-writer.ts';
import { Chance } from '../fault/chance.ts';
import { full } from '../fault/full.ts';
import { read, sent } from './multipart.ts';

const messages = full ? 300 : 30;

/** Reads messages as mail and says of each part: id, type, hash of its decoded content. */
const reading = `
import sys, json, base64, hashlib
from email.parser import BytesParser
from email.policy import default
def parts(message):
    head = b'MIME-Version: 1.0\\r\\nContent-Type: ' + message['type'].encode() + b'\\r\\n\\r\\n'
    mail = BytesParser(policy=default).parsebytes(head + base64.b64decode(message['body']))
    return [[part['Content-ID'], part.get_content_type(),
             hashlib.sha256(part.get_payload(decode=True)).hexdigest()] for part in mail.iter_parts()]
print(json.dumps([parts(message) for message in json.load(sys.stdin)]))
`;

/** Writes messages of parts given as id, encoding and content. */
const writing = `
import sys, json, base64, binascii
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.encoders import encode_base64
from email.policy import compat32
def written(parts):
    mail = MIMEMultipart('related', type='application/xop+xml')
    mail.preamble = 'preamble'
    for id, encoding, data in parts:
        content = base64.b64decode(data)
        part = MIMENonMultipart('application', 'octet-stream', name='a long name ' * 9)
        part['Content-ID'] = '<' + id + '>'
        if encoding == 'base64':
            part.set_payload(content)
            encode_base64(part)
        else:
            part['Content-Transfer-Encoding'] = 'quoted-printable'
            part.set_payload(binascii.b2a_qp(content, istext=False).decode('ascii'))
        mail.attach(part)
    lines = mail.as_bytes(policy=compat32.clone(linesep='\\r\\n'))
    body = base64.b64encode(lines.split(b'\\r\\n\\r\\n', 1)[1]).decode('ascii')
    return {'type': ' '.join(mail['Content-Type'].split()), 'body': body}
print(json.dumps([written(parts) for parts in json.load(sys.stdin)]))
`;

function python(program: string, input: unknown): unknown {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`python3:\n${stderr}`);
  return JSON.parse(stdout);
}

const sha256 = (data: string | Buffer) =>
  createHash('sha256')
    .update(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
    .digest('hex');

/** Content with much that looks like structure; a line of Python's may also end in a bare CR. */
function nasty(chance: Chance, boundary: string): Buffer {
  const pieces = ['\r', '\n', '\r\n', '--', ' ', '\t', '=', '.', '\0', '\xff', 'From ', ': '];
  pieces.push(`--${boundary}X`, `\r\n--${boundary}-`, `\n-${boundary}`, boundary);
  const drawn = Array.from({ length: chance.between(0, 60) }, () =>
    chance.between(0, 3) === 0
      ? String.fromCharCode(chance.between(0, 256)).repeat(chance.between(1, 90))
      : (pieces[chance.between(0, pieces.length)] ?? ''),
  ).join('');
  // What would be a boundary to either reader is the writer's bad luck, which 128 random bits keep away.
  const line = new RegExp(`(?<=^|[\r\n])--${boundary}(?=(?:--)?[ \t]*(?:[\r\n]|$))`, 'g');
  return Buffer.from(drawn.replace(line, ''), 'latin1');
}

describe("multipart bodies and Python's email", function () {
  this.timeout(120_000);

  before(function () {
    if (spawnSync('python3', ['--version']).status === 0) return;
    process.stdout.write("SKIPPED: multipart bodies and Python's email: install python3\n");
    this.skip();
  });

  function seeded(): Chance {
    const chance = new Chance();
    process.stdout.write(`      seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`);
    return chance;
  }

  it('reads what the writer writes: the same parts', () => {
    const chance = seeded();
    const boundary = 'uuid_4f';
    const written = Array.from({ length: messages }, () => {
      const root = nasty(chance, boundary);
      const parts = Array.from({ length: chance.between(0, 5) }, (_, n) => {
        const data = nasty(chance, boundary);
        return { contentId: `${n}@x`, mimeType: 'image/jpeg', size: data.length, data };
      });
      const { contentType, body } = multipartHead(boundary, root, parts);
      return {
        message: { type: contentType, body: sent(body).toString('base64') },
        parts: [
          ['<root@mezhved>', 'application/xop+xml', sha256(root)],
          ...parts.map(({ contentId, data }) => [`<${contentId}>`, 'image/jpeg', sha256(data)]),
        ],
      };
    });
    const said = python(
      reading,
      written.map(({ message }) => message),
    );
    expect(said).to.deep.equal(written.map(({ parts }) => parts));
  });

  it('writes what the reader reads: base64 and quoted-printable', () => {
    const chance = seeded();
    const drawn = Array.from({ length: messages }, () =>
      Array.from({ length: chance.between(1, 5) }, (_, n) => ({
        id: `${n}@x`,
        encoding: chance.between(0, 2) === 0 ? 'base64' : 'quoted-printable',
        data: nasty(chance, 'uuid_4f'),
      })),
    );
    const written = python(
      writing,
      drawn.map((parts) => parts.map((p) => [p.id, p.encoding, p.data.toString('base64')])),
    ) as { type: string; body: string }[];
    expect(written).to.have.lengthOf(messages);
    written.forEach(({ type, body }, n) => {
      const boundary = parseMediaType(type)?.parameters.get('boundary');
      const cut = () => chance.between(1, 200);
      const { parts, reason } = read(boundary, Buffer.from(body, 'base64'), cut);
      expect(reason, `${n}`).to.equal(undefined);
      expect(
        parts.map(({ headers, data }) => [headers.contentId, headers.encoding, sha256(data)]),
        `${n}`,
      ).to.deep.equal(drawn[n]?.map((part) => [part.id, part.encoding, sha256(part.data)]));
    });
  });
});
