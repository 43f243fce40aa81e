// What the scripts of web-platform-tests expect of their environment, for the engine and for Node. It is run before
// testharness.js. The environment provides
//
//   wptHost.path            the path of the test file, such as "/url/url-origin.any.js"
//   wptHost.search          its variant, such as "?include=file", or ""
//   wptHost.read(path)      the content of a file of web-platform-tests, as an array of byte values; null if there is none
//   wptHost.collect()       runs the garbage collector
//
// and calls wptHost.loaded() when all scripts have been run, and wptHost.expire() when nothing will happen any more.
// wptHost.report() returns the results as JSON. wptHost.allowsUncaught is true if the file expects exceptions that it does
// not catch.
(function () {
  const { path, search } = wptHost;
  const results = [];
  wptHost.allowsUncaught = false;
  let finished = null;

  globalThis.GLOBAL = { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false };
  const url = new URL(path + search, "http://web-platform.test:8000");
  const { href, origin, protocol, host, hostname, port, pathname, hash } = url;
  globalThis.location = { href, origin, protocol, host, hostname, port, pathname, hash, search, toString: () => href };
  globalThis.gc = wptHost.collect;
  // idlharness.js tests the interfaces of a Window. Without this it would expect that most of them do not exist.
  if (path.includes("/idlharness.")) globalThis.Window = Object.getPrototypeOf(globalThis).constructor;

  // fetch reads the data of a test. Only the members that tests use for that exist. data: and blob: URLs are those of the
  // environment; the server's echo-content.py is replaced by the body of a Request.
  const local = globalThis.internal ? async (request) => internal.lazy("schemes").fetchLocal(request) : globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    if (/^(data|blob):/.test(input.url ?? input)) return local(new Request(input, init));
    const { pathname } = new URL(String(input), href);
    if (pathname.endsWith("/echo-content.py")) return new Response(await new Request(new URL(String(input), href), init).arrayBuffer());
    const content = wptHost.read(decodeURIComponent(pathname));
    if (content === null) throw new TypeError(`there is no file ${pathname}`);
    const bytes = new Uint8Array(content);
    const text = async () => new TextDecoder().decode(bytes);
    return { ok: true, status: 200, text, json: async () => JSON.parse(await text()), arrayBuffer: async () => bytes.buffer };
  };

  // The tests of encodings take the constructor SharedArrayBuffer from a shared WebAssembly.Memory, which is not supported.
  if (globalThis.internal && path.startsWith("/encoding/")) {
    globalThis.WebAssembly = { Memory: class { buffer = new SharedArrayBuffer(0); } };
  }

  // FileReader is not part of the Minimum Common Web Platform API, but tests read Blobs with it. Only what they use exists.
  globalThis.FileReader = class extends EventTarget {
    async #read(promise) {
      this.result = await promise;
      this.onload?.({ target: this });
    }
    readAsText(blob) {
      this.#read(blob.text());
    }
    readAsArrayBuffer(blob) {
      this.#read(blob.arrayBuffer());
    }
  };

  // The environment of testharness.js for shells regards the scripts as loaded when its first promise job runs. Here that
  // job runs when wptHost.loaded is called, because each script is run separately.
  const { resolve } = Promise;
  Promise.resolve = function () {
    Promise.resolve = resolve;
    return { then: (callback) => (wptHost.loaded = callback) };
  };

  // begin is called when testharness.js has been run.
  wptHost.begin = () => {
    Promise.resolve = resolve;
    add_result_callback(({ name, status, message }) => results.push({ name, status, message: message === null ? "" : `${message}` }));
    add_completion_callback((tests, { status, message }) => (finished = { status, message: message ? `${message}` : status === 2 ? "not all tests have completed" : "" }));
    const { setup } = globalThis;
    globalThis.setup = (...args) => {
      if (args.some((properties) => properties?.allow_uncaught_exception)) wptHost.allowsUncaught = true;
      return setup(...args);
    };
  };
  wptHost.expire = () => finished ?? timeout();
  wptHost.countResults = () => results.length;
  wptHost.isFinished = () => finished !== null;
  wptHost.report = () => JSON.stringify({ harness: finished ?? { status: 2, message: "the file has no tests" }, tests: results });
})();
