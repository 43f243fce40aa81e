// Functions that the scripts share. A script prints lines of JSON: the port of its server, if it has one, and a report for
// each connection. It dials each URL that it reads until its input ends. The last part of a URL's path is the id of the
// connection.
import { createInterface } from "node:readline";

export const compressed = process.argv.includes("compressed");
export const pingPayload = "are you there?";

export function print(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

export function report(id, code, reason, clean) {
  print({ id, report: { code, reason, clean: clean === undefined ? "" : clean ? "clean" : "not clean" } });
}

export function idOf(url) {
  return new URL(url, "ws://localhost").pathname.split("/").pop();
}

export function dialEach(dial) {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => dial(...line.split(" ")));
  lines.on("close", () => process.exit(0));
}

// Echo echoes the messages of one connection and carries out commands. verbs has a function for each command that the API
// supports, and send. Echo answers other commands with the text "cannot".
export class Echo {
  constructor(verbs) {
    this.verbs = verbs;
    this.sending = verbs.send;
  }

  text(text) {
    if (!text.startsWith("do:")) return this.send(text, false);
    const command = JSON.parse(text.slice(3));
    const verb = this.verbs[command.do];
    if (!verb) return this.say("cannot");
    if (command.do === "fragments") this.sending = verb;
    else this.try(() => verb(command));
  }

  send(data, binary) {
    this.sending(data, binary);
    this.sending = this.verbs.send;
  }

  try(verb) {
    try {
      verb();
    } catch {
      this.say("cannot");
    }
  }

  pong(payload) {
    this.say("pong:" + payload);
  }

  say(text) {
    this.verbs.send(text, false);
  }
}
