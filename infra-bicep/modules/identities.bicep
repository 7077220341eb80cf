metadata description = 'One user-assigned identity an app, so that each has only the rights that its functions need.'

param prefix string
param apps string[]
param location string
param tags object

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [
  for app in apps: {
    name: '${prefix}-${app}'
    location: location
    tags: tags
  }
]

output ids object = toObject(
  range(0, length(apps)),
  i => apps[i],
  i => resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', '${prefix}-${apps[i]}')
)
output clientIds object = {
  api: identities[0].properties.clientId
  flow: identities[1].properties.clientId
  audit: identities[2].properties.clientId
  work: identities[3].properties.clientId
  inbox: identities[4].properties.clientId
}
@description('Object ids by app.')
output principals object = {
  api: identities[0].properties.principalId
  flow: identities[1].properties.principalId
  audit: identities[2].properties.principalId
  work: identities[3].properties.principalId
  inbox: identities[4].properties.principalId
}
