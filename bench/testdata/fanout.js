addEventListener("websocketupgrade", (event) => { event.accept({ channels: ["all"] }); });
addEventListener("websocketmessage", ({ data }) => { clients.publish("all", data); });
