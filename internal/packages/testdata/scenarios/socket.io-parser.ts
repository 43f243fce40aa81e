import { Decoder, Encoder, PacketType } from "socket.io-parser";
import { equal, fails, run } from "../check";

function decode(parts: any[]) {
  const decoder = new Decoder(), packets: any[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  for (const part of parts) decoder.add(part);
  return packets;
}

run({
  "packets of text"() {
    equal(new Encoder().encode({ type: PacketType.EVENT, data: ["chat", { text: "hi" }], id: 5, nsp: "/room" }), ['2/room,5["chat",{"text":"hi"}]']);
    equal(decode(['2/room,5["chat",{"text":"hi"}]', "1", '40{"sid":"x"}'.slice(1)]).map(({ type, data, id, nsp }) => [type, data, id, nsp]), [[2, ["chat", { text: "hi" }], 5, "/room"], [1, undefined, undefined, "/"], [0, { sid: "x" }, undefined, "/"]]);
  },
  "packets with attachments"() {
    const bytes = new Uint8Array([1, 2, 3]), parts = new Encoder().encode({ type: PacketType.EVENT, data: ["file", { bytes, more: bytes.buffer }], nsp: "/" });
    equal([parts.length, parts[0]], [3, '52-["file",{"bytes":{"_placeholder":true,"num":0},"more":{"_placeholder":true,"num":1}}]']);
    const [{ type, data: [name, value] }] = decode(parts);
    equal([type, name, [...value.bytes], [...new Uint8Array(value.more)]], [PacketType.EVENT, "file", [1, 2, 3], [1, 2, 3]]);
  },
  async "faults"() {
    await fails(() => decode(["9"]), "unknown packet type 9");
    await fails(() => decode(['2["a"']), "invalid payload");
  },
});
