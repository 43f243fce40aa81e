import { AgentClient } from "agents/client";
import { assert, done, expect, slept, until, url, WebSocket } from "../client.mjs";

const host = new URL(url).host;

/** Connects to an agent. next() returns the next message that is not of the protocol of agents. */
async function connect(name) {
  const messages = [], states = [], errors = [];
  const client = new AgentClient({
    host, agent: "TaskList", name, WebSocket,
    onStateUpdate: (state, source) => states.push([source, state.tasks]), onStateUpdateError: (error) => errors.push(error),
  });
  client.addEventListener("message", ({ data }) => data.startsWith("{") || messages.push(data));
  Object.assign(client, {
    states, errors,
    async next() {
      await until(() => messages.length);
      return messages.shift();
    },
  });
  await client.ready;
  return client;
}

await expect("/elsewhere", 404, "no such page");
await expect("/agents/nothing/x", 400, "Invalid request");

// State.
const ann = await connect("home"), bob = await connect("home");
assert.deepEqual([ann.name, ann.agent, ann.state], ["home", "task-list", { tasks: [], done: 0 }]);
assert.equal(await ann.next(), "hello from home");
ann.send("hi");
assert.equal(await ann.next(), "echo hi");
assert.equal(await ann.stub.add("sweep"), 1);
await until(() => bob.state.tasks.length === 1);
bob.setState({ tasks: ["sweep", "cook"], done: 0 });
await until(() => ann.state.tasks.length === 2);
assert.deepEqual(ann.states.at(-1), ["server", ["sweep", "cook"]]);
bob.setState({ tasks: ["1", "2", "3", "4"], done: 0 });
await until(() => bob.errors.length);
assert.deepEqual(ann.state, { tasks: ["sweep", "cook"], done: 0 });

// Calls.
assert.deepEqual(await ann.call("finish", ["sweep"]), { done: 1, agent: "home" });
await assert.rejects(ann.call("finish", ["nothing"]), /there is no task nothing/);
await assert.rejects(ann.call("notCallable"), /not callable/);
await ann.stub.add("wash");
const chunks = [];
assert.equal(await ann.call("each", [], { stream: { onChunk: (chunk) => chunks.push(chunk) } }), "end");
assert.deepEqual(chunks, ["cook", "wash"]);

// Schedules and the queue.
assert.deepEqual(await bob.stub.later(1, "scheduled"), { known: "scheduled", type: "delayed", schedules: ["cron", "delayed"] });
await bob.stub.queued("queued");
await until(() => ann.state.tasks.includes("queued") && ann.state.tasks.includes("scheduled"));
assert.deepEqual(bob.state.tasks.toSorted(), ["cook", "queued", "scheduled", "wash"]);

// The agent sleeps, and its connections stay.
await slept(() => ann.stub.starts());
assert.equal(await bob.stub.add("after sleep"), 5);
await until(() => ann.state.tasks.at(-1) === "after sleep");
bob.send("awake");
assert.equal(await bob.next(), "hello from home");
assert.equal(await bob.next(), "echo awake");

// Requests and methods.
await expect("/agents/task-list/home", 200, /^{"name":"home","method":"POST","body":"content",/, { method: "POST", body: "content" });
await expect("/lines/home", 200, '["server 0","server 1","client 2","server 1","server 2","server 3","server 4","server 5"]');
await expect("/lines/other", 200, "[]");
assert.match(await ann.stub.child(), /^subAgent\(\) is not supported in this runtime/);
done();
