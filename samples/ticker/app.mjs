// The application of the stock ticker: every half second one stock has a new price, which is pushed to who wants it.
import { setTimeout as pause } from 'node:timers/promises'
import { sendGatewayMessage } from 'websocket-gateway/client'

const prices = { ACME: 42, GLOBO: 117, INIT: 8.5, UMBRA: 230 }

export async function run() {
  for (;;) {
    const stocks = Object.keys(prices)
    const stock = stocks[Math.floor(Math.random() * stocks.length)]
    prices[stock] = Math.max(1, Math.round(prices[stock] * (98 + Math.random() * 4)) / 100)
    try {
      await sendGatewayMessage('ticker', { stock, message: prices[stock] })
    } catch (error) {
      console.log(`ticker: ${error.message}`)
    }
    await pause(500)
  }
}
