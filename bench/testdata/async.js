addEventListener("websocketupgrade", (event) => { event.accept(); });
addEventListener("websocketmessage", async ({ source, data }) => {
  await null;
  source.send(data);
});
