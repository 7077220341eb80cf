metadata description = 'Delivers what other systems publish to the Event Grid-triggered function of the inbox app.'

param topicName string
param functionAppName string
param functionName string
param storageName string

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = { name: storageName }
resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = { name: topicName }

resource subscription 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'bed-moved'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    destination: {
      endpointType: 'AzureFunction'
      properties: { resourceId: resourceId('Microsoft.Web/sites/functions', functionAppName, functionName) }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storage.id, blobContainerName: 'event-dead-letters' }
      }
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    filter: { includedEventTypes: ['uk.nhs.wardline.bed.moved.v1'] }
  }
}
