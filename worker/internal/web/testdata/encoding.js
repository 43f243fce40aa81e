const bytes = (...list) => new Uint8Array(list);

test("TextEncoder encodes UTF-8, and a lone surrogate as U+FFFD", () => {
  equal(new TextEncoder().encode("aé€😀"), bytes(97, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80));
  equal(new TextEncoder().encode("\ud800x\0"), bytes(0xef, 0xbf, 0xbd, 120, 0));
  equal([new TextEncoder().encode().length, new TextEncoder().encoding], [0, "utf-8"]);
  equal(new TextEncoder().encode(12), bytes(49, 50));
});

test("encodeInto writes only whole characters", () => {
  for (const [text, room, read, written] of [
    ["abc", 5, 3, 3], ["abc", 2, 2, 2], ["aé", 2, 1, 1], ["😀b", 3, 0, 0], ["😀b", 4, 2, 4], ["a😀", 2, 1, 1], ["", 3, 0, 0], ["a", 0, 0, 0], ["\ud83d", 3, 1, 3],
  ]) {
    equal(new TextEncoder().encodeInto(text, new Uint8Array(room)), { read, written }, `${text} into ${room}`);
  }
  const target = bytes(1, 1, 1, 1);
  new TextEncoder().encodeInto("é", target.subarray(1));
  equal(target, bytes(1, 0xc3, 0xa9, 1));
  throws(() => new TextEncoder().encodeInto("a", []), "TypeError", "Uint8Array");
});

test("TextDecoder accepts buffers and views", () => {
  const decoder = new TextDecoder(), all = bytes(0, 97, 98, 99);
  equal(decoder.decode(all.buffer), "\0abc");
  equal(decoder.decode(all.subarray(1, 3)), "ab");
  equal(decoder.decode(new DataView(all.buffer, 2)), "bc");
  equal(decoder.decode(), "");
  throws(() => decoder.decode("text"), "TypeError", "ArrayBuffer");
});

test("a stream may be split anywhere", () => {
  const text = "aé€😀z", all = new TextEncoder().encode(text), decoder = new TextDecoder();
  let result = "";
  for (const byte of all) result += decoder.decode(bytes(byte), { stream: true });
  equal(result + decoder.decode(), text);
});

test("an incomplete character at the end of a stream is replaced", () => {
  const decoder = new TextDecoder();
  equal(decoder.decode(bytes(0xe2, 0x82), { stream: true }), "");
  equal(decoder.decode(), "\ufffd");
  equal(decoder.decode(bytes(97)), "a");
  const fatal = new TextDecoder("utf-8", { fatal: true });
  equal(fatal.decode(bytes(0xe2, 0x82), { stream: true }), "");
  throws(() => fatal.decode(), "TypeError", "not valid utf-8");
  equal(fatal.decode(bytes(0xc3, 0xa9)), "é");
});

test("invalid bytes become U+FFFD, or an error", () => {
  equal(new TextDecoder().decode(bytes(0xff, 97, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98)), "\ufffda\ufffd\ufffd\ufffd\ufffd");
  throws(() => new TextDecoder("utf8", { fatal: true }).decode(bytes(0xff)), "TypeError");
});

test("one byte order mark is removed, only at the start", () => {
  const mark = [0xef, 0xbb, 0xbf];
  equal(new TextDecoder().decode(bytes(...mark, 97, ...mark)), "a\ufeff");
  equal(new TextDecoder().decode(bytes(...mark, ...mark)), "\ufeff");
  equal(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(...mark, 97)), "\ufeffa");
  const decoder = new TextDecoder();
  equal(decoder.decode(bytes(0xef), { stream: true }) + decoder.decode(bytes(0xbb, 0xbf), { stream: true }) + decoder.decode(bytes(97, ...mark)), "a\ufeff");
  equal(decoder.decode(bytes(...mark, 98)), "b", "the next stream");
});

test("UTF-16 and latin1", () => {
  equal(new TextDecoder("utf-16").decode(bytes(0xff, 0xfe, 0x3d, 0xd8, 0x00, 0xde)), "😀");
  equal(new TextDecoder("Latin1").decode(bytes(0x80, 0xe9)), "€é");
  equal([new TextDecoder(" UTF8\n").encoding, new TextDecoder("ascii").encoding, new TextDecoder("unicode").encoding], ["utf-8", "windows-1252", "utf-16le"]);
  throws(() => new TextDecoder("klingon"), "RangeError", "klingon");
});

test("TextDecoder has the encodings of the Encoding Standard", () => {
  for (const [label, list, text] of [
    ["sjis", [0x82, 0xb1], "こ"], ["euc-jp", [0xa4, 0xb3], "こ"], ["euc-kr", [0xb0, 0xa1], "가"], ["big5", [0x88, 0x62], "Ê\u0304"], ["gb2312", [0xc4, 0xe3], "你"],
    ["gb18030", [0x84, 0x31, 0x95, 0x33, 97], "\ufeffa"], ["koi8-r", [0xf0], "П"], ["utf-16be", [0xfe, 0xff, 0x30, 0x53], "こ"], ["x-user-defined", [0x80], "\uf780"],
  ]) {
    equal(new TextDecoder(label).decode(bytes(...list)), text, label);
    const decoder = new TextDecoder(label);
    equal(list.map((byte) => decoder.decode(bytes(byte), { stream: true })).join("") + decoder.decode(), text, `${label} in parts`);
  }
  throws(() => new TextDecoder("replacement"), "RangeError");
  throws(() => new TextDecoder("iso-2022-kr"), "RangeError");
});

test("a stream of ISO-2022-JP has a state between its parts", () => {
  const decoder = new TextDecoder("iso-2022-jp");
  equal([[0x1b, 0x24], [0x42, 0x24], [0x33], [0x1b, 0x28, 0x42], [97]].map((part) => decoder.decode(bytes(...part), { stream: true })), ["", "", "こ", "", "a"]);
  equal(decoder.decode(), "");
  const fatal = new TextDecoder("shift_jis", { fatal: true });
  equal(fatal.decode(bytes(0x82), { stream: true }), "");
  throws(() => fatal.decode(), "TypeError", "not valid shift_jis");
});

test("options are readable", () => {
  const decoder = new TextDecoder("utf-8", { fatal: 1, ignoreBOM: 1 });
  equal([decoder.fatal, decoder.ignoreBOM, new TextDecoder().fatal], [true, true, false]);
});

test("atob and btoa are inverse", () => {
  const all = String.fromCharCode(...Array(256).keys());
  equal(atob(btoa(all)), all);
  for (const [text, encoded] of [["", ""], ["a", "YQ=="], ["ab", "YWI="], ["abc", "YWJj"], ["\xff\xfe", "//4="]]) equal([btoa(text), atob(encoded)], [encoded, text]);
  throws(() => btoa("€"), "InvalidCharacterError", "U+00FF");
  throws(() => btoa("\ud800"), "InvalidCharacterError");
});

test("atob ignores white space, missing padding and trailing bits", () => {
  for (const [encoded, text] of [[" Y Q\n=\t= ", "a"], ["YQ", "a"], ["YR==", "a"], ["YWI", "ab"], ["", ""]]) equal(atob(encoded), text);
  for (const wrong of ["Y", "YQ=", "YQ===", "=", "Y=Q=", "YWJjZ", "YW-_", "é", "YQ==YQ=="]) throws(() => atob(wrong), "InvalidCharacterError", "base64");
});
