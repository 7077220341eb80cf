import type { BlobAnswer } from '../call.ts';

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
