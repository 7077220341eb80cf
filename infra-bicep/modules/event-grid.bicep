metadata description = 'Two custom topics: what Wardline tells other systems, and what they tell Wardline. Keys are off.'

param outName string
param inName string
param location string
param tags object
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string
param principals object
param storageName string
param workspaceId string

var senderRole = 'd5a91429-5739-47e2-a06b-3470a27159e7'
@description('Storage Blob Data Contributor, for dead letters.')
var blobRole = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = { name: storageName }

resource topics 'Microsoft.EventGrid/topics@2025-02-15' = [
  for name in [outName, inName]: {
    name: name
    location: location
    tags: tags
    identity: { type: 'SystemAssigned' }
    properties: {
      inputSchema: 'CloudEventSchemaV1_0'
      publicNetworkAccess: publicNetworkAccess
      disableLocalAuth: true
      minimumTlsVersionAllowed: '1.2'
      dataResidencyBoundary: 'WithinRegion'
    }
  }
]

resource outSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: topics[0]
  name: guid(resourceId('Microsoft.EventGrid/topics', outName), 'flow', senderRole)
  properties: {
    principalId: principals.flow
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', senderRole)
  }
}

resource deadLetterWriters 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(0, 2): {
    scope: storage
    name: guid(storage.id, i == 0 ? outName : inName, blobRole)
    properties: {
      principalId: topics[i].identity.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobRole)
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [
  for i in range(0, 2): {
    scope: topics[i]
    name: 'to-workspace'
    properties: {
      workspaceId: workspaceId
      logs: [{ category: 'DeliveryFailures', enabled: true }, { category: 'PublishFailures', enabled: true }]
    }
  }
]

output outEndpoint string = topics[0].properties.endpoint
output inName string = topics[1].name
