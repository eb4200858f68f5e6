import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { loadConfig, variableNames } from '../../src/config/load.ts';
import { checkout } from '../harness/node.ts';
import { readSource } from './tree.ts';

// What the files of a deployment name must be there. That they run is for a machine with Docker.

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly stop_grace_period?: string;
}

const units = ['deploy/systemd/mezhved.service', 'deploy/systemd/mezhved-worker@.service'].map(
  readSource,
);
const dockerfile = readSource('Dockerfile').text;
const composeText = readSource('compose.yaml').text;
const compose = parse(composeText, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const own = services.filter(([, { build }]) => build !== undefined);

describe('the files of a deployment', () => {
  it('name environment variables that the node reads', () => {
    const texts = [dockerfile, composeText, ...units.map(({ text }) => text)];
    const named = texts.flatMap((text) => text.match(/\bMEZHVED_[A-Z_]+\b/g) ?? []);
    expect(named.length).to.be.greaterThan(10);
    expect([...new Set(named)].filter((name) => !variableNames.includes(name))).to.deep.equal([]);
  });

  it('name commands of the program', () => {
    const program = readSource('src/cli/program.ts').text;
    const commands = [...program.matchAll(/^ {2}'?([\w-]+)'?: \(\) => import/gm)].map(
      ([, name]) => name,
    );
    // It comes with the queue of several processes.
    commands.push('worker');
    expect(commands).to.include('serve');
    const called = [
      ...own.map(([, { command }]) => command?.[0]),
      ...units.map(({ text }) => /^ExecStart=\S+ dist\/main\.js (\w+)$/m.exec(text)?.[1]),
      /^CMD \["(\w+)"\]$/m.exec(dockerfile)?.[1],
    ];
    expect(called).to.have.lengthOf(7);
    expect(called.filter((name) => !commands.includes(name))).to.deep.equal([]);
  });

  it('name files that are there', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) =>
      (paths ?? '').split(' '),
    );
    const mounted = services
      .flatMap(([, { volumes }]) => volumes ?? [])
      .filter((volume) => volume.startsWith('./'))
      .map((volume) => volume.split(':')[0] ?? '');
    const documents = units.flatMap(({ text }) => text.match(/(?<=\/opt\/mezhved\/)\S+/g) ?? []);
    const named = [...copied, ...new Set(mounted), ...documents, '.env.example', '.dockerignore'];
    expect(named.length).to.be.greaterThan(12);
    expect(named.filter((path) => !existsSync(join(checkout, path)))).to.deep.equal([]);
    const ignored = readSource('.dockerignore').text;
    for (const path of copied) expect(ignored, path).to.include(`!${posix.normalize(path)}\n`);
  });

  it('pin each image to a version', () => {
    const images = [
      ...services.map(([, { image }]) => image),
      ...[...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image),
    ];
    expect(images.length).to.equal(8);
    for (const image of images) expect(image).to.match(/^[a-z]+:\d+\.\d+(?:\.\d+)?(?:-[a-z-]+)?$/);
    const { version } = JSON.parse(readSource('package.json').text) as { version: string };
    for (const [, { image }] of own) expect(image).to.equal(`mezhved:${version}`);
  });

  it('give each process a name of its own, and time to end', () => {
    const names = own.map(([, { environment }]) => environment?.['MEZHVED_NODE_ID']);
    expect(new Set(names).size).to.equal(own.length);
    expect(own.map(([name]) => name)).to.have.lengthOf(4);
    for (const [name, { stop_grace_period: grace }] of services) {
      expect(grace, name).to.match(/^\d+s$/);
    }
    for (const { text, path } of units) expect(text, path).to.match(/^TimeoutStopSec=60$/m);
  });

  it('wait for what is healthy, and keep in volumes what must outlive a container', () => {
    for (const [name, { depends_on: needs = {} }] of services) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        expect(compose.services, name).to.have.property(needed);
        expect(condition, name).to.equal('service_healthy');
        // The image brings the check of the node's own.
        const check = compose.services[needed]?.healthcheck;
        if (!own.some(([each]) => each === needed)) expect(check, needed).to.be.an('object');
      }
    }
    expect(dockerfile).to.match(/^HEALTHCHECK .*\n.*\/health\/live/m);
    const kept = services.flatMap(([, { volumes = [] }]) =>
      volumes.filter((volume) => /^\w+:/.test(volume)).map((volume) => volume.split(':')[0]),
    );
    expect(kept).to.have.members(Object.keys(compose.volumes));
  });

  it('hold no secret: passwords have no default, and compose does not start without them', () => {
    const secrets = composeText.match(/\$\{[^}]*(?:PASSWORD|KEYS)[^}]*\}/g) ?? [];
    expect(secrets.length).to.be.greaterThan(4);
    for (const secret of secrets) expect(secret).to.match(/:\?/);
    const example = readSource('.env.example').text;
    for (const [, name] of composeText.matchAll(/\$\{(\w+)/g)) {
      expect(example).to.match(new RegExp(`^${name}=`, 'm'));
    }
    expect(example)
      .to.match(/^POSTGRES_PASSWORD=$/m)
      .and.to.match(/^REDIS_PASSWORD=$/m);
    const ignored = readSource('.gitignore').text;
    expect(ignored).to.match(/^\.env$/m);
  });

  it('run on a configuration that the node takes', () => {
    const environment = {
      ...own[0]?.[1].environment,
      MEZHVED_CONFIG: 'deploy/config.yaml',
      MEZHVED_PUBLIC_URL: 'https://smev.example',
    };
    const config = loadConfig(environment, checkout);
    expect(config.profile).to.equal('production');
    expect(config.node.id).to.equal('node-1');
    expect(config.node.keys).to.deep.equal([
      {
        key: join(checkout, 'deploy/keys/node.key.pem'),
        certificate: join(checkout, 'deploy/keys/node.crt.pem'),
      },
    ]);
  });
});
