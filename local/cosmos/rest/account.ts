import { answer, type CosmosResponse } from './response.ts';

/** Limits of the query engine. The .NET client needs a non-empty object here, as text, or it ends its process. */
const queryEngine = {
  maxSqlQueryInputLength: 262144,
  maxJoinsPerSqlQuery: 5,
  maxLogicalAndPerSqlQuery: 500,
  maxLogicalOrPerSqlQuery: 500,
  maxUdfRefPerSqlQuery: 10,
  maxInExpressionItemsCount: 16000,
  sqlAllowNonFiniteNumbers: false,
  sqlAllowAggregateFunctions: true,
  sqlAllowSubQuery: true,
  sqlAllowScalarSubQuery: true,
  allowNewKeywords: true,
  sqlAllowLike: true,
  sqlAllowGroupByClause: true,
  sqlAllowTop: true,
  sqlDisableOptimizationFlags: 0,
};

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
      queryEngineConfiguration: JSON.stringify(queryEngine),
    }),
  );
}
