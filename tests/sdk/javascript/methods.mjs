// Prints the public methods of the classes that the SDK offers, as { "Peer.chat": its source }.
import * as sdk from '@honcho-ai/sdk'

const found = {}
for (const owner of new Set(Object.values(sdk))) {
  const members = typeof owner === 'function' ? Object.getOwnPropertyDescriptors(owner.prototype) : {}
  for (const [name, { value }] of Object.entries(members)) {
    const isMethod = typeof value === 'function' && name !== 'constructor' && !name.startsWith('_')
    if (isMethod) found[`${owner.name}.${name}`] = value.toString()
  }
}
console.log(JSON.stringify(found))
