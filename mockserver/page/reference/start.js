// Shows the reference of all operations with Swagger UI.
document.documentElement.classList.toggle('dark-mode', matchMedia('(prefers-color-scheme: dark)').matches)
const urls = [{ url: 'openapi.json', name: 'Honcho API' }]
const { ok: isControlled } = await fetch('_mock/clock')
if (isControlled) urls.push({ url: '_mock/openapi.json', name: 'Control plane of the mock server' })
SwaggerUIBundle({
  urls,
  dom_id: '#reference',
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  tryItOutEnabled: true,
  validatorUrl: null,
})
