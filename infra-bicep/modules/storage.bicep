metadata description = 'Storage of the function hosts and of the blobs that Wardline writes. Shared keys are off.'

param name string
param location string
param tags object
param apps string[]
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string
param principals object
param workspaceId string

@description('Blob containers as shared/topology.ts names them, and one for each app\'s deployment package.')
var containers = concat(['relay-dead-letters', 'event-dead-letters', 'large-forms', 'binaries', 'audit-checkpoints'], map(apps, app => 'package-${app}'))
@description('Storage Blob Data Owner, Storage Queue Data Contributor, Storage Table Data Contributor: what the Functions host needs, and the task hub of Durable Functions (started by api, run by work).')
var hostRoles = [
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
]
var assignments = flatten(map(apps, app => map(hostRoles, role => { app: app, role: role })))

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    allowedCopyScope: 'AAD'
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: { defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny', bypass: 'AzureServices' }
    encryption: { keySource: 'Microsoft.Storage', requireInfrastructureEncryption: true }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 30 }
    containerDeleteRetentionPolicy: { enabled: true, days: 30 }
  }
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [
  for container in containers: { parent: blobService, name: container, properties: { publicAccess: 'None' } }
]

@description('Eight years: nobody changes or deletes a checkpoint before that, the account\'s owner included once the policy is locked.')
resource sealed 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-01-01' = {
  name: '${name}/default/audit-checkpoints/default'
  properties: { immutabilityPeriodSinceCreationInDays: 2922, allowProtectedAppendWrites: false }
  dependsOn: [blobContainers]
}

resource hosts 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for assignment in assignments: {
    scope: account
    name: guid(account.id, assignment.app, assignment.role)
    properties: {
      principalId: principals[assignment.app]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', assignment.role)
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobService
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'audit', enabled: true }] }
}

output name string = account.name
