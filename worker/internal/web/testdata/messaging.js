const received = (port) => {
  const events = [];
  port.addEventListener("message", (event) => events.push(event));
  port.start();
  return events;
};
const turn = () => sleep(0).then(() => sleep(0));

test("messages are copied when they are posted, and arrive in order, each in its own turn", async () => {
  const { port1, port2 } = new MessageChannel(), data = { n: 1, list: new Map([[1, 2]]) };
  const events = received(port2);
  port1.postMessage(data);
  data.n = 2;
  port1.postMessage("b");
  equal(events.length, 0);
  await turn();
  equal(events.map((event) => event.data), [{ n: 1, list: new Map([[1, 2]]) }, "b"]);
  ok(events[0] instanceof MessageEvent && events[0].isTrusted && events[0].target === port2 && events[0].ports.length === 0, "the event must be a MessageEvent at the port");
});

test("messages wait until a port is started", async () => {
  const { port1, port2 } = new MessageChannel(), seen = [];
  port2.addEventListener("message", (event) => seen.push(event.data));
  port1.postMessage(1);
  port1.postMessage(2);
  await turn();
  equal(seen, []);
  port2.start();
  port2.start();
  await turn();
  equal(seen, [1, 2]);
  port1.onmessage = (event) => seen.push(event.data);
  port2.postMessage(3);
  await turn();
  equal(seen, [1, 2, 3]);
});

test("close ends both ports", async () => {
  const { port1, port2 } = new MessageChannel(), events = received(port2);
  let closed = 0;
  port2.onclose = () => closed++;
  port1.onclose = () => closed++;
  port1.close();
  port1.close();
  port1.postMessage(1);
  port2.postMessage(1);
  await turn();
  equal([events.length, closed], [0, 1]);
});

test("a port can be transferred", async () => {
  const outer = new MessageChannel(), inner = new MessageChannel(), events = received(outer.port2);
  inner.port1.postMessage("early");
  outer.port1.postMessage({ port: inner.port2 }, [inner.port2]);
  inner.port1.postMessage("late");
  await turn();
  const { port } = events[0].data;
  ok(port instanceof MessagePort && port !== inner.port2 && events[0].ports[0] === port && Object.isFrozen(events[0].ports), "the event must have the new port");
  const messages = received(port);
  await turn();
  equal(messages.map((event) => event.data), ["early", "late"]);
  const replies = received(inner.port1);
  inner.port2.postMessage("detached");
  port.postMessage("reply");
  await turn();
  equal(replies.map((event) => event.data), ["reply"]);
  throws(() => structuredClone(inner.port2, { transfer: [inner.port2] }), "DataCloneError", "transferred");
});

test("structuredClone transfers ports and buffers together", async () => {
  const { port1, port2 } = new MessageChannel(), buffer = new Uint8Array([1, 2]).buffer;
  const copy = structuredClone({ port1, view: new Uint8Array(buffer) }, { transfer: [port1, buffer] });
  equal([copy.view, buffer.detached], [new Uint8Array([1, 2]), true]);
  const events = received(port2);
  copy.port1.postMessage("x");
  await turn();
  equal(events[0].data, "x");
});

test("a port that has been closed, or is transferred through the other port, gets no message", async () => {
  const closed = new MessageChannel(), toClosed = received(closed.port2);
  closed.port1.postMessage("lost");
  closed.port2.close();
  const moved = new MessageChannel(), toMoved = received(moved.port2);
  moved.port1.postMessage("lost", [moved.port2]);
  await turn();
  equal([toClosed.length, toMoved.length], [0, 0]);
});

test("what cannot be posted", () => {
  const { port1, port2 } = new MessageChannel();
  throws(() => port1.postMessage(() => {}), "DataCloneError");
  throws(() => port1.postMessage(port2), "DataCloneError", "MessagePort");
  throws(() => port1.postMessage(null, [port1]), "DataCloneError", "itself");
  throws(() => port1.postMessage(null, { transfer: [port2, port2] }), "DataCloneError", "twice");
  throws(() => port1.postMessage(), "TypeError");
  throws(() => new MessagePort(), "TypeError", "MessageChannel");
  equal([String(port1), String(new MessageChannel())], ["[object MessagePort]", "[object MessageChannel]"]);
});
