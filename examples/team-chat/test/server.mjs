// What the tests share: the server, people who have signed in, and their connections.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import WebSocket from "ws";

export const secret = "the secret of the tests";
const runtime = process.env.RUNTIME ?? "node";
const database = process.env.DATABASE_URL ?? "postgres://chat:chat@127.0.0.1:5432/chat"; // of compose.yaml

/** Starts the chat. It is stopped after the test, or after all of them. */
export async function start(t) {
  const args = ["run", "--port=0", `--runtime=${runtime}`, `--var=DATABASE_URL=${database}`, `--var=SESSION_SECRET=${secret}`];
  const server = spawn("linger", args, { cwd: new URL("..", import.meta.url), stdio: ["ignore", "pipe", "pipe"] });
  const lines = [];
  t.after(async () => {
    if (server.exitCode === null) await once(server.kill() && server, "exit");
  });
  const url = await new Promise((resolve, reject) => {
    for (const output of [server.stdout, server.stderr]) {
      createInterface(output).on("line", (line) => {
        lines.push(line);
        const [, at] = / runs at (http:\S+)\/$/.exec(line) ?? [];
        if (at) resolve(at);
      });
    }
    server.on("error", reject);
    server.on("close", () => reject(new Error(`the server has ended:\n${lines.join("\n")}`)));
  });
  return { url, process: server, lines };
}

/** Waits until the log of the server has a line with a text. */
export async function logged({ lines }, text) {
  while (!lines.some((line) => line.includes(text))) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Kills the process that runs the application, as a crash would, and waits until another one has taken over. */
export async function crash(server) {
  const threads = `/proc/${server.process.pid}/task`;
  const children = readdirSync(threads).map((thread) => readFileSync(`${threads}/${thread}/children`, "utf8").trim());
  process.kill(Number(children.find(Boolean)), "SIGKILL");
  await logged(server, "worker replaced");
}

/** Returns a name that no other test uses. */
export const unique = (name) => `${name}-${randomUUID().slice(0, 8)}`;

/** Signs in, and returns the value of the header field Cookie for later requests. */
export async function signIn(url, name, password = "correct horse") {
  const response = await fetch(`${url}/session`, { method: "POST", body: JSON.stringify({ name, password }) });
  assert.equal(response.status, 200, await response.text());
  return response.headers.getSetCookie()[0].split(";")[0];
}

/** Returns the status of the response to a refused upgrade. */
export async function refused(url, path, cookie = "") {
  const socket = new WebSocket(url.replace("http", "ws") + path, { headers: { cookie } });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  response.resume();
  return response.statusCode;
}

/** Enters a room. next returns the next notice of a type, without those of other types before it. */
export async function enter(url, room, cookie) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/rooms/${room}`, { headers: { cookie } });
  const notices = [];
  let arrived = () => {};
  socket.on("message", (data) => {
    notices.push(JSON.parse(data));
    arrived();
  });
  await once(socket, "open");
  return {
    socket,
    send: (command) => socket.send(typeof command === "string" ? command : JSON.stringify(command)),
    async next(type) {
      for (;;) {
        while (notices.length) {
          const notice = notices.shift();
          if (notice.type === type) return notice;
        }
        await new Promise((resolve) => (arrived = resolve));
      }
    },
    async leave() {
      socket.close();
      await once(socket, "close");
    },
  };
}
