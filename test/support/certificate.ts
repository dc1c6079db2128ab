import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM. */
export interface Certificate {
  readonly key: Buffer;
  readonly certificate: Buffer;
}

export const NO_OPENSSL = 'no openssl to make a certificate with';

/** A self-signed certificate that is valid for a day, or undefined without openssl. */
export function selfSigned(names = 'DNS:localhost'): Certificate | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=tallystick'];
  const files = ['-keyout', key, '-out', certificate];
  try {
    execFileSync('openssl', [...request, '-addext', `subjectAltName=${names}`, ...files], {
      stdio: 'ignore',
    });
    return { key: readFileSync(key), certificate: readFileSync(certificate) };
  } catch {
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
