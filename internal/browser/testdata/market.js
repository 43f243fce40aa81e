// The application in the pictures of the dashboard: rooms of traders, and prices. Some of its orders fail.
const symbols = ["EURUSD", "GBPUSD", "USDJPY", "BTCEUR"];

addEventListener("websocketupgrade", (event) => {
  const { pathname, searchParams } = new URL(event.request.url);
  const connection = event.accept({ data: { orders: 0 } });
  if (searchParams.has("expired")) {
    connection.close(4003, "session expired");
    return;
  }
  if (pathname === "/prices") {
    connection.subscribe(`prices:${symbols[Math.floor(Math.random() * symbols.length)]}`);
  } else {
    connection.subscribe(`desk:${searchParams.get("desk") ?? "london"}`);
  }
  if (searchParams.has("depth")) {
    connection.subscribe("depth:BTCEUR");
  }
});

addEventListener("websocketmessage", ({ source, data }) => {
  const message = JSON.parse(data);
  if (message.type === "say") {
    clients.publish(`desk:${message.desk}`, JSON.stringify({ type: "said", text: message.text, at: Date.now() }));
  }
  if (message.type === "order") {
    source.send(JSON.stringify(book(message)));
  }
  if (message.type === "hoard") {
    const held = [];
    for (;;) held.push(new Array(100_000).fill(0));
  }
});

/** Returns the confirmation of an order. */
function book(order) {
  const price = order.limit.toFixed(4);
  return { type: "booked", symbol: order.symbol, price, at: Date.now() };
}

setInterval(() => {
  const symbol = symbols[Math.floor(Math.random() * symbols.length)];
  const bid = 1 + Math.random() / 100;
  clients.publish(`prices:${symbol}`, JSON.stringify({ type: "price", symbol, bid: bid.toFixed(4), ask: (bid + 0.0002).toFixed(4) }));
}, 400);
setInterval(() => clients.publish("depth:BTCEUR", "9".repeat(30_000)), 400);
