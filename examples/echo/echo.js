// Echoes messages: text as text and binary messages as binary.
//
//   linger run examples/echo/echo.js

addEventListener("websocketupgrade", (event) => {
  event.accept();
});

addEventListener("websocketmessage", (event) => {
  event.source.send(event.data);
});
