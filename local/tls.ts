import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate for localhost; `ca` is what children trust (`NODE_EXTRA_CA_CERTS`). Paths of PEM files. */
export interface LocalCertificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Services whose clients insist on TLS get a certificate of this machine's own, made at first start. */
export async function localCertificate(state: string): Promise<LocalCertificate> {
  const folder = join(state, 'tls');
  const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  if (existsSync(files.key)) return files;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tenYears = new Date();
  tenYears.setFullYear(tenYears.getFullYear() + 10);
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    notAfterDate: tenYears,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  writeFileSync(files.ca, made.cert, { mode: 0o600 });
  writeFileSync(files.cert, made.cert, { mode: 0o600 });
  writeFileSync(files.key, made.private, { mode: 0o600 });
  return files;
}

/** The certificate's contents, for a TLS server. */
export const readCertificate = ({ cert, key }: LocalCertificate): { cert: string; key: string } => ({
  cert: readFileSync(cert, 'utf8'),
  key: readFileSync(key, 'utf8'),
});
