import { BlobServiceClient, type BlockBlobClient, RestError } from '@azure/storage-blob';
import type { BindingData } from '../binding-data.ts';
import { endpointSettings } from '../connection.ts';
import type { Binding } from '../core-api.ts';
import type { Extension, HostServices } from '../extension.ts';
import { plainValue } from '../typed-data.ts';

/** Blobs that functions read and write by a `path` of container and name. */
export function openBlobs({ settings }: HostServices): Extension {
  const services = new Map<string, BlobServiceClient>();
  const blobOf = (binding: Binding, data: BindingData): BlockBlobClient => {
    const connection = String(binding['connection'] ?? '');
    let service = services.get(connection);
    if (service === undefined) {
      const found = settings.connection(connection, 'blob binding', endpointSettings.blobs);
      service =
        'connectionString' in found
          ? BlobServiceClient.fromConnectionString(found.connectionString)
          : new BlobServiceClient(found.endpoint, found.credential);
      services.set(connection, service);
    }
    const { container, name } = splitPath(data.fill(String(binding['path'] ?? '')));
    return service.getContainerClient(container).getBlockBlobClient(name);
  };
  return {
    inputs: {
      async blob(binding, data) {
        try {
          const content = await blobOf(binding, data).downloadToBuffer();
          return binding['dataType'] === 'string' ? { string: content.toString('utf8') } : { bytes: content };
        } catch (error) {
          if (error instanceof RestError && error.statusCode === 404) return undefined;
          throw error;
        }
      },
    },
    outputs: {
      async blob(binding, data, value) {
        const given = plainValue(value);
        const content = Buffer.isBuffer(given)
          ? given
          : Buffer.from(typeof given === 'string' ? given : JSON.stringify(given));
        const blob = blobOf(binding, data);
        try {
          await blob.uploadData(content);
        } catch (error) {
          // The real binding makes the container when it is not there yet.
          if (!(error instanceof RestError && error.code === 'ContainerNotFound')) throw error;
          await services
            .get(String(binding['connection'] ?? ''))
            ?.getContainerClient(blob.containerName)
            .createIfNotExists();
          await blob.uploadData(content);
        }
      },
    },
    check(one) {
      for (const binding of Object.values(one.bindings)) {
        if (binding.type !== 'blob') continue;
        settings.connection(String(binding['connection'] ?? ''), one.name, endpointSettings.blobs);
        splitPath(String(binding['path'] ?? ''), one.name);
      }
    },
  };
}

function splitPath(path: string, owner = 'blob binding'): { container: string; name: string } {
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1)
    throw new Error(`Function "${owner}": the blob path "${path}" must be container/name.`);
  return { container: path.slice(0, slash), name: path.slice(slash + 1) };
}
