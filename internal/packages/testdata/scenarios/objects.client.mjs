import { assert, done, expect, open, slept, url } from "../client.mjs";

const post = (body) => ({ method: "POST", body });

// Hono in an object.
await expect("/boards/a/notes", 200, "[]");
const listener = await open("/boards/a/socket"), other = await open("/boards/a/socket"), elsewhere = await open("/boards/b/socket");
listener.send("listen");
assert.equal(await listener.next(), "board a: listen");
elsewhere.send("listen");
assert.equal(await elsewhere.next(), "board b: listen");
await expect("/boards/a/notes", 201, '{"id":1,"secret":"from the environment"}', post('{"text":"one"}'));
await expect("/boards/a/notes", 201, /^{"id":2,/, post('{"text":"<two>"}'));
assert.equal(await listener.next(), "1 one");
assert.equal(await listener.next(), "2 <two>");
await expect("/boards/a/notes", 200, '[{"id":1,"text":"one"},{"id":2,"text":"<two>"}]');
await expect("/boards/b/notes", 200, "[]");
await expect("/boards/a/page", 200, "<ul><li>one</li><li>&lt;two&gt;</li></ul>");
await expect("/boards/a/fails", 418, "a teapot");
await expect("/boards/a/nothing", 404, "404 Not Found");
other.send("hello");
assert.equal(await other.next(), "board a: hello");
other.close(4002);
assert.equal(await listener.next(), "closed 4002");

// itty-router in an object.
const watcher = await open("/polls/lunch/socket?tag=watch"), voter = await open("/polls/lunch/socket?tag=vote");
await expect("/polls/lunch/socket", 426, '{"status":426,"error":"a WebSocket is expected"}');
await expect("/polls/lunch/votes", 200, '{"votes":1}', post("soup"));
assert.equal(await watcher.next(), "soup 1");
voter.send("soup");
assert.equal(await watcher.next(), "soup 2");
await slept(async () => {
  voter.send("starts");
  const answer = await voter.next();
  assert.match(answer, /^starts \d+$/); // and not "soup 2", which is for another tag
  return answer;
});
voter.send("salad");
assert.equal(await watcher.next(), "salad 1");
await expect("/polls/lunch", 200, '{"salad":1,"soup":2}');
await expect("/votes/lunch", 200, '{"salad":1,"soup":2}');
await expect("/votes/dinner", 200, "{}");
await expect("/polls/lunch/nothing", 404, '{"status":404,"error":"Not Found"}');

// Calls at the same time are one after the other.
const votes = await Promise.all(Array.from({ length: 20 }, async () => (await (await fetch(`${url}/polls/race/votes`, post("x"))).json()).votes));
assert.deepEqual(votes.toSorted((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
done();
