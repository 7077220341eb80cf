metadata description = 'One deployment of the bundle on Flex Consumption, with its own identity and settings. No connection strings but telemetry\'s, which carries no secret.'

param name string
@allowed(['api', 'flow', 'audit', 'work', 'inbox'])
param app string
param location string
param tags object
param identityId string
param clientId string
param storageName string
param cosmosEndpoint string
param serviceBusName string
param webPubSubEndpoint string
param eventGridOutEndpoint string
param keyVaultUrl string
param telemetryConnection string
param trusts string[]
param tokenIssuers string[]
param tokenAudience string
param pagesClientId string
param smartAppOrigins string[]
param requiredProfiles string
param publicOrigin string
param workspaceId string

@description('People wait for the api; everything else catches up from a queue.')
var alwaysReady = app == 'api'
  ? [{ name: 'http', instanceCount: 1 }]
  : app == 'flow' ? [{ name: 'function:relayRecords', instanceCount: 1 }] : []

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = { name: storageName }

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: '${name}-plan'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    endToEndEncryptionEnabled: true
    clientAffinityEnabled: false
    siteConfig: {
      minTlsVersion: '1.3'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
      cors: { allowedOrigins: app == 'api' ? smartAppOrigins : [] }
      ipSecurityRestrictionsDefaultAction: app == 'inbox' ? 'Deny' : 'Allow'
      ipSecurityRestrictions: app == 'inbox'
        ? [{ name: 'event-grid', action: 'Allow', priority: 100, tag: 'ServiceTag', ipAddress: 'AzureEventGrid' }]
        : []
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}package-${app}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'node', version: '24' }
      scaleAndConcurrency: {
        instanceMemoryMB: app == 'api' || app == 'work' ? 2048 : 512
        maximumInstanceCount: 40
        alwaysReady: alwaysReady
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: {
    NODE_ENV: 'production'
    WARDLINE_APP: app
    WARDLINE_TRUSTS: join(trusts, ',')
    AZURE_CLIENT_ID: clientId
    AzureWebJobsStorage__accountName: storageName
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: clientId
    Cosmos__accountEndpoint: cosmosEndpoint
    Cosmos__credential: 'managedidentity'
    Cosmos__clientId: clientId
    ServiceBus__fullyQualifiedNamespace: '${serviceBusName}.servicebus.windows.net'
    ServiceBus__credential: 'managedidentity'
    ServiceBus__clientId: clientId
    Blobs__serviceUri: storage.properties.primaryEndpoints.blob
    WebPubSub__serviceUri: webPubSubEndpoint
    EventGridOut__topicEndpointUri: eventGridOutEndpoint
    KEY_VAULT_URL: keyVaultUrl
    TOKEN_ISSUERS: join(tokenIssuers, ',')
    TOKEN_AUDIENCE: tokenAudience
    PAGES_CLIENT_ID: pagesClientId
    REQUIRED_PROFILES: requiredProfiles
    PUBLIC_ORIGIN: publicOrigin
    APPLICATIONINSIGHTS_CONNECTION_STRING: telemetryConnection
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
  }
}

resource scmPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

resource ftpPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: site
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'FunctionAppLogs', enabled: true }] }
}

output name string = site.name
output host string = site.properties.defaultHostName
