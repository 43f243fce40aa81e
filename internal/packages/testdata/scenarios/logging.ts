import debug from "debug";
import pino from "pino";
import { equal, run } from "../check";

run({
  "pino writes objects"() {
    const lines: any[] = [];
    const log = pino( // the version for browsers, or that for Node, which writes text
      { level: "debug", base: null, browser: { write: (line: object) => lines.push(line), asObject: true } as any },
      { write: (line) => lines.push(JSON.parse(line)) });
    log.child({ room: "lobby" }).info({ user: "ann" }, "joined %d", 5);
    log.trace("hidden");
    log.error({ reason: "no" }, "failed");
    equal(lines.length, 2);
    equal([lines[0].room, lines[0].user, lines[0].msg, lines[0].level], ["lobby", "ann", "joined 5", 30]);
    equal([lines[1].reason, lines[1].msg, lines[1].level], ["no", "failed", 50]);
  },
  "debug"() {
    const lines: unknown[][] = [];
    debug.enable("app:*,-app:quiet");
    debug.log = (...values: unknown[]) => { lines.push(values); };
    debug("app:chat")("hello %s", "ann");
    debug("app:quiet")("nothing");
    debug("other")("nothing");
    equal([lines.length, String(lines[0][0]).includes("hello %s"), lines[0].includes("ann")], [1, true, true]);
  },
});
