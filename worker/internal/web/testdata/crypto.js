test("randomUUID returns version 4", () => {
  const ids = Array.from({ length: 50 }, () => crypto.randomUUID());
  for (const id of ids) ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id), `${id} is a UUID`);
  equal(new Set(ids).size, 50);
});

test("getRandomValues fills only the given view", () => {
  const all = new Uint8Array(64), view = all.subarray(16, 48);
  ok(crypto.getRandomValues(view) === view, "it must return the view");
  ok(view.some((byte) => byte !== 0), "the view must be filled");
  equal([all.slice(0, 16).every((b) => b === 0), all.slice(48).every((b) => b === 0)], [true, true]);
  ok(crypto.getRandomValues(new BigUint64Array(4)).some((n) => n !== 0n), "an array of BigInts must be filled");
});

test("getRandomValues refuses other arguments", () => {
  crypto.getRandomValues(new Uint8Array(65536));
  throws(() => crypto.getRandomValues(new Uint8Array(65537)), "QuotaExceededError", "65536");
  throws(() => crypto.getRandomValues(new Float64Array(1)), "TypeMismatchError", "integers");
  throws(() => crypto.getRandomValues(new DataView(new ArrayBuffer(4))), "TypeMismatchError");
  throws(() => crypto.getRandomValues([1]), "TypeError");
});

test("DigestStream computes the digest of its chunks", async () => {
  for (const [name, want] of [["SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"], [{ name: "md5" }, "900150983cd24fb0d6963f7d28e17f72"]]) {
    const stream = new crypto.DigestStream(name);
    const writer = stream.getWriter();
    writer.write("a");
    writer.write(new Uint8Array([98]));
    await writer.write(new Uint8Array([99]).buffer);
    equal(stream.bytesWritten, 3);
    await writer.close();
    equal(new Uint8Array(await stream.digest).toHex(), want);
    ok(stream instanceof WritableStream, "it must be a WritableStream");
  }
  const failed = new crypto.DigestStream("SHA-1");
  await rejects(failed.getWriter().write(1), "TypeError", "chunk");
  await rejects(failed.digest, "TypeError", "chunk");
  const unhandled = [], note = (event) => unhandled.push(event.reason.message);
  addEventListener("unhandledrejection", note);
  await rejects(new crypto.DigestStream("SHA-1").getWriter().write(1), "TypeError", "chunk");
  await sleep(1);
  removeEventListener("unhandledrejection", note);
  equal(unhandled, [], "a failure that write has reported");
  const aborted = new crypto.DigestStream("SHA-1");
  await aborted.abort(new RangeError("stop"));
  await rejects(aborted.digest, "RangeError", "stop");
  throws(() => new crypto.DigestStream("SHA-3"), "NotSupportedError", "SHA-3");
});
