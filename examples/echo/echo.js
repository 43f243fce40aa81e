// Echo: every message comes back, text as text and bytes as bytes.
//
//   linger run examples/echo/echo.js

addEventListener("websocketupgrade", (event) => {
  event.accept();
});

addEventListener("websocketmessage", (event) => {
  event.source.send(event.data);
});
