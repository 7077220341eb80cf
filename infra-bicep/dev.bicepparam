using 'main.bicep'

param environmentName = 'dev'
param location = 'uksouth'
param trusts = ['RR8', 'RXF']
param publicNetworkAccess = 'Enabled'
param tokenIssuers = ['https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0']
param tokenAudience = 'api://wardline'
param pagesClientId = '00000000-0000-0000-0000-000000000001'
param publicOrigin = 'https://wardline-dev.example.nhs.uk'
param maxThroughput = 4000
