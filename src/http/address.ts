import { TLSSocket } from 'node:tls';
import type { Request } from 'express';

/** How the node knows the address under which its caller sees it. */
export interface AddressRules {
  /** Says it for good; else the Host that asked. */
  readonly publicUrl: string | undefined;
  /** Addresses of proxies whose X-Forwarded-Proto and X-Forwarded-Host are believed. */
  readonly trustedProxies: readonly string[];
  /** Where the caller sent no Host. */
  readonly fallback: string;
}

const host = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]{1,255})(:\d{1,5})?$/i;

/** Scheme and authority of the node as the caller sees it, such as https://smev.example:8080. */
export function publicAddress(request: Request, rules: AddressRules): string {
  if (rules.publicUrl !== undefined) return rules.publicUrl.replace(/\/+$/, '');
  const proxied = rules.trustedProxies.includes(peerAddress(request));
  const forwarded = (name: string) => (proxied ? firstOf(request.headers[name]) : undefined);
  const scheme = forwarded('x-forwarded-proto') ?? (isSecure(request) ? 'https' : 'http');
  const authority = forwarded('x-forwarded-host') ?? request.headers.host ?? '';
  return `${scheme === 'https' ? 'https' : 'http'}://${host.test(authority) ? authority : rules.fallback}`;
}

function isSecure({ socket }: Request): boolean {
  return socket instanceof TLSSocket;
}

/** The peer's IP address, IPv4 in its own form. */
export function peerAddress(request: Request): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  return value?.split(',')[0]?.trim();
}
