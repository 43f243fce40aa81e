addEventListener("websocketupgrade", (event) => { event.accept(); });
addEventListener("websocketmessage", ({ source, data }) => {
  const { customer, lines } = JSON.parse(data);
  const charged = lines.map(({ item, count, price }) => ({ item, count, price, sum: count * price }));
  const total = charged.reduce((total, { sum }) => total + sum, 0);
  source.send(JSON.stringify({ customer, lines: charged, total }));
});
