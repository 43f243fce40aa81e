// What one client sends reaches all of them, by way of Redis.
import { assert, done, open } from "../client.mjs";

const [ann, bob] = [await open("/"), await open("/")];
ann.send("one");
assert.equal(await ann.next(), "one");
assert.equal(await bob.next(), "one");
bob.send("two");
assert.equal(await ann.next(), "two");
done();
