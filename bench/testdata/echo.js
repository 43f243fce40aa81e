addEventListener("websocketupgrade", (event) => { event.accept(); });
addEventListener("websocketmessage", ({ source, data }) => source.send(data));
