addEventListener("websocketupgrade", (event) => { event.accept().subscribe("all"); });
addEventListener("websocketmessage", ({ data }) => { clients.publish("all", data); });
