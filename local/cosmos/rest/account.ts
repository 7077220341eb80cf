import { answer, type CosmosResponse } from './response.ts';

/** The account document: clients send their traffic to the locations it names. */
export function readAccount(endpoint: string): CosmosResponse {
  const location = { name: 'Local', databaseAccountEndpoint: endpoint };
  return answer(
    200,
    JSON.stringify({
      _self: '',
      id: 'local',
      _rid: 'local.documents.azure.com',
      media: '//media/',
      addresses: '//addresses/',
      _dbs: '//dbs/',
      writableLocations: [location],
      readableLocations: [location],
      enableMultipleWriteLocations: false,
      userReplicationPolicy: { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 4 },
      userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
      systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 4 },
      readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
      queryEngineConfiguration: '{}',
    }),
  );
}
