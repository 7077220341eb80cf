metadata description = 'Cosmos DB account, database and containers as shared/topology.ts names them. Keys are off; each app has its own data role.'

param name string
param location string
param tags object
param maxThroughput int
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string
param principals object
param workspaceId string

var containers = [
  {
    name: 'records'
    key: '/partition'
    ttl: -1
    included: [
      '/kind/?'
      '/type/?'
      '/trust/?'
      '/search/[]/?'
      '/dates/[]/p/?'
      '/dates/[]/from/?'
      '/dates/[]/to/?'
      '/of/?'
      '/from/?'
      '/to/?'
      '/lastUpdated/?'
      '/timeline/?'
    ]
  }
  { name: 'transactions', key: '/id', ttl: -1, included: ['/state/?', '/deadline/?'] }
  { name: 'keys', key: '/trust', ttl: null, included: [] }
  { name: 'boards', key: '/partition', ttl: -1, included: ['/kind/?', '/ward/?', '/bed/?', '/from/?', '/to/?'] }
  {
    name: 'audit'
    key: '/partition'
    ttl: null
    included: ['/kind/?', '/seq/?', '/recorded/?', '/agent/?', '/outcome/?']
  }
  { name: 'disclosures', key: '/partition', ttl: null, included: ['/recorded/?'] }
  { name: 'leases', key: '/id', ttl: null, included: [] }
]

@description('Which containers each app may read and write. The audit app may create and replace chain heads, never delete.')
var grants = [
  { app: 'api', role: 'write', container: 'records' }
  { app: 'api', role: 'write', container: 'transactions' }
  { app: 'api', role: 'write', container: 'keys' }
  { app: 'api', role: 'read', container: 'boards' }
  { app: 'api', role: 'read', container: 'audit' }
  { app: 'api', role: 'read', container: 'disclosures' }
  { app: 'flow', role: 'write', container: 'records' }
  { app: 'flow', role: 'write', container: 'transactions' }
  { app: 'flow', role: 'write', container: 'keys' }
  { app: 'flow', role: 'write', container: 'boards' }
  { app: 'flow', role: 'write', container: 'leases' }
  { app: 'audit', role: 'append', container: 'audit' }
  { app: 'audit', role: 'append', container: 'disclosures' }
  { app: 'audit', role: 'write', container: 'leases' }
  { app: 'work', role: 'write', container: 'records' }
  { app: 'work', role: 'write', container: 'transactions' }
  { app: 'work', role: 'write', container: 'keys' }
  { app: 'work', role: 'write', container: 'boards' }
]
var items = 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items'
var feed = 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/readChangeFeed'
var query = 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/executeQuery'
var metadataAction = 'Microsoft.DocumentDB/databaseAccounts/readMetadata'
var roles = [
  { name: 'read', actions: [metadataAction, '${items}/read', query, feed] }
  {
    name: 'write'
    actions: [
      metadataAction
      '${items}/read'
      query
      feed
      '${items}/create'
      '${items}/replace'
      '${items}/upsert'
      '${items}/delete'
    ]
  }
  { name: 'append', actions: [metadataAction, '${items}/read', query, feed, '${items}/create', '${items}/replace'] }
]

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    enableMultipleWriteLocations: false
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    publicNetworkAccess: publicNetworkAccess
    networkAclBypass: 'None'
    minimalTlsVersion: 'Tls12'
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous7Days' } }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: 'wardline'
  properties: { resource: { id: 'wardline' }, options: { autoscaleSettings: { maxThroughput: maxThroughput } } }
}

resource stores 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = [
  for container in containers: {
    parent: database
    name: container.name
    properties: {
      resource: union(
        {
          id: container.name
          partitionKey: { paths: [container.key], kind: 'Hash', version: 2 }
          indexingPolicy: {
            indexingMode: 'consistent'
            automatic: true
            includedPaths: map(container.included, path => { path: path })
            excludedPaths: [{ path: '/*' }]
          }
        },
        container.ttl == null ? {} : { defaultTtl: container.ttl }
      )
    }
  }
]

resource dataRoles 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = [
  for role in roles: {
    parent: account
    name: guid(account.id, role.name)
    properties: {
      roleName: 'wardline-${role.name}'
      type: 'CustomRole'
      assignableScopes: [account.id]
      permissions: [{ dataActions: role.actions }]
    }
  }
]

resource assignments 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = [
  for grant in grants: {
    parent: account
    name: guid(account.id, grant.app, grant.role, grant.container)
    properties: {
      principalId: principals[grant.app]
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${guid(account.id, grant.role)}'
      scope: '${account.id}/dbs/wardline/colls/${grant.container}'
    }
    dependsOn: [dataRoles, stores]
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'ControlPlaneRequests', enabled: true }
      { category: 'PartitionKeyRUConsumption', enabled: true }
    ]
  }
}

output endpoint string = account.properties.documentEndpoint
