metadata description = 'Web PubSub: hints to the ward boards. Keys are off.'

param name string
param location string
param tags object
param principals object
param workspaceId string

@description('Web PubSub Service Owner: send to groups and issue client tokens.')
var ownerRole = '12cf5a90-567b-43ae-8102-96cf46c7d9b4'
var senders = ['api', 'flow', 'work']

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard_S1', tier: 'Standard', capacity: 1 }
  properties: { disableLocalAuth: true, disableAadAuth: false, tls: { clientCertEnabled: false } }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for app in senders: {
    scope: service
    name: guid(service.id, app, ownerRole)
    properties: {
      principalId: principals[app]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', ownerRole)
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: service
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'audit', enabled: true }] }
}

output endpoint string = 'https://${service.properties.hostName}'
