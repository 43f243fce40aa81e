import protobuf from "protobufjs";
import light from "protobufjs/light";
import minimal from "protobufjs/minimal";
import { equal, fails, run } from "../check";

const descriptor = { nested: { chat: { nested: {
  Message: { fields: { room: { type: "string", id: 1 }, sent: { type: "int64", id: 2 }, tags: { rule: "repeated", type: "string", id: 3 }, data: { type: "bytes", id: 4 }, kind: { type: "Kind", id: 5 }, counts: { keyType: "string", type: "int32", id: 6 } } },
  Kind: { values: { TEXT: 0, IMAGE: 1 } },
} } } };
const source = `syntax = "proto3"; package chat;
  message Message { string room = 1; int64 sent = 2; repeated string tags = 3; bytes data = 4; Kind kind = 5; map<string, int32> counts = 6; }
  enum Kind { TEXT = 0; IMAGE = 1; }`;
const value = { room: "lobby", sent: 5, tags: ["a", "b"], data: new Uint8Array([1, 2]), kind: 1, counts: { x: 7 } };
const wire = "0a056c6f62627910051a01611a0162220201022801320508017807".replace("3205080178", "32050a017810");
const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

async function exercise(Message: any) {
  const bytes = Message.encode(Message.create(value)).finish();
  equal(hex(bytes), wire);
  equal(Message.toObject(Message.decode(bytes), { longs: Number, enums: String, bytes: Array }), { ...value, data: [1, 2], kind: "IMAGE" });
  equal(Message.fromObject({ kind: "IMAGE" }).kind, 1);
  equal(Message.verify({ room: 5 }), "room: string expected");
  await fails(() => Message.decode(bytes.subarray(0, 4)), "index out of range");
}

run({
  "light, with a JSON descriptor": () => exercise(light.Root.fromJSON(descriptor as any).lookupType("chat.Message")),
  "full, with a .proto source": () => exercise(protobuf.parse(source).root.lookupType("chat.Message")),
  "minimal: writer and reader"() {
    const bytes = minimal.Writer.create().uint32(8).int32(-1).uint32(18).string("naïve").finish();
    const reader = minimal.Reader.create(bytes);
    equal([reader.uint32(), reader.int32(), reader.uint32(), reader.string()], [8, -1, 18, "naïve"]);
  },
});
