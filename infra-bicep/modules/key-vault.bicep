metadata description = 'One key a trust that wraps its data keys, and one that signs the audit trail. The cloud operator stores what these keys seal and cannot open it.'

param name string
param location string
param tags object
param trusts string[]
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string
param principals object
param workspaceId string

@description('Key Vault Crypto Service Encryption User: get, wrap and unwrap; nothing else.')
var wrapRole = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
@description('Apps that open records. The audit and inbox apps never do.')
var readers = ['api', 'flow', 'work']

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: { bypass: 'AzureServices', defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny' }
  }
}

resource trustKeys 'Microsoft.KeyVault/vaults/keys@2024-11-01' = [
  for trust in trusts: {
    parent: vault
    name: 'trust-${toLower(trust)}'
    properties: {
      kty: 'RSA-HSM'
      keySize: 3072
      keyOps: ['wrapKey', 'unwrapKey']
      rotationPolicy: {
        attributes: { expiryTime: 'P2Y' }
        lifetimeActions: [{ trigger: { timeAfterCreate: 'P1Y' }, action: { type: 'rotate' } }]
      }
    }
  }
]

resource auditKey 'Microsoft.KeyVault/vaults/keys@2024-11-01' = {
  parent: vault
  name: 'audit-checkpoints'
  properties: { kty: 'RSA-HSM', keySize: 3072, keyOps: ['sign', 'verify'] }
}

@description('Signing where the audit chains stand, with that key and no other. No built-in role is as small.')
resource signRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(vault.id, 'sign')
  properties: {
    roleName: 'Wardline audit signer (${name})'
    description: 'Read a key and sign with it.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      { dataActions: ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/sign/action'] }
    ]
  }
}

resource signer 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: auditKey
  name: guid(auditKey.id, 'audit', 'sign')
  properties: {
    principalId: principals.audit
    principalType: 'ServicePrincipal'
    roleDefinitionId: signRole.id
  }
}

resource wrappers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for app in readers: {
    scope: vault
    name: guid(vault.id, app, wrapRole)
    properties: {
      principalId: principals[app]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', wrapRole)
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'audit', enabled: true }] }
}

output url string = vault.properties.vaultUri
