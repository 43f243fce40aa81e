import Redis from "ioredis";
import { env } from "linger";
import { equal, fails, run } from "../check";

const redis = new Redis(String(env.REDIS)), subscriber = redis.duplicate();

// What other servers publish reaches the connections of this one.
subscriber.on("message", (channel: string, text: string) => clients.publish(channel, text));
addEventListener("install", (event) => event.waitUntil(subscriber.subscribe("news")));
addEventListener("websocketupgrade", (event) => event.accept().subscribe("news"));
addEventListener("websocketmessage", async ({ data }) => { await redis.publish("news", String(data)); });

run({
  async "values are stored, and expire"() {
    equal(await redis.set("text", "zażółć 😀", "EX", 100), "OK");
    equal([await redis.get("text"), await redis.ttl("text"), await redis.get("nothing")], ["zażółć 😀", 100, null]);
    await redis.set("bytes", Buffer.from([0, 255]));
    equal([...(await redis.getBuffer("bytes"))!], [0, 255]);
    await redis.hset("hash", { a: 1, b: "two" });
    equal(await redis.hgetall("hash"), { a: "1", b: "two" });
  },
  async "pipelines and transactions"() {
    equal(await redis.pipeline().set("n", 1).incr("n").get("n").exec(), [[null, "OK"], [null, 2], [null, "2"]]);
    equal(await redis.multi().incrby("n", 5).exec(), [[null, 7]]);
  },
  async "scripts and streams"() {
    equal(await redis.eval("return redis.call('get', KEYS[1]) .. ARGV[1]", 1, "n", "!"), "7!");
    await redis.xadd("log", "1-0", "text", "one");
    equal(await redis.xrange("log", "-", "+"), [["1-0", ["text", "one"]]]);
  },
  "errors": () => fails(() => redis.call("nonsense"), "unknown command"),
});
