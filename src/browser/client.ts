/** The client for browsers: `import { GatewaySocket } from 'websocket-gateway/browser'`. */
export {}
