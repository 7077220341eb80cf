metadata description = 'Wardline in one resource group: five function apps of one bundle, each with its own identity and least rights. No keys anywhere.'

@description('Short name of the environment, part of every resource name.')
@minLength(2)
@maxLength(8)
param environmentName string

@description('Region of every resource. UK only: records must not leave the UK.')
@allowed(['uksouth', 'ukwest'])
param location string

@description('ODS codes of the trusts that this deployment serves.')
param trusts string[]

@description('Whether the data services answer from outside the virtual network. Enabled for a development environment only.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Issuers of access tokens (OpenID Connect), and the audience they must name.')
param tokenIssuers string[]
param tokenAudience string

@description('The client that the pages sign in with; tokens for other clients are narrowed to their SMART scopes.')
param pagesClientId string

@description('Origins of SMART apps that run in browsers.')
param smartAppOrigins string[] = []

@description('Profiles that resources must meet although they do not declare them: Type=URL, separated by spaces.')
param requiredProfiles string = ''

@description('The origin that callers use.')
param publicOrigin string

@description('Highest throughput of a Cosmos DB container, request units a second.')
param maxThroughput int

@description('Names that the function code gives its Event Grid-triggered functions.')
param bedMovedFunction string = 'bedMovedReceived'

var tags = { application: 'wardline', environment: environmentName }
var suffix = uniqueString(resourceGroup().id, environmentName)
var prefix = 'wardline-${environmentName}'

@description('The five deployments of the one bundle.')
var apps = ['api', 'flow', 'audit', 'work', 'inbox']

module identities 'modules/identities.bicep' = {
  params: { prefix: prefix, apps: apps, location: location, tags: tags }
}

module observability 'modules/observability.bicep' = {
  params: { prefix: prefix, location: location, tags: tags, apps: apps, principals: identities.outputs.principals }
}

module keyVault 'modules/key-vault.bicep' = {
  params: {
    name: 'wl${environmentName}${take(suffix, 10)}'
    location: location
    tags: tags
    trusts: trusts
    publicNetworkAccess: publicNetworkAccess
    principals: identities.outputs.principals
    workspaceId: observability.outputs.workspaceId
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: 'wl${environmentName}${take(suffix, 12)}'
    location: location
    tags: tags
    apps: apps
    publicNetworkAccess: publicNetworkAccess
    principals: identities.outputs.principals
    workspaceId: observability.outputs.workspaceId
  }
}

module cosmos 'modules/cosmos.bicep' = {
  params: {
    name: '${prefix}-${take(suffix, 8)}'
    location: location
    tags: tags
    maxThroughput: maxThroughput
    publicNetworkAccess: publicNetworkAccess
    principals: identities.outputs.principals
    workspaceId: observability.outputs.workspaceId
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  params: {
    name: '${prefix}-${take(suffix, 8)}'
    location: location
    tags: tags
    publicNetworkAccess: publicNetworkAccess
    principals: identities.outputs.principals
    workspaceId: observability.outputs.workspaceId
  }
}

module webPubSub 'modules/web-pubsub.bicep' = {
  params: {
    name: '${prefix}-${take(suffix, 8)}'
    location: location
    tags: tags
    principals: identities.outputs.principals
    workspaceId: observability.outputs.workspaceId
  }
}

module eventGrid 'modules/event-grid.bicep' = {
  params: {
    outName: '${prefix}-out'
    inName: '${prefix}-in'
    location: location
    tags: tags
    publicNetworkAccess: publicNetworkAccess
    principals: identities.outputs.principals
    storageName: storage.outputs.name
    workspaceId: observability.outputs.workspaceId
  }
}

module functionApps 'modules/function-app.bicep' = [
  for app in apps: {
    name: 'app-${app}'
    params: {
      name: '${prefix}-${app}-${take(suffix, 6)}'
      app: app
      location: location
      tags: tags
      identityId: identities.outputs.ids[app]
      clientId: identities.outputs.clientIds[app]
      storageName: storage.outputs.name
      cosmosEndpoint: cosmos.outputs.endpoint
      serviceBusName: serviceBus.outputs.name
      webPubSubEndpoint: webPubSub.outputs.endpoint
      eventGridOutEndpoint: eventGrid.outputs.outEndpoint
      keyVaultUrl: keyVault.outputs.url
      telemetryConnection: observability.outputs.connectionString
      trusts: trusts
      tokenIssuers: tokenIssuers
      tokenAudience: tokenAudience
      pagesClientId: pagesClientId
      smartAppOrigins: smartAppOrigins
      requiredProfiles: requiredProfiles
      publicOrigin: publicOrigin
      workspaceId: observability.outputs.workspaceId
    }
  }
]

@description('Bound after the first deployment of code: Event Grid checks that the function exists.')
module inboxSubscription 'modules/inbox-subscription.bicep' = {
  params: {
    topicName: eventGrid.outputs.inName
    functionAppName: functionApps[4].outputs.name
    functionName: bedMovedFunction
    storageName: storage.outputs.name
  }
}

output apiHost string = functionApps[0].outputs.host
