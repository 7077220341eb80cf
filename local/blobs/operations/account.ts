import { childOf, escapeXml } from '../../xml.ts';
import { longestDelegation, tenantId } from '../access/user-delegation.ts';
import type { BlobAnswer, Call } from '../call.ts';
import { BlobError } from '../errors.ts';
import { readXml } from '../read-body.ts';

/** Get Account Information. */
export const accountInformation = async (): Promise<BlobAnswer> => ({
  status: 200,
  headers: { 'x-ms-sku-name': 'Standard_LRS', 'x-ms-account-kind': 'StorageV2', 'x-ms-is-hns-enabled': 'false' },
});

/** Get Blob Service Properties: nothing of it is switched on. */
export const serviceProperties = async (): Promise<BlobAnswer> => {
  const off =
    '<Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>';
  const logging =
    '<Logging><Version>1.0</Version><Delete>false</Delete><Read>false</Read><Write>false</Write><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></Logging>';
  return {
    status: 200,
    body: `<?xml version="1.0" encoding="utf-8"?><StorageServiceProperties>${logging}<HourMetrics>${off}</HourMetrics><MinuteMetrics>${off}</MinuteMetrics><Cors /><DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy></StorageServiceProperties>`,
  };
};

/** Get User Delegation Key: a key to sign with, for whoever came with a token. */
export async function userDelegationKey({ request, grant, now, delegationKey }: Call): Promise<BlobAnswer> {
  const { objectId } = grant;
  if (objectId === undefined)
    throw new BlobError(403, 'AuthenticationFailed', 'Only the token of an identity gets a user delegation key.');
  const info = await readXml(request);
  const date = (name: string): number => Date.parse(childOf(info, name)?.text ?? '');
  const [start, expiry] = [childOf(info, 'Start') === undefined ? now : date('Start'), date('Expiry')];
  if (!(expiry > now && start < expiry && expiry <= now + longestDelegation))
    throw new BlobError(
      400,
      'InvalidXmlNodeValue',
      'Start and Expiry must be dates, Expiry to come within seven days.',
    );
  const seconds = (moment: number): string => `${new Date(moment).toISOString().slice(0, 19)}Z`;
  const key = { objectId, tenantId, start: seconds(start), expiry: seconds(expiry), version: newestVersion };
  const fields = {
    SignedOid: objectId,
    SignedTid: tenantId,
    SignedStart: key.start,
    SignedExpiry: key.expiry,
    SignedService: 'b',
    SignedVersion: key.version,
    Value: delegationKey(key),
  };
  const xml = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return {
    status: 200,
    body: `<?xml version="1.0" encoding="utf-8"?><UserDelegationKey>${xml.join('')}</UserDelegationKey>`,
  };
}

const newestVersion = '2026-10-06';
