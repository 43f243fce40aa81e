test("a message is delivered to the other channels of its name, in another turn", async () => {
  const [a, b, c, other] = ["room", "room", "room", "elsewhere"].map((name) => new BroadcastChannel(name)), log = [];
  for (const [name, channel] of Object.entries({ a, b, c, other })) channel.onmessage = (event) => log.push(name + event.data);
  a.postMessage("!");
  equal(log, [], "the log at once");
  await sleep(1);
  equal(log, ["b!", "c!"]);
  for (const channel of [a, b, c, other]) channel.close();
});

test("each receiver gets a separate clone", async () => {
  const [a, b, c] = [1, 2, 3].map(() => new BroadcastChannel("clones")), seen = [];
  for (const channel of [b, c]) channel.addEventListener("message", (event) => seen.push(event.data));
  const value = { list: [1, new Map([["k", undefined]])] };
  a.postMessage(value);
  value.list.push("later");
  await sleep(1);
  equal(seen, [{ list: [1, new Map([["k", undefined]])] }, { list: [1, new Map([["k", undefined]])] }]);
  ok(seen[0] !== seen[1], "they must be two objects");
  for (const channel of [a, b, c]) channel.close();
});

test("channels get a view as a view, Go gets its bytes", async () => {
  const [a, b] = [1, 2].map(() => new BroadcastChannel("bytes"));
  let data;
  b.onmessage = (event) => (data = event.data);
  a.postMessage(new Uint8Array([1, 2, 3]).subarray(1));
  await sleep(1);
  equal(data, new Uint8Array([2, 3]));
  for (const channel of [a, b]) channel.close();
  equal(published().at(-1), "bytes bytes 0203");
});

test("posted messages are published by Go", () => {
  const channel = new BroadcastChannel("go");
  channel.postMessage("text");
  channel.postMessage({ a: 1 });
  equal(published().slice(-2), ["go text text", 'go clone J{"a":1}']);
  channel.close();
});

test("a closed channel neither sends nor receives", async () => {
  const [a, b] = [1, 2].map(() => new BroadcastChannel("closing"));
  let heard = 0;
  b.onmessage = () => heard++;
  a.postMessage(1);
  b.close();
  await sleep(1);
  equal(heard, 0);
  b.close();
  throws(() => b.postMessage(1), "InvalidStateError", "closed");
  a.close();
});

test("a message that cannot be cloned is an error of postMessage", () => {
  const channel = new BroadcastChannel("errors");
  throws(() => channel.postMessage(() => {}), "DataCloneError");
  throws(() => channel.postMessage(), "TypeError", "1 argument");
  equal(channel.name, "errors");
  channel.close();
});

test("an exception in one channel does not affect the others", async () => {
  const [a, b, c] = [1, 2, 3].map(() => new BroadcastChannel("throwing")), reported = [];
  internal.setReporter((error) => reported.push(error.message));
  let heard = 0;
  b.onmessage = () => { throw new Error("oops"); };
  c.onmessage = () => heard++;
  a.postMessage("x");
  await sleep(1);
  equal([heard, reported], [1, ["oops"]]);
  for (const channel of [a, b, c]) channel.close();
});
